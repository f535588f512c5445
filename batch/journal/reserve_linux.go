package journal

import (
	"errors"
	"os"
	"syscall"
)

// keepSize is FALLOC_FL_KEEP_SIZE of fallocate(2): the room lies behind the end
// of the file, whose size stays the same.
const keepSize = 1

func reserve(f *os.File, size int64) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = syscall.EINTR
		for failed == syscall.EINTR {
			failed = syscall.Fallocate(int(fd), keepSize, 0, size)
		}
	})
	if err != nil {
		return err
	}
	if failed == nil || errors.Is(failed, errors.ErrUnsupported) {
		return nil
	}
	return &os.PathError{Op: "fallocate", Path: f.Name(), Err: failed}
}
