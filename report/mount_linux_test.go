package report_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/report"
)

// insideVariable tells the test's own process that it may mount.
const insideVariable = "IMGRENAME_INSIDE"

// TestMountedFile writes to a file that is a mount point, in a namespace of its
// own. It is skipped where that is not permitted, unless TEST_NETNS=1
// requires it.
func TestMountedFile(t *testing.T) {
	if os.Getenv(insideVariable) != "" {
		mountedFile(t)
		return
	}
	inNamespace := func(args ...string) *exec.Cmd {
		return exec.CommandContext(t.Context(), "unshare", append([]string{"--user", "--map-root-user", "--mount", "--"}, args...)...)
	}
	if out, err := inNamespace("true").CombinedOutput(); err != nil {
		if os.Getenv("TEST_NETNS") == "1" {
			t.Fatalf("no namespace: %v\n%s", err, out)
		}
		t.Skipf("no namespace: %v\n%s", err, out)
	}
	again := inNamespace(os.Args[0], "-test.run=^TestMountedFile$", "-test.v="+fmt.Sprint(testing.Verbose()))
	again.Env = append(os.Environ(), insideVariable+"=1")
	if out, err := again.CombinedOutput(); err != nil || testing.Verbose() {
		t.Logf("in the namespace: %v\n%s", err, out)
		if err != nil {
			t.Fail()
		}
	}
}

// mountedFile mounts a file over another one.
func mountedFile(t *testing.T) {
	folder, host := t.TempDir(), filepath.Join(t.TempDir(), "host.csv")
	path := filepath.Join(folder, "report.csv")
	must(t, os.WriteFile(host, []byte("a longer old text"), 0o640))
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, syscall.Mount(host, path, "", syscall.MS_BIND, ""))
	defer func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) }()
	if err := os.Rename(filepath.Join(folder, "report.csv"), filepath.Join(folder, "moved")); !errors.Is(err, syscall.EBUSY) {
		t.Fatalf("it is no mount point: %v", err)
	}
	if !report.InPlace(path) || report.InPlace(host) || report.InPlace(folder) {
		t.Error("which file is a mount point is not known")
	}
	must(t, report.CheckFile(path))
	for name, write := range map[string]func() error{
		"at once":               func() error { return report.WriteFile(path, hello) },
		"if the rename says so": func() error { return report.ReplaceOrWrite(path, 0o600, hello) },
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.WriteFile(host, []byte("a longer old text"), 0o640))
			must(t, write())
			if diff := cmp.Diff([]string{"report.csv -rw-r----- hello"}, listing(t, folder)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := report.WriteFile(path, func(io.Writer) error { return errWrite }); !errors.Is(err, errWrite) {
		t.Errorf("%v, want %v", err, errWrite)
	}
	must(t, syscall.Mount("", path, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	if err := report.CheckFile(path); !errors.Is(err, syscall.EROFS) {
		t.Errorf("a file that cannot be written is found with %v", err)
	}
}

// TestFolderThatCannotBeSynced: the kernel refuses to sync a folder of /proc as
// some file systems refuse it for all of theirs.
func TestFolderThatCannotBeSynced(t *testing.T) {
	folder, err := os.Open("/proc")
	must(t, err)
	defer func() { _ = folder.Close() }()
	if err := folder.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Skipf("it can be synced: %v", err)
	}
	must(t, report.SyncFolder("/proc"))
}
