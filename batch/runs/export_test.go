package runs

import "os"

// CheckMount is the check of the mount with an id, for tests.
func CheckMount(mountinfo, id string) error {
	if m := findMount(mountinfo, id); m != nil {
		return m.check()
	}
	return nil
}

// MountID is mountID, for tests.
var MountID = mountID

// MountAs makes a folder look as if it were mounted like this.
func (f *Folder) MountAs(line, id string) {
	f.mountOf = func(*os.File) *mount { return findMount(line, id) }
}

// CutOff makes the descriptors that hold the locks fail, as on a host that the
// server has given up.
func (l *Locks) CutOff() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, file := range l.files {
		_ = file.Close()
	}
}
