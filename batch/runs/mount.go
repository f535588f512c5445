package runs

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Whether a lock in the state folder excludes other hosts is for the mount to
// say: some keep flock(2) to this host, and two hosts then both get the lock.

// A mount is where a file system is in the tree, as a line of
// /proc/self/mountinfo tells it (proc_pid_mountinfo(5)).
type mount struct {
	point   string
	kind    string   // of the file system, such as nfs4 or fuse.sshfs
	options []string // of the mount and of the file system
}

// A LocalLockError reports a mount that keeps locks to this host.
type LocalLockError struct {
	Mount string // where it is
	Kind  string // of the file system
	By    string // the option that does it; empty if the file system always does
}

func (e *LocalLockError) Error() string {
	by := e.Kind
	if e.By != "" {
		by += ", " + e.By
	}
	return fmt.Sprintf("the mount %s (%s) keeps locks to this host: another host could work there at the same time", e.Mount, by)
}

// Hint says how to mount it.
func (e *LocalLockError) Hint() string {
	switch {
	case strings.HasPrefix(e.Kind, "nfs"):
		return "mount it with vers=4.0,noresvport; /proc/self/mountinfo shows local_lock=none for a mount that works"
	case e.By != "":
		return "mount it without " + e.By
	}
	return "use another kind of file system, such as NFS mounted with vers=4.0,noresvport"
}

// localLocks are the options by which a kind of file system keeps locks to this
// host: nfs(5), mount.cifs(8), and mount.lustre(8). A local_lock=posix leaves
// flock(2) to the server.
var localLocks = map[string][]string{
	"nfs":    {"nolock", "local_lock=all", "local_lock=flock"},
	"nfs4":   {"nolock", "local_lock=all", "local_lock=flock"},
	"cifs":   {"nobrl"},
	"smb3":   {"nobrl"},
	"lustre": {"localflock"},
}

// lockless are the FUSE file systems of shared storage that leave locks to the
// kernel of each host. What others do is not to be seen from outside.
var lockless = []string{"sshfs", "s3fs", "ossfs", "gcsfuse", "goofys", "mountpoint-s3", "blobfuse", "blobfuse2", "rclone"}

// check returns a [*LocalLockError] if the mount keeps locks to this host.
func (m *mount) check() error {
	for _, option := range localLocks[m.kind] {
		if slices.Contains(m.options, option) {
			return &LocalLockError{m.point, m.kind, option}
		}
	}
	if name, ok := strings.CutPrefix(m.kind, "fuse."); ok && slices.Contains(lockless, name) {
		return &LocalLockError{m.point, m.kind, ""}
	}
	return nil
}

// findMount returns the mount with an id from the text of a mountinfo file, nil
// if it is not there.
func findMount(mountinfo, id string) *mount {
	for line := range strings.Lines(mountinfo) {
		if m := parseMount(line, id); m != nil {
			return m
		}
	}
	return nil
}

// parseMount parses a line if it is of the mount with an id:
//
//	36 35 0:49 /export /mnt rw,noatime shared:1 - nfs4 host:/export rw,vers=4.0
//
// There may be any number of fields before the hyphen.
func parseMount(line, id string) *mount {
	about, super, ok := strings.Cut(line, " - ")
	left, right := strings.Fields(about), strings.Fields(super)
	if !ok || len(left) < 6 || left[0] != id || len(right) < 2 {
		return nil
	}
	options := left[5] + "," + right[len(right)-1] // the source before it may be empty
	return &mount{unescape.Replace(left[4]), right[0], strings.Split(options, ",")}
}

// unescape undoes how the kernel writes a path.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// mountID returns the id of a file's mount from the text of its fdinfo file
// (proc_pid_fdinfo(5)), "" if it has none.
func mountID(fdinfo string) string {
	for line := range strings.Lines(fdinfo) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strings.TrimSpace(id)
		}
	}
	return ""
}

// checkMount reports whether other hosts may share a folder. It returns a
// [*LocalLockError] if locks there do not exclude them, as far as that can be told.
func (f *Folder) checkMount(folder *os.Root) (shared bool, err error) {
	file, err := folder.Open(".")
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	if m := f.mountOf(file); m != nil {
		return true, m.check()
	}
	return false, nil
}
