// Command dist makes what is handed out for a version: static binaries, Debian and
// RPM packages, an OCI image, a list of what is in them, and checksums. The same
// source gives the same bytes, in whatever folder: all times are that of the commit.
//
// It needs only the Go toolchain and modules, and a file of CA certificates for the
// image. Windows is left out: locks and signals there are others.
package main

import (
	"cmp"
	"embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed files
var files embed.FS

// nfpm packs for Debian and RPM. It is pinned here, and no part of the program.
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.0"

// A target is an operating system and an architecture.
type target struct{ system, arch string }

func (t target) String() string { return t.system + "-" + t.arch }

var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}

func main() {
	d := new(dist)
	flag.StringVar(&d.out, "o", "dist", "folder for what is made; it must not exist")
	flag.StringVar(&d.version, "version", "dev", "version, as the program prints it")
	flag.StringVar(&d.roots, "roots", "/etc/ssl/certs/ca-certificates.crt", "CA certificates for the image")
	only := flag.String("only", "", "make only this target, such as linux-amd64")
	date := flag.Int64("date", 0, "time of all files, in Unix seconds")
	flag.Parse()
	d.date = time.Unix(*date, 0).UTC()
	if err := d.make(*only); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// A dist is what is made of one version.
type dist struct {
	out, version, roots string
	date                time.Time
	stage               string // for what goes into packages
	made                []string
}

func (d *dist) make(only string) (err error) {
	if err := os.Mkdir(d.out, 0o755); err != nil {
		return err
	}
	if d.stage, err = os.MkdirTemp("", "dist-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.stage)) }()
	if err := d.prepare(); err != nil {
		return err
	}
	for _, t := range targets {
		if only != "" && only != t.String() {
			continue
		}
		if err := d.target(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return d.checksums()
}

// prepare stages what is the same for all architectures.
func (d *dist) prepare() error {
	if err := os.CopyFS(d.stage, files); err != nil {
		return err
	}
	man, shells := filepath.Join(d.stage, "man"), filepath.Join(d.stage, "completion")
	if err := errors.Join(os.Mkdir(man, 0o755), os.Mkdir(shells, 0o755)); err != nil {
		return err
	}
	native := filepath.Join(d.stage, "native")
	if err := d.build(native, "", ""); err != nil {
		return err
	}
	err := run(nil, "go", "test", "-count=1", "-run", "^TestManPages$", "./cmd/imgrename", "-args", "-man", man, "-man-date", strconv.FormatInt(d.date.Unix(), 10))
	if err != nil {
		return err
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, err := exec.Command(native, "completion", shell).Output()
		if err == nil {
			err = os.WriteFile(filepath.Join(shells, shell), script, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(compressAll(man), d.papers())
}

// papers writes what Debian wants to know of a package.
func (d *dist) papers() error {
	license, err := os.ReadFile("LICENSE")
	if err != nil {
		return err
	}
	copyright := "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n" +
		"Upstream-Name: imgrename\n\nFiles: *\nCopyright: " + d.date.Format("2006") + " the authors of imgrename\nLicense: Apache-2.0\n" +
		" The full text is in /usr/share/common-licenses/Apache-2.0.\n"
	changelog := fmt.Sprintf("imgrename (%s) unstable; urgency=medium\n\n  * See the commits of this version.\n\n -- imgrename maintainers <imgrename@example.com>  %s\n",
		d.packageVersion(), d.date.Format(time.RFC1123Z))
	packed, err := compress([]byte(changelog))
	return errors.Join(err, d.write("LICENSE", license), d.write("copyright", []byte(copyright)), d.write("changelog.gz", packed))
}

func (d *dist) write(name string, text []byte) error {
	return os.WriteFile(filepath.Join(d.stage, name), text, 0o644)
}

// packageVersion is the version in the form that packages want: it begins with a
// digit and has no hyphen.
func (d *dist) packageVersion() string {
	v := strings.NewReplacer("-", "+", "_", "+").Replace(strings.TrimPrefix(d.version, "v"))
	if v == "" || v[0] < '0' || v[0] > '9' {
		v = "0~" + v
	}
	return v
}

// target makes what there is for a target.
func (d *dist) target(t target) error {
	binary := filepath.Join(d.out, "imgrename-"+t.String())
	if err := d.build(binary, t.system, t.arch); err != nil {
		return err
	}
	d.made = append(d.made, binary)
	list, err := billOfMaterials(binary, d.version)
	if err == nil {
		err = d.keep("imgrename-"+t.String()+".cdx.json", list)
	}
	if err != nil || t.system != "linux" {
		return err
	}
	if err := copyFile(binary, filepath.Join(d.stage, "imgrename"), 0o755); err != nil {
		return err
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := d.pack(format, t); err != nil {
			return err
		}
	}
	image, err := d.image(binary, t)
	if err == nil {
		err = d.keep("imgrename-"+t.String()+".oci.tar", image)
	}
	return err
}

func (d *dist) keep(name string, content []byte) error {
	path := filepath.Join(d.out, name)
	d.made = append(d.made, path)
	return os.WriteFile(path, content, 0o644)
}

// build makes a static binary; an empty system and architecture are this host's.
func (d *dist) build(path, system, arch string) error {
	env := []string{"CGO_ENABLED=0"}
	if system != "" {
		env = append(env, "GOOS="+system, "GOARCH="+arch)
	}
	return run(env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version="+d.version, "-o", path, "./cmd/imgrename")
}

func (d *dist) pack(format string, t target) error {
	path := filepath.Join(d.out, fmt.Sprintf("imgrename-%s.%s", t, format))
	d.made = append(d.made, path)
	seconds := strconv.FormatInt(d.date.Unix(), 10)
	env := []string{
		"ARCH=" + t.arch, "VERSION=" + d.packageVersion(), "STAGE=" + d.stage,
		"DATE=" + d.date.Format(time.RFC3339), "SOURCE_DATE_EPOCH=" + seconds,
	}
	config, err := expanded(filepath.Join(d.stage, "files", "nfpm.yaml"), env)
	if err != nil {
		return err
	}
	return run(env, "go", "run", nfpm, "package", "--config", config, "--packager", format, "--target", path)
}

// expanded writes a file next to another with its variables replaced, and returns its
// path.
func expanded(path string, env []string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	values := make(map[string]string)
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	result := os.Expand(string(text), func(name string) string { return values[name] })
	return path + ".expanded", os.WriteFile(path+".expanded", []byte(result), 0o644)
}

// run runs a command with variables besides this process's; what it prints is shown
// only if it fails.
func run(env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmp.Or(strings.Join(args, " "), name), err, out)
	}
	return nil
}
