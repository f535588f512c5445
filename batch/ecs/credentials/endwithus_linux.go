package credentials

import (
	"os/exec"
	"syscall"
)

// endWithUs makes a process end if this process is killed, or the thread that
// started it ends.
func endWithUs(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL }
