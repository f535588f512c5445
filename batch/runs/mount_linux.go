package runs

import (
	"fmt"
	"os"
	"syscall"
)

// local are the file systems of a host's own, by their magic number (statfs(2)). Only
// for others it is asked how they are mounted: the list of mounts of a busy host is
// long.
var local = map[uint32]bool{
	0xef53:     true, // ext2, ext3, ext4
	0x58465342: true, // XFS
	0x9123683e: true, // Btrfs
	0xca451a4e: true, // bcachefs
	0xf2f52010: true, // F2FS
	0x2fc12fc1: true, // ZFS
	0x3153464a: true, // JFS
	0x01021994: true, // tmpfs
	0x858458f6: true, // ramfs
	0x794c7630: true, // overlayfs
}

// mountOf returns the mount of a file on a file system that hosts may share, nil
// for others or if it cannot be found.
func mountOf(file *os.File) *mount {
	var about syscall.Statfs_t
	if err := syscall.Fstatfs(int(file.Fd()), &about); err != nil || local[uint32(about.Type)] {
		return nil
	}
	fdinfo, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", file.Fd()))
	if err != nil {
		return nil
	}
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	return findMount(string(mountinfo), mountID(string(fdinfo)))
}
