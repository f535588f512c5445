package batch_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// The final read compares every applied row with its image.
func TestConfirm(t *testing.T) {
	temporary := plan.TemporaryName(account, region, "m-1", "bb")
	tests := []struct {
		name                   string
		then                   func(*stage) // a second after the acknowledgement
		faults                 []ecssim.Fault
		open                   ecssim.Open
		outcome, code, message string
		took                   time.Duration // beyond the latencies; below 0 where writes are mixed with them
		attempts               int32         // 1 if 0
		edited, unsure         string        // attributes
	}{
		{name: "as acknowledged", outcome: "applied"},
		{name: "reads lag behind", open: ecssim.Open{ReadLag: 8 * time.Second}, outcome: "applied", took: 4 * time.Second},
		{
			name: "changed after", then: func(st *stage) { st.put("m-1", "theirs") },
			outcome: "conflict", code: "Changed", took: 10 * time.Second,
			message: `it was applied; then somebody else changed m-1, now named "theirs"`,
			edited:  "description", unsure: "image_name",
		},
		{
			name: "an empty value changed after", then: func(st *stage) {
				_ = st.server.Put(account, region, ecssim.Image{ID: "m-1", Name: "bb", Description: "theirs"})
			},
			outcome: "conflict", code: "Changed", took: 10 * time.Second,
			message: `it was applied; then somebody else changed m-1, now named "bb"`,
			edited:  "image_name", unsure: "description",
		},
		{
			name: "reads as before", open: ecssim.Open{ReadLag: time.Hour},
			outcome: "unknown", code: "NotVisible", took: -1, attempts: 2,
			message: "the API acknowledged it, but m-1 still reads as before",
			unsure:  "image_name, description",
		},
		{
			name: "deleted after", then: func(st *stage) { st.server.Remove(account, region, "m-1") },
			outcome: "conflict", code: "ImageNotFound", took: 10 * time.Second,
			message: "m-1 was deleted after it was changed",
			edited:  "image_name, description",
		},
		{
			name: "parked by a late call", then: func(st *stage) { st.put("m-1", temporary) },
			outcome: "applied", took: -1, attempts: 2,
		},
		{
			name: "parked by a late call, and it stays so", then: func(st *stage) { st.put("m-1", temporary) },
			faults:  []ecssim.Fault{{Kind: "refuse", Action: "write", Code: "InvalidParameter", Status: 400, After: 1}},
			outcome: "stranded", code: "TemporaryName", took: -1, attempts: 2,
			message: fmt.Sprintf(`m-1 is named %q; it was "aa" and should be "bb"`, temporary),
			edited:  "description", unsure: "image_name",
		},
		{
			name:    "the listing fails",
			faults:  []ecssim.Fault{{Kind: "unavailable", Action: "read", After: 1}},
			outcome: "unknown", code: "NotConfirmed", took: -1,
			message: "the API acknowledged it, but it could not be read back: ",
			unsure:  "image_name, description",
		},
		{
			name:    "the listing is not allowed any more",
			faults:  []ecssim.Fault{{Kind: "forbidden", Action: "read", After: 1}},
			outcome: "unknown", code: "NotConfirmed", took: -1,
			message: "the API acknowledged it, but it could not be read back: ",
			unsure:  "image_name, description",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const latency = 2 * time.Second
				s := scene{
					images: images("m-1:a"), faults: test.faults, retry: exact,
					rows: []manifest.Row{{ImageID: "m-1", Want: manifest.Values{ImageName: "bb", Description: "ours"}}},
				}
				s.server.Open, s.server.Latency.Median = test.open, latency
				s.before = func(st *stage, _ *plan.Plan) {
					time.AfterFunc(latency+latency/4, func() {
						if test.then != nil {
							test.then(st)
						}
					})
				}
				r := s.play(t.Context(), t)
				got := r.results[0]
				if got.Outcome.String() != test.outcome || got.Code != test.code {
					t.Errorf("got %s %s, want %s %s", got.Outcome, got.Code, test.outcome, test.code)
				}
				if n := len(test.message); len(got.Message) < n || got.Message[:n] != test.message || n == 0 && got.Message != "" {
					t.Errorf("got %q, want %q", got.Message, test.message)
				}
				if got.Edited.String() != test.edited || got.Unsure.String() != test.unsure {
					t.Errorf("edited %q, unsure of %q; want %q and %q", got.Edited, got.Unsure, test.edited, test.unsure)
				}
				if got.RequestID == "" || got.Attempts != max(test.attempts, 1) {
					t.Errorf("request id %q, %d attempts", got.RequestID, got.Attempts)
				}
				// The write and the first read, and a read after each pause.
				if test.took >= 0 {
					reads := time.Duration(len(r.calls("DescribeImages")) - 2)
					if want := test.took + (2+reads)*latency; r.took.Truncate(100*time.Millisecond) != want {
						t.Errorf("took %s, want %s", r.took, want)
					}
				}
			})
		})
	}
}

