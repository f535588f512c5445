package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// A collection that only serves to set a limit is not made for a limit that is
// not ours to set.
func TestMemoryIsLeftAloneWhereTheEnvironmentBoundsIt(t *testing.T) {
	for _, name := range []string{"GOMEMLIMIT", "GOGC"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv("GOGC", "")
			t.Setenv(name, "100")
			before := forcedCollections()
			settleMemory(1)
			if n := forcedCollections() - before; n != 0 {
				t.Errorf("%d collections were forced", n)
			}
		})
	}
}

// A limit is raised once more is alive than it allows for, and never lowered.
func TestMemoryLimitFollowsWhatIsAlive(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "")
	limit, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	defer func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) }()

	const held = 64 << 20
	alive := make([]byte, held)
	debug.SetMemoryLimit(held)
	runtime.GC()
	raiseMemory()
	raised := debug.SetMemoryLimit(-1)
	if least := int64(held + held/4 + slackMemory); raised < least || raised > 4*least {
		t.Errorf("%d bytes are allowed, want %d or a little more", raised, least)
	}
	runtime.KeepAlive(alive)
	alive = nil
	runtime.GC()
	raiseMemory()
	if now := debug.SetMemoryLimit(-1); now != raised {
		t.Errorf("lowered from %d to %d", raised, now)
	}
}

func forcedCollections() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumForcedGC
}
