package main

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/lifecycle"
)

// A wait is said once; on a terminal a line below counts down, and is gone before
// anything else is said.
func TestCountdown(t *testing.T) {
	const clear = "\r\x1b[K"
	for _, test := range []struct {
		name  string
		mode  string
		live  bool
		quiet bool
		wait  lifecycle.Event
		want  string
	}{
		{
			"until calls have settled", "auto", true, false,
			lifecycle.Settling{Run: "r-1", For: 3 * time.Second},
			"run r-1: waiting 3s, since earlier calls may still take effect\n" + clear + "  3s left" + clear + "  2s left" + clear + "  1s left" + clear,
		},
		{
			"for a lane", "auto", true, false,
			lifecycle.Waiting{Held: errors.New("it is held")},
			"waiting up to 1m0s: it is held\n" + clear + "  1m0s left" + clear + "  59s left" + clear + "  58s left" + clear,
		},
		{"off a terminal", "auto", false, false, lifecycle.Settling{Run: "r-1", For: 3 * time.Second}, "run r-1: waiting 3s, since earlier calls may still take effect\n"},
		{"no progress", "none", true, false, lifecycle.Settling{Run: "r-1", For: 3 * time.Second}, "run r-1: waiting 3s, since earlier calls may still take effect\n"},
		{"quiet", "auto", true, true, lifecycle.Settling{Run: "r-1", For: 3 * time.Second}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				c := &common{progress: test.mode, quiet: test.quiet, lockTimeout: time.Minute}
				c.live, c.err = test.live, &sink{w: &out}
				tell := c.teller(t.Context())
				tell(test.wait)
				time.Sleep(2500 * time.Millisecond)
				tell(lifecycle.Waited{})
				if out.String() != test.want {
					t.Errorf("%q\nwant %q", out.String(), test.want)
				}
			})
		})
	}
}
