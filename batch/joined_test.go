package batch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
)

// lists are the answers to ids joined by commas.
var lists = map[string]ecssim.IDLists{
	"joined ids are answered":      ecssim.IDListsAccepted,
	"joined ids are taken for one": ecssim.IDListsUnknown,
	"joined ids are refused":       ecssim.IDListsRefused,
}

// That a read of several ids lacks an image proves nothing: only a read of its
// own says that it does not exist. Whatever the API does with joined ids, a run
// comes to the same end.
func TestAbsenceIsReadAlone(t *testing.T) {
	for name, open := range lists {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a", "m-2:b", "m-3:c", "m-4:d", "m-5:e", "m-6:f"),
					rows:   rows("m-1:b", "m-2:c", "m-3:a", "m-4:x", "m-5:y", "m-6:z"),
					age:    time.Minute, server: ecssim.Config{Open: ecssim.Open{IDLists: open}},
				}
				s.server.Latency.Median = 100 * time.Millisecond
				s.before = func(st *stage, _ *plan.Plan) {
					st.seen = time.Now().Add(-s.age)
					st.server.Remove(account, region, "m-5")
					time.AfterFunc(500*time.Millisecond, func() { st.server.Remove(account, region, "m-6") })
				}
				r := s.play(t.Context(), t)
				r.want("applied applied applied applied failed conflict", "- - - - ImageNotFound ImageNotFound", "2 1 1 1 0 1", "b c a x")
				if got, want := r.results[5].Message, "m-6 was deleted after it was changed"; got != want {
					t.Errorf("%q, want %q", got, want)
				}
				checkReads(t, r)
			})
		})
	}
}

// What an earlier process has done is confirmed by reads of its own, too.
func TestResumeReadsAlone(t *testing.T) {
	for name, open := range lists {
		t.Run(name, func(t *testing.T) {
			for room := 1; room < 14; room += 2 {
				synctest.Test(t, func(t *testing.T) {
					n := &notebook{room: room}
					first := scene{
						images: images("m-1:a", "m-2:b", "m-3:c", "m-4:d"), rows: rows("m-1:b", "m-2:a", "m-3:x", "m-4:d"),
						workers: 1, journal: n, server: ecssim.Config{Open: ecssim.Open{IDLists: open}},
					}
					before := first.play(t.Context(), t)
					listed, err := batch.Load(t.Context(), before.lanes)
					if err != nil {
						t.Fatal(err)
					}
					again := scene{journal: new(notebook), past: replay(n.records).Past()}
					before.seen = time.Now()
					r := again.run(t.Context(), before.stage, plan.Compare(before.plan, listed))
					if got, want := r.outcomes(), "applied applied applied unchanged"; got != want {
						t.Errorf("cut at record %d: %s, want %s\n%s", room, got, want, r.messages())
					}
				})
			}
		})
	}
}

// Where joined ids are not answered, a lane finds out once: its images are then
// read one by one, and none twice for that.
func TestUnansweredIDsAreNotJoinedAgain(t *testing.T) {
	for name, open := range lists {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list, wanted := many(2000, region)
				s := scene{images: list, rows: wanted, age: time.Minute, server: ecssim.Config{Open: ecssim.Open{IDLists: open}}}
				s.server.Latency.Median = 10 * time.Millisecond
				s.before = func(st *stage, _ *plan.Plan) { st.seen = time.Now().Add(-s.age) }
				r := s.play(t.Context(), t)
				if got := r.outcomes(); got != words("applied", 2000) {
					t.Errorf("got %s\n%s", got, r.messages())
				}
				joined, alone := 0, 0
				for _, call := range r.calls("DescribeImages") {
					switch ids := call.Parameters["ImageId"]; {
					case strings.Contains(ids, ","):
						joined++
					case ids != "":
						alone++
					}
				}
				if open == ecssim.IDListsAccepted {
					if joined > 45 || alone > 0 {
						t.Errorf("%d joined reads, %d of one image", joined, alone)
					}
				} else if joined > 16 || alone > 2*2000 {
					t.Errorf("%d joined reads, %d of one image, want one before each write and one after", joined, alone)
				}
			})
		})
	}
}
