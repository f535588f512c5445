//go:build !linux

package credentials

import "syscall"

// group gives a process a group of its own.
func group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
