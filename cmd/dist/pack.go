package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// compress packs a text; its header has no time and no name.
func compress(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// compressAll replaces each file of a folder by a packed one.
func compressAll(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		packed, err := compress(text)
		if err == nil {
			err = os.WriteFile(path+".gz", packed, 0o644)
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string, mode os.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, content, mode); err != nil {
		return err
	}
	return os.Chmod(to, mode)
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// checksums writes SHA256SUMS, as sha256sum -c reads it.
func (d *dist) checksums() error {
	var list strings.Builder
	slices.Sort(d.made)
	for _, path := range d.made {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%s  %s\n", sum(content), filepath.Base(path))
	}
	return os.WriteFile(filepath.Join(d.out, "SHA256SUMS"), []byte(list.String()), 0o644)
}

// billOfMaterials lists the modules in a binary, as CycloneDX 1.6 has it.
func billOfMaterials(binary, version string) ([]byte, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	type component struct {
		Type    string `json:"type"`
		Name    string `json:"name"`
		Version string `json:"version"`
		PURL    string `json:"purl,omitempty"`
	}
	components := []component{{"library", "std", strings.TrimPrefix(info.GoVersion, "go"), "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	for _, module := range info.Deps {
		components = append(components, component{"library", module.Path, module.Version, "pkg:golang/" + module.Path + "@" + module.Version})
	}
	return json.MarshalIndent(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata":   map[string]any{"component": component{"application", "imgrename", version, ""}},
		"components": components,
	}, "", "  ")
}

// user is whom the image runs as: nobody that a host knows.
const user = 65532

// layer returns all there is in the image, as a tar file: the program, the CA
// certificates, and a folder for the state that belongs to the user.
func (d *dist) layer(binary string) ([]byte, error) {
	program, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	roots, err := os.ReadFile(d.roots)
	if err != nil {
		return nil, err
	}
	return d.tar([]file{
		{"etc/", 0o755, 0, nil},
		{"etc/passwd", 0o644, 0, fmt.Appendf(nil, "imgrename:x:%d:%d::/var/lib/imgrename:/sbin/nologin\n", user, user)},
		{"etc/ssl/", 0o755, 0, nil},
		{"etc/ssl/certs/", 0o755, 0, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, 0, roots},
		{"tmp/", 0o1777, 0, nil},
		{"usr/", 0o755, 0, nil},
		{"usr/bin/", 0o755, 0, nil},
		{"usr/bin/imgrename", 0o755, 0, program},
		{"var/", 0o755, 0, nil},
		{"var/lib/", 0o755, 0, nil},
		{"var/lib/imgrename/", 0o700, user, nil},
	})
}

// image returns an OCI image layout with one layer, as a tar file.
func (d *dist) image(binary string, t target) ([]byte, error) {
	layer, err := d.layer(binary)
	if err != nil {
		return nil, err
	}
	packed, err := compress(layer)
	if err != nil {
		return nil, err
	}
	var blobs []file
	blob := func(kind string, content []byte) map[string]any {
		blobs = append(blobs, file{"blobs/sha256/" + sum(content), 0o644, 0, content})
		return map[string]any{"mediaType": kind, "digest": "sha256:" + sum(content), "size": len(content)}
	}
	const oci = "application/vnd.oci.image."
	config, err := json.Marshal(map[string]any{
		"created": d.date, "architecture": t.arch, "os": t.system,
		"config": map[string]any{
			"User": fmt.Sprintf("%d:%d", user, user), "Entrypoint": []string{"/usr/bin/imgrename"}, "WorkingDir": "/",
			"Env":     []string{"PATH=/usr/bin", "HOME=/var/lib/imgrename", "IMGRENAME_STATE_DIR=/var/lib/imgrename/state"},
			"Volumes": map[string]any{"/var/lib/imgrename": struct{}{}},
			"Labels":  map[string]string{"org.opencontainers.image.version": d.version, "org.opencontainers.image.licenses": "Apache-2.0"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + sum(layer)}},
		"history": []any{map[string]any{"created": d.date, "created_by": "make dist"}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
		"config": blob(oci+"config.v1+json", config), "layers": []any{blob(oci+"layer.v1.tar+gzip", packed)},
	})
	if err != nil {
		return nil, err
	}
	first := blob(oci+"manifest.v1+json", manifest)
	first["platform"] = map[string]string{"architecture": t.arch, "os": t.system}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": oci + "index.v1+json", "manifests": []any{first}})
	if err != nil {
		return nil, err
	}
	all := append([]file{{"oci-layout", 0o644, 0, []byte(`{"imageLayoutVersion":"1.0.0"}`)}, {"index.json", 0o644, 0, index}, {"blobs/", 0o755, 0, nil}, {"blobs/sha256/", 0o755, 0, nil}}, blobs...)
	return d.tar(all)
}

// A file goes into a tar file; a folder's name ends in a slash.
type file struct {
	name    string
	mode    int64
	owner   int
	content []byte
}

func (d *dist) tar(files []file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Uid: f.owner, Gid: f.owner, Size: int64(len(f.content)), ModTime: d.date, Typeflag: tar.TypeReg}
		if strings.HasSuffix(f.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