// Rows whose images are not as acknowledged are read together.
func TestConfirmLooksAtManyRowsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(50, region)
		s := scene{images: list, rows: wanted, retry: exact}
		s.server.Latency.Median = time.Millisecond
		s.server.Open.ReadLag = time.Minute
		r := s.play(t.Context(), t)
		for i, result := range r.results {
			if result.Outcome != plan.Unknown {
				t.Fatalf("row %d: %+v", i, result)
			}
		}
		if r.took > 12*time.Second {
			t.Errorf("took %s", r.took)
		}
	})
}

// To confirm takes one read for a hundred rows, however large the lane.
func TestConfirmReadsOnlyWhatWasApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(450, region)
		s := scene{images: list, rows: wanted[:250]}
		r := s.play(t.Context(), t)
		if got := r.outcomes(); got != words("applied", 250) {
			t.Errorf("got %s\n%s", got, r.messages())
		}
		if n := len(r.calls("DescribeImages")); n != 5+3 {
			t.Errorf("%d reads, want the plan's five pages and three of what was applied", n)
		}
	})
}

// A failed read ends the round: the others would fail like it, each after all its
// attempts.
func TestConfirmGivesUpARoundAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(2000, region)
		s := scene{images: list, rows: wanted, faults: []ecssim.Fault{{Kind: "forbidden", Action: "read", After: 20}}}
		r := s.play(t.Context(), t)
		if got := r.outcomes(); got != words("unknown", 2000) {
			t.Errorf("got %s\n%s", got, r.messages())
		}
		if n := len(r.calls("DescribeImages")); n > 20+6*9 {
			t.Errorf("%d reads", n)
		}
	})
}

// A busyAPI takes a second for each read and counts those under way.
type busyAPI struct {
	instantly
	reads, most *atomic.Int64
}

func (b busyAPI) DescribeImages(ctx context.Context, q ecs.Query) (ecs.Page, error) {
	now := b.reads.Add(1)
	defer b.reads.Add(-1)
	for most := b.most.Load(); now > most && !b.most.CompareAndSwap(most, now); most = b.most.Load() {
	}
	time.Sleep(time.Second)
	return b.instantly.DescribeImages(ctx, q)
}

// However many lanes end at once, their last reads hold no more replies at once
// than the listing did.
func TestConfirmBoundsItsReads(t *testing.T) {
	for _, test := range []struct{ lanes, rows, most int }{
		{1, 900, 8},
		{100, 501, 500}, // five each
		{513, 101, 513}, // one each
	} {
		t.Run(fmt.Sprint(test.lanes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := busyAPI{instantly{}, new(atomic.Int64), new(atomic.Int64)}
				job := jobOf(test.lanes, test.rows, api.instantly)
				for i := range job.Lanes {
					job.Lanes[i].API = api
				}
				results, err := job.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for i, result := range results {
					if result.Outcome != plan.Applied {
						t.Fatalf("row %d: %+v", i, result)
					}
				}
				if most := int(api.most.Load()); most != test.most {
					t.Errorf("%d reads at once, want %d", most, test.most)
				}
			})
		})
	}
}
