package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A setting is what the environment and the home folder hold. HOME stands for
// the folder in all texts, WORK for that of the manifest.
type setting struct {
	env     map[string]string
	config  string            // ~/.aliyun/config.json
	ini     string            // ~/.alibabacloud/credentials
	files   map[string]string // others, by their path in the home folder
	profile string            // --profile
}

// A stage is the world with a home folder and a folder to work in.
type stage struct {
	*world
	t          *testing.T
	home, work string
	env        []string
	mark       string // in the environment of all processes
	profile    string
	before     map[string]string // the home folder
}

const (
	imageID   = "m-c13a3821000000000001"
	aManifest = "image_id,region_id,image_name\n" + imageID + ",cn-hangzhou,web\n"
)

// set makes a stage of a setting.
func (w *world) set(t *testing.T, s setting) *stage {
	t.Helper()
	w.reset(t, 1)
	st := &stage{world: w, t: t, home: t.TempDir(), work: t.TempDir(), profile: s.profile}
	st.mark = "TEST_MARK=" + st.home
	say := strings.NewReplacer("HOME", st.home, "WORK", st.work)
	st.env = []string{
		"HOME=" + st.home, "PATH=" + os.Getenv("PATH"), "SSL_CERT_FILE=" + w.certificate,
		"IMGRENAME_RATE=5000/s", "IMGRENAME_SETTLE=300ms", "IMGRENAME_MAX_OUTAGE=0s",
		"DEBUG=sdk,tea,credentials,dara", st.mark, // makes the official libraries print what they send
	}
	for name, value := range s.env {
		st.env = append(st.env, name+"="+say.Replace(value))
	}
	files := map[string]string{".aliyun/config.json": s.config, ".alibabacloud/credentials": s.ini, ".bashrc": "# mine\n"}
	for name, text := range s.files {
		files[name] = text
	}
	for name, text := range files {
		if text != "" {
			st.write(filepath.Join(st.home, name), say.Replace(text))
		}
	}
	st.write(filepath.Join(st.work, "names.csv"), aManifest)
	if err := os.MkdirAll(filepath.Join(st.home, ".local", "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	st.before = st.contents()
	return st
}

func (st *stage) write(path, text string) {
	st.t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		st.t.Fatal(err)
	}
}

// contents returns all files of the home folder outside the state folder, with
// their modes and times.
func (st *stage) contents() map[string]string {
	st.t.Helper()
	found := make(map[string]string)
	st.walk(st.home, func(path string, info fs.FileInfo, text []byte) {
		below, _ := filepath.Rel(st.home, path) // both are absolute
		if below != ".local/state" && !strings.HasPrefix(below, ".local/state/imgrename") {
			found[below] = fmt.Sprint(info.Mode(), info.ModTime(), string(text))
		}
	})
	return found
}

func (st *stage) walk(folder string, visit func(path string, info fs.FileInfo, text []byte)) {
	st.t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var text []byte
		if info.Mode().IsRegular() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		visit(path, info, text)
		return nil
	})
	if err != nil {
		st.t.Fatal(err)
	}
}

// An end is what a command left.
type end struct {
	Code           int
	Stdout, Stderr string
}

var requestID = regexp.MustCompile(`\(request [-0-9A-F]{36}\)`)

// run runs the program to its end. In its output, run ids become r-RUN and
// request ids ID.
func (st *stage) run(args ...string) end {
	st.t.Helper()
	return st.wait(st.start(args...))
}

func (st *stage) start(args ...string) *exec.Cmd {
	st.t.Helper()
	if st.profile != "" {
		args = append(args, "--profile", st.profile)
	}
	cmd := exec.CommandContext(st.t.Context(), os.Getenv(insideVariable), args...)
	cmd.Dir, cmd.Env = st.work, st.env
	cmd.Stdout, cmd.Stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.WaitDelay = time.Second // for a child that keeps the streams open
	if err := cmd.Start(); err != nil {
		st.t.Fatal(err)
	}
	return cmd
}

func (st *stage) wait(cmd *exec.Cmd) end {
	st.t.Helper()
	hung := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() < 0 || !hung.Stop() {
		st.t.Fatalf("%q: %v\n%s", cmd.Args, err, cmd.Stderr)
	}
	text := func(w any) string {
		return requestID.ReplaceAllString(runID.ReplaceAllString(fmt.Sprint(w), "r-RUN"), "(request ID)")
	}
	e := end{cmd.ProcessState.ExitCode(), text(cmd.Stdout), text(cmd.Stderr)}
	st.clean(cmd.Args, e)
	return e
}

// clean expects that a command has left nothing that it should not.
func (st *stage) clean(args []string, e end) {
	st.t.Helper()
	if diff := cmp.Diff(st.before, st.contents()); diff != "" {
		st.t.Errorf("%q: the home folder has changed\n%s", args, diff)
	}
	secret := func(where, text string) {
		for _, part := range []string{canary, "SimulatedSecret", "SimulatedToken"} {
			if strings.Contains(text, part) {
				st.t.Errorf("%q: a secret in %s:\n%s", args, where, text)
			}
		}
	}
	secret("standard output", e.Stdout)
	secret("standard error", e.Stderr)
	see := func(path string, _ fs.FileInfo, text []byte) { secret(path, path+string(text)) }
	st.walk(st.work, see)
	if state := filepath.Join(st.home, ".local", "state"); e.Code != codeUsage {
		st.walk(state, see)
	}
	for try := 0; ; try++ {
		left := st.processes()
		if len(left) == 0 {
			return
		}
		if try == 50 {
			st.t.Errorf("%q: processes are left: %q", args, left)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// processes returns the command lines of those that the program has started.
func (st *stage) processes() (lines []string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	for _, file := range environments {
		if text, err := os.ReadFile(file); err == nil && slices.Contains(strings.Split(string(text), "\x00"), st.mark) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline")) // it may end meanwhile
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}

// want compares the end of a command.
func (st *stage) want(got end, want end) {
	st.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		st.t.Errorf("(-want +got)\n%s", diff)
	}
}

// onlyBy expects that all calls to ECS and STS were signed by an account, or by
// none for "", and that metadata was asked for only if that may be.
func (st *stage) onlyBy(account string, instance bool) {
	st.t.Helper()
	sim, visits := st.seen()
	for _, call := range sim.History() {
		if call.Account != account {
			st.t.Errorf("%s was signed by %s of account %q", call.Action, call.Key, call.Account)
		}
	}
	asked := slices.ContainsFunc(visits, func(v visit) bool { return v.at == "metadata" || v.host == metadataAddress })
	if asked != instance {
		st.t.Errorf("metadata was asked for: %v, want %v", asked, instance)
	}
	for _, v := range visits {
		if v.what == "/v1/token" {
			st.t.Error("a refresh token was spent")
		}
	}
}

// renamed returns the accounts whose first image has its new name.
func (st *stage) renamed() (accounts []string) {
	sim, _ := st.seen()
	for n := 1; n <= 9; n++ {
		account := fmt.Sprintf("100000000000000%d", n)
		if sim.Images(account, "cn-hangzhou")[0].Name == "web" {
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// refused expects a command to end at once, with a reason and a way out.
func (st *stage) refused(code int, reason, hint string, args ...string) {
	st.t.Helper()
	st.want(st.run(args...), end{Code: code, Stderr: factAndHint("imgrename: "+reason, hint)})
}
