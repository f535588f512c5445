package uptime_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"imgrename/batch/uptime"
)

// TestProcessesOfABootAgree runs itself: another process has the same boot.
func TestProcessesOfABootAgree(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it is known on Linux only")
	}
	if os.Getenv("IMGRENAME_INSIDE") != "" {
		os.Stdout.WriteString("boot=" + uptime.Boot() + "\n")
		return
	}
	before := uptime.Now()
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessesOfABootAgree$")
	again.Env = append(os.Environ(), "IMGRENAME_INSIDE=1")
	out, err := again.Output()
	if err != nil {
		t.Fatal(err)
	}
	if uptime.Boot() == "" || !strings.Contains(string(out), "boot="+uptime.Boot()+"\n") {
		t.Errorf("the boots are %q and\n%s", uptime.Boot(), out)
	}
	if after := uptime.Now(); before <= 0 || after <= before {
		t.Errorf("the clock went from %s to %s", before, after)
	}
}
