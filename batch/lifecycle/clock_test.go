package lifecycle_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
)

// TestWaitCountsByTheBoot: how long a call of an earlier process is waited for
// does not rest on the wall clock, which may have been set in between. In the
// bubble the wall clock is time itself, and the clock of the boot is put off.
func TestWaitCountsByTheBoot(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name  string
		slept time.Duration // by the wall clock, after the first process
		set   time.Duration // what of it never was
		boot  string
		waits bool
	}{
		{name: "at once", boot: "one", waits: true},
		{name: "an hour later", slept: time.Hour, boot: "one"},
		{name: "at once, the clock set forward by an hour", slept: time.Hour, set: time.Hour, boot: "one", waits: true},
		{name: "an hour later, the clock set back by an hour", set: -time.Hour, boot: "one"},
		{name: "an hour later by the clock, in another boot", slept: time.Hour, boot: "two", waits: true},
		{name: "days later, in another boot", slept: 3 * day, boot: "two"},
	} {
		for _, apply := range []string{"resumed", "other job"} {
			t.Run(tt.name+", "+apply, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, ecssim.Fault{Kind: "late-write", Image: "m-a", Action: "write", Times: 1, By: tt.slept + 30*time.Second})
					w.unanswered("a:first")
					time.Sleep(tt.slept)
					w.jumped, w.boot, w.said = tt.set, tt.boot, nil
					row := map[string]string{"resumed": "a:first", "other job": "a:second"}[apply]
					begun := time.Now()
					e, err := w.process().apply(t.Context(), row)
					if err != nil || history.Worst(e.Results) != history.Succeeded {
						t.Fatalf("%v, %+v", err, e)
					}
					if waited := has[lifecycle.Settling](w); waited != tt.waits || time.Since(begun) > 2*time.Minute {
						t.Errorf("waited %t, %s", waited, time.Since(begun))
					}
					time.Sleep(time.Hour)
					if got, want := w.server.Images(account, region)[0].Name, row[len("a:"):]; tt.waits && got != want {
						t.Errorf("the image is named %q, want %q", got, want)
					}
				})
			})
		}
	}
}

// unanswered leaves a run of one row behind, whose call has no answer.
func (w *world) unanswered(row string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Second)
	defer cancel()
	p := w.process()
	p.Grace = 0
	if e, err := p.apply(ctx, row); err != nil || history.Worst(e.Results) != history.Uncertain {
		w.Fatalf("%v, %+v", err, e)
	}
}
