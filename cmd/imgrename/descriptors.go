package main

import (
	"fmt"
	"os"
	"syscall"

	"imgrename/batch"
	"imgrename/manifest"
)

// What a run needs of the limit of file descriptors, besides one for the lock of
// each lane.
const (
	ownFiles      = 32   // the journal, reports, folders, and what the system takes
	fewestSockets = 16   // with fewer, calls would wait for each other too long
	mostSockets   = 4096 // more than any machine keeps busy
)

// socketsFor returns how many connections there may be besides the locks of rows.
func socketsFor(rows []manifest.Row) int {
	seen := make(map[[2]string]bool)
	for i := range rows {
		seen[[2]string{rows[i].Profile, rows[i].RegionID}] = true
	}
	return max(fewestSockets, min(freeDescriptors()-ownFiles-len(seen), mostSockets))
}

// checkDescriptors refuses a run whose lanes cannot all be locked, with a few
// connections besides.
func (c *common) checkDescriptors(lanes []batch.Lane) error {
	locks := 0
	for _, lane := range lanes {
		if lane.API != nil && c.simulate == "" && !c.hasty {
			locks++
		}
	}
	if locks == 0 || locks+ownFiles+fewestSockets <= freeDescriptors() {
		return nil
	}
	return &refusedError{
		fmt.Sprintf("%d accounts and regions need more file descriptors than the limit of %d allows", locks, descriptorLimit()),
		fmt.Sprintf("raise it (ulimit -n %d), or apply one region after the other with --only-region", roundUp(locks+ownFiles+fewestSockets)),
	}
}

// roundUp returns a limit that is enough for so many descriptors, and for a run
// that is not in a hurry.
func roundUp(n int) int { return (n/1024 + 2) * 1024 }

// freeDescriptors is how many more files this process may open.
func freeDescriptors() int {
	open, _ := os.ReadDir("/dev/fd") // none where there is no such folder
	return descriptorLimit() - len(open)
}

// descriptorLimit is the limit of open files, which Go has raised as far as it may.
func descriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<20 {
		return 1 << 20
	}
	return int(limit.Cur)
}
