package main

import (
	"runtime"
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

func forcedCollections() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumForcedGC
}
