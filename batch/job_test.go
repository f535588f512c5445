package batch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// many makes n images m-000:old-000 … and the rows that rename them.
func many(n int, region string) (list []ecssim.Image, wanted []manifest.Row) {
	for i := range n {
		list = append(list, image(fmt.Sprintf("m-%s-%03d:old-%03d", region, i, i)))
		r := row(fmt.Sprintf("m-%s-%03d:new-%03d", region, i, i))
		r.RegionID = region
		wanted = append(wanted, r)
	}
	return list, wanted
}

func TestRunAppliesEveryRowInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(200, region)
		s := scene{images: list, rows: wanted, rate: 15, server: ecssim.Config{Latency: ecssim.Latency{Median: 120 * time.Millisecond}}}
		r := s.play(t.Context(), t)
		ids := make(map[string]bool)
		for i, result := range r.results {
			if result.Outcome != plan.Applied || result.RequestID == "" || result.Attempts != 1 || ids[result.RequestID] {
				t.Fatalf("row %d: %+v", i, result)
			}
			if result.Started.IsZero() || result.Finished < result.Started {
				t.Errorf("row %d: from %s to %s", i, result.Started.Time(), result.Finished.Time())
			}
			ids[result.RequestID] = true
		}
		for i, name := range strings.Fields(r.names()) {
			if name != fmt.Sprintf("new-%03d", i) {
				t.Errorf("image %d is named %s", i, name)
			}
		}
		if r.err != nil {
			t.Error(r.err)
		}
		if n := len(r.writes()); n != 200 {
			t.Errorf("%d writes", n)
		}
		// The calls are 1/15 s apart; the last one's answer and the two reads
		// that confirm come on top.
		spread := 199 * time.Second / 15
		if r.took < spread || r.took > spread+2*time.Second {
			t.Errorf("took %s, want a little more than %s", r.took, spread)
		}
	})
}

func TestRunBoundsItsWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(60, region)
		var c *crowd
		s := scene{
			images: list, rows: wanted, workers: 7,
			server: ecssim.Config{Latency: ecssim.Latency{Median: time.Second}},
			wire: func(next http.RoundTripper) http.RoundTripper {
				c = &crowd{RoundTripper: next}
				return c
			},
		}
		r := s.play(t.Context(), t)
		if n := history.Totals(r.results)[plan.Applied]; n != 60 || c.most != 7 {
			t.Errorf("%d applied, at most %d calls at once, want 60 and 7", n, c.most)
		}
	})
}

func TestRunOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a", "m-2:b", "m-3:c"), rows: rows("m-1:a", "m-2:c", "m-9:x")}
		r := s.play(t.Context(), t)
		r.want("unchanged refused refused", "- NameTaken NoSuchImage", "0 0 0", "a b c")
		if r.took != 0 || len(r.writes()) != 0 || !r.results[0].Finished.IsZero() {
			t.Errorf("took %s, %d writes, finished %s", r.took, len(r.writes()), r.results[0].Finished.Time())
		}
		if r := (&scene{}).play(t.Context(), t); len(r.results) != 0 || r.err != nil {
			t.Errorf("empty plan: %v, %v", r.results, r.err)
		}
	})
}

// A lane in trouble neither slows nor stops another.
func TestRunKeepsLanesApart(t *testing.T) {
	troubles := []struct {
		name  string
		fault ecssim.Fault
		lane  func(*batch.Lane)
		want  plan.Outcome
		took  time.Duration // at least
	}{
		{name: "none", want: plan.Applied},
		{name: "refused for its keys", fault: ecssim.Fault{Kind: "refuse", Code: "InvalidAccessKeyId.Inactive", Status: 403}, want: plan.Failed},
		{name: "not allowed", fault: ecssim.Fault{Kind: "forbidden"}, want: plan.Failed},
		{name: "throttled for ever", fault: ecssim.Fault{Kind: "throttle-forever"}, want: plan.Pending, took: pace.Patience},
		{name: "never answers", fault: ecssim.Fault{Kind: "lost-before"}, want: plan.Failed, took: time.Minute},
		{name: "out of reach", fault: ecssim.Fault{Kind: "refused"}, want: plan.Pending},
		{name: "no credentials", lane: func(l *batch.Lane) { l.Err, l.API = errors.New("no keys"), nil }, want: plan.Pending},
	}
	for _, trouble := range troubles {
		t.Run(trouble.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good, goodRows := many(20, "cn-good")
				bad, badRows := many(20, "cn-trouble")
				s := scene{
					regions: map[string][]ecssim.Image{"cn-good": good, "cn-trouble": bad},
					rows:    append(goodRows, badRows...), rate: 15,
					server: ecssim.Config{Latency: ecssim.Latency{Median: 100 * time.Millisecond}},
				}
				if f := trouble.fault; f.Kind != "" {
					f.Action, f.Region = "write", "cn-trouble"
					s.faults = []ecssim.Fault{f}
				}
				s.lane = func(l *batch.Lane) {
					if trouble.lane != nil && l.Region == "cn-trouble" {
						trouble.lane(l)
					}
				}
				var goodEnd time.Time
				s.observe = func(e batch.Event) {
					if e.Row < 20 && e.Kind == batch.Decided {
						goodEnd = time.Now()
					}
				}
				start := time.Now()
				r := s.play(t.Context(), t)
				for i, result := range r.results {
					want := plan.Applied
					if i >= 20 {
						want = trouble.want
					}
					if result.Outcome != want {
						t.Fatalf("row %d: got %+v, want %s", i, result, want)
					}
				}
				// 20 calls a fifteenth of a second apart, each after the listing.
				if took := goodEnd.Sub(start); took > 2*time.Second {
					t.Errorf("the good lane took %s", took)
				}
				if r.took < trouble.took {
					t.Errorf("the lane in trouble took %s, want %s", r.took, trouble.took)
				}
				if r.err != nil {
					t.Error(r.err)
				}
			})
		})
	}
}

func TestRunIsNotHeldUpByItsObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(30, region)
		s := scene{images: list, rows: wanted, observe: func(batch.Event) { time.Sleep(time.Minute) }}
		start := time.Now()
		r := s.play(t.Context(), t)
		if n := since(r.server.History(), start.Add(time.Second)); n != 0 {
			t.Errorf("%d calls came late", n)
		}
		if r.took < time.Hour {
			t.Errorf("not all events were told: took %s", r.took)
		}
	})
}

var errSignal = errors.New("interrupted")

func TestRunCancelled(t *testing.T) {
	tests := []struct {
		name    string
		after   time.Duration
		pending int // rows at least
		writes  int // at most
	}{
		{"before the start", 0, 100, 0},
		{"in the middle", 2 * time.Second, 60, 40},
		{"in the final read", 6700 * time.Millisecond, 0, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list, wanted := many(100, region)
				s := scene{images: list, rows: wanted, rate: 15, server: ecssim.Config{Latency: ecssim.Latency{Median: 100 * time.Millisecond}}}
				ctx, cancel := context.WithCancelCause(t.Context())
				var stop time.Time
				s.before = func(*stage, *plan.Plan) {
					if test.after == 0 {
						cancel(errSignal)
					}
					stop = time.Now().Add(test.after)
					time.AfterFunc(test.after, func() { cancel(errSignal) })
				}
				r := s.play(ctx, t)
				if r.err != errSignal {
					t.Errorf("got %v, want the cause", r.err)
				}
				totals := history.Totals(r.results)
				if totals[plan.Applied]+totals[plan.Pending] != 100 || totals[plan.Pending] < test.pending {
					t.Errorf("got %d applied, %d pending\n%s", totals[plan.Applied], totals[plan.Pending], r.messages())
				}
				// What was on its way when the signal came, and no more.
				if n := since(r.writes(), stop.Add(100*time.Millisecond)); n != 0 || len(r.writes()) > test.writes {
					t.Errorf("%d writes, %d of them after the signal", len(r.writes()), n)
				}
				if late := r.took - test.after; late > time.Second {
					t.Errorf("it went on for %s", late)
				}
				for _, result := range r.results {
					if result.Outcome == plan.Pending && (result.Code != history.CodeStopped || result.Message != errSignal.Error()) {
						t.Errorf("pending for %s %s", result.Code, result.Message)
					}
					if result.Outcome == plan.Pending && result.Started.IsZero() != result.Finished.IsZero() {
						t.Errorf("from %s to %s", result.Started.Time(), result.Finished.Time())
					}
				}
			})
		})
	}
}

// Chains that deprecate images of a family wait for the one that brings the
// new image in, wherever it stands in the manifest and however few the workers.
func TestRunKeepsTheOrderOfFamilies(t *testing.T) {
	deprecate := func(id string) manifest.Row {
		return manifest.Row{ImageID: id, Want: manifest.Values{Status: "Deprecated"}}
	}
	join := manifest.Row{ImageID: "m-9", Want: manifest.Values{ImageFamily: "web"}}
	for _, workers := range []int{1, 2, 16} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := familyScene(append(manyRows(deprecate, 8), join), workers)
				r := s.play(t.Context(), t)
				r.want(words("applied", 9), words("-", 9), words("1", 9), "a1 a2 a3 a4 a5 a6 a7 a8 new")
				if first := r.writes()[0].Parameters["ImageId"]; first != "m-9" {
					t.Errorf("%s went first", first)
				}
			})
		})
	}
	t.Run("the new image fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := familyScene(append(manyRows(deprecate, 2), join), 16)
			s.faults = []ecssim.Fault{{Kind: "refuse", Code: "ImageFamilyQuotaFull", Image: "m-9", Action: "write"}}
			s.play(t.Context(), t).want("blocked blocked failed", "WaitsFor WaitsFor ImageFamilyQuotaFull", "0 0 1",
				"a1 a2 a3 a4 a5 a6 a7 a8 new")
		})
	})
	t.Run("stopped while waiting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := familyScene(append(manyRows(deprecate, 2), join), 16)
			s.server.Latency.Median = 2 * time.Second
			ctx, cancel := context.WithCancelCause(t.Context())
			s.before = func(*stage, *plan.Plan) { time.AfterFunc(time.Second, func() { cancel(errSignal) }) }
			s.play(ctx, t).want("pending pending applied", "Stopped Stopped -", "0 0 1", "a1 a2 a3 a4 a5 a6 a7 a8 new")
		})
	})
}

func manyRows(of func(string) manifest.Row, n int) (all []manifest.Row) {
	for i := range n {
		all = append(all, of(fmt.Sprintf("m-%d", i+1)))
	}
	return all
}

func words(word string, n int) string { return strings.TrimSpace(strings.Repeat(word+" ", n)) }

func familyScene(wanted []manifest.Row, workers int) *scene {
	list := images("m-1:a1", "m-2:a2", "m-3:a3", "m-4:a4", "m-5:a5", "m-6:a6", "m-7:a7", "m-8:a8", "m-9:new")
	for i := range 8 {
		list[i].Family = "web"
	}
	return &scene{images: list, rows: wanted, workers: workers}
}
