package credentials

import "syscall"

// group gives a process a group of its own, and an end if this process is
// killed or the thread that started it ends.
func group() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
