package batch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// exact leaves nothing to chance: no pauses between attempts.
var exact = batch.Retry{Attempts: 5, Settle: time.Minute}

func TestStep(t *testing.T) {
	const (
		timeout = 15 * time.Second
		settle  = time.Minute
	)
	next := func(after int, kind ecssim.Kind) ecssim.Fault {
		return ecssim.Fault{Kind: kind, Image: "m-1", After: after, Times: 1, Action: "write"}
	}
	tests := []struct {
		name     string
		scene    scene
		outcomes string // of m-1, a → b, and then others
		codes    string
		attempts string
		names    string
		writes   int // that reached the server
		reads    int // of one image or one name
		took     time.Duration
	}{
		{
			name:     "nothing goes wrong",
			outcomes: "applied", codes: "-", attempts: "1", names: "b", writes: 1,
		},
		{
			name:     "throttled often: no attempt is used up",
			scene:    scene{faults: []ecssim.Fault{write("throttle", "m-1", 40)}},
			outcomes: "applied", codes: "-", attempts: "1", names: "b", writes: 41, reads: -1, took: -1,
		},
		{
			name:     "throttled for ever: pending",
			scene:    scene{faults: []ecssim.Fault{write("throttle-forever", "", 0)}},
			outcomes: "pending", codes: "ThrottledOut", attempts: "0", names: "a", writes: -1, reads: -1, took: -1,
		},
		{
			name:     "answer lost after the deed: one read, no second write",
			scene:    scene{faults: []ecssim.Fault{write("lost-after", "m-1", 1)}},
			outcomes: "applied", codes: "-", attempts: "1", names: "b", writes: 1, reads: 1, took: timeout,
		},
		{
			name:     "500 after the deed",
			scene:    scene{faults: []ecssim.Fault{write("internal-error-after", "m-1", 1)}},
			outcomes: "applied", codes: "-", attempts: "1", names: "b", writes: 1, reads: 1,
		},
		{
			name:     "answer lost before the deed: sent again",
			scene:    scene{faults: []ecssim.Fault{write("lost-before", "m-1", 1)}},
			outcomes: "applied", codes: "-", attempts: "2", names: "b", writes: 2, reads: 1, took: timeout,
		},
		{
			name:     "broken replies of all kinds, each before the deed: sent again",
			scene:    scene{faults: []ecssim.Fault{write("html", "m-1", 1), next(1, "cut-body-before"), next(2, "reset-before"), next(3, "bad-gateway")}},
			outcomes: "applied", codes: "-", attempts: "5", names: "b", writes: 5, reads: 4,
		},
		{
			name:     "attempts spent: settled, read, failed",
			scene:    scene{faults: []ecssim.Fault{write("unavailable", "m-1", 0)}},
			outcomes: "failed", codes: "ServiceUnavailable", attempts: "5", names: "a", writes: 5, reads: 6, took: settle,
		},
		{
			name: "attempts spent, the first lands within the settle time: applied",
			scene: scene{faults: []ecssim.Fault{
				{Kind: "late-write", By: 50 * time.Second, Image: "m-1", Times: 1, Action: "write"},
				next(1, "unavailable"), next(2, "unavailable"), next(3, "unavailable"), next(4, "unavailable"),
			}},
			outcomes: "applied", codes: "-", attempts: "5", names: "b", writes: 5, reads: 6, took: timeout + settle,
		},
		{
			name: "attempts spent and reads fail: unknown",
			scene: scene{faults: []ecssim.Fault{
				write("unavailable", "m-1", 0),
				{Kind: "unavailable", Action: "read", Image: "m-1"},
			}},
			outcomes: "unknown", codes: "ServiceUnavailable", attempts: "1", names: "a", writes: 1, reads: 15, took: settle,
		},
		{
			name: "a refusal after an answer was lost is final only after the settle time",
			scene: scene{faults: []ecssim.Fault{
				{Kind: "late-write", By: 50 * time.Second, Image: "m-1", Times: 1, Action: "write"},
				{Kind: "refuse", Code: "ImageFamilyQuotaFull", Image: "m-1", After: 1, Action: "write"},
			}},
			outcomes: "applied", codes: "-", attempts: "2", names: "b", writes: 2, reads: 2, took: timeout + settle,
		},
		{
			name:     "still being created: again",
			scene:    scene{faults: []ecssim.Fault{{Kind: "refuse", Code: "InvalidStatus.ImageIsCreating", Image: "m-1", Times: 4, Action: "write"}}},
			outcomes: "applied", codes: "-", attempts: "5", names: "b", writes: 5,
		},
		{
			name:     "being created for too long",
			scene:    scene{faults: []ecssim.Fault{{Kind: "refuse", Code: "InvalidStatus.ImageIsCreating", Image: "m-1", Action: "write"}}},
			outcomes: "failed", codes: "InvalidStatus.ImageIsCreating", attempts: "5", names: "a", writes: 5,
		},
		{
			name:     "no connection for a while",
			scene:    scene{faults: []ecssim.Fault{write("refused", "m-1", 2), next(2, "dns"), next(3, "dns")}},
			outcomes: "applied", codes: "-", attempts: "5", names: "b", writes: 1,
		},
		{
			name:     "no connection at all: pending",
			scene:    scene{faults: []ecssim.Fault{write("refused", "m-1", 0)}},
			outcomes: "pending", codes: "Unreachable", attempts: "5", names: "a",
		},
		{
			name:     "no connection after an answer was lost: settled",
			scene:    scene{faults: []ecssim.Fault{write("reset-before", "m-1", 1), write("refused", "m-1", 0)}},
			outcomes: "pending", codes: "Unreachable", attempts: "5", names: "a", writes: 1, reads: 2, took: settle,
		},
		{
			name:     "attempts count over all classes",
			scene:    scene{faults: []ecssim.Fault{write("refused", "m-1", 2), write("unavailable", "m-1", 0)}},
			outcomes: "failed", codes: "ServiceUnavailable", attempts: "5", names: "a", writes: 3, reads: 4, took: settle,
		},
		{
			name:     "refused by a rule",
			scene:    scene{faults: []ecssim.Fault{{Kind: "refuse", Code: "InvalidImageId.NotFound", Status: 404, Image: "m-1", Action: "write"}}},
			outcomes: "failed", codes: "InvalidImageId.NotFound", attempts: "1", names: "a", writes: 1,
		},
		{
			name:     "renamed by ourselves, and the API says duplicated",
			scene:    scene{server: ecssim.Config{Open: ecssim.Open{OwnName: ecssim.OwnNameDuplicated, ReadLag: 30 * time.Second}}, retry: exact, faults: []ecssim.Fault{write("reset-after", "m-1", 1)}},
			outcomes: "applied", codes: "-", attempts: "-", names: "b", writes: -1, reads: -1, took: -1,
		},
		{
			name:     "renamed by ourselves, duplicated, and seen in time",
			scene:    scene{server: ecssim.Config{Open: ecssim.Open{OwnName: ecssim.OwnNameDuplicated, ReadLag: 2 * time.Second}}, faults: []ecssim.Fault{write("reset-after", "m-1", 1)}},
			outcomes: "applied", codes: "-", attempts: "4", names: "b", writes: 4, reads: 6, took: 2 * time.Second,
		},
		{
			name: "renamed as desired by somebody else: the rest is sent without the name",
			scene: scene{
				rows:   []manifest.Row{{ImageID: "m-1", Want: manifest.Values{ImageName: legal("b"), Description: "text"}}},
				server: ecssim.Config{Open: ecssim.Open{OwnName: ecssim.OwnNameDuplicated}}, age: time.Minute,
				before: func(st *stage, _ *plan.Plan) { st.put("m-1", "b") },
			},
			outcomes: "applied", codes: "-", attempts: "1", names: "b", writes: 1, reads: 1,
		},
		{
			name: "renamed as desired by somebody else, seen by the API only",
			scene: scene{
				rows:   []manifest.Row{{ImageID: "m-1", Want: manifest.Values{ImageName: legal("b"), Description: "text"}}},
				server: ecssim.Config{Open: ecssim.Open{OwnName: ecssim.OwnNameDuplicated}},
				before: func(st *stage, _ *plan.Plan) { st.put("m-1", "b") },
			},
			outcomes: "applied", codes: "-", attempts: "2", names: "b", writes: 2, reads: 1,
		},
		{
			name: "renamed by somebody else, and the name is taken",
			scene: scene{
				images: images("m-1:a", "m-2:other"),
				before: func(st *stage, _ *plan.Plan) { st.put("m-1", "theirs"); st.put("m-2", "b") },
			},
			outcomes: "conflict", codes: "Changed", attempts: "1", names: "theirs b", writes: 1, reads: 1,
		},
		{
			name: "a stranger takes the name",
			scene: scene{
				images: images("m-1:a", "m-2:other"),
				before: func(st *stage, _ *plan.Plan) { st.put("m-2", "b") },
			},
			outcomes: "conflict", codes: "NameTaken", attempts: "1", names: "a b", writes: 1, reads: 2,
		},
		{
			name: "a stranger takes the name for a moment, after an answer was lost",
			scene: scene{
				images: images("m-1:a", "m-2:other"),
				faults: []ecssim.Fault{write("reset-before", "m-1", 1)},
				before: func(st *stage, _ *plan.Plan) { st.put("m-2", "b") },
			},
			outcomes: "conflict", codes: "NameTaken", attempts: "2", names: "a b", writes: 2, reads: 4, took: settle,
		},
		{
			name: "renamed by somebody else, unseen for 10 s: overwritten",
			scene: scene{
				age: 10 * time.Second, before: func(st *stage, _ *plan.Plan) { st.put("m-1", "theirs") },
			},
			outcomes: "applied", codes: "-", attempts: "1", names: "b", writes: 1,
		},
		{
			name: "renamed by somebody else, seen after 10 s",
			scene: scene{
				age: 10*time.Second + 1, before: func(st *stage, _ *plan.Plan) { st.put("m-1", "theirs") },
			},
			outcomes: "conflict", codes: "Changed", attempts: "0", names: "theirs", reads: 1,
		},
		{
			name: "renamed as desired by somebody else",
			scene: scene{
				age: time.Minute, before: func(st *stage, _ *plan.Plan) { st.put("m-1", "b") },
			},
			outcomes: "unchanged", codes: "-", attempts: "0", names: "b", reads: 1,
		},
		{
			name: "renamed as desired by somebody else, after a refusal that said nothing",
			scene: scene{
				faults: []ecssim.Fault{write("refused", "m-1", 1), {Kind: "throttle", Image: "m-1", By: 30 * time.Second, Hints: []string{"retry-after"}, After: 1, Times: 1, Action: "write"}},
				before: func(st *stage, _ *plan.Plan) {
					time.AfterFunc(1, func() { st.put("m-1", "b") })
				},
			},
			outcomes: "unchanged", codes: "-", attempts: "1", names: "b", reads: -1, took: -1, writes: -1,
		},
		{
			name: "renamed by somebody else while an answer was lost: not overwritten",
			scene: scene{
				faults: []ecssim.Fault{write("lost-before", "m-1", 1)},
				before: func(st *stage, _ *plan.Plan) {
					time.AfterFunc(time.Second, func() { st.put("m-1", "theirs") })
				},
			},
			outcomes: "conflict", codes: "Changed", attempts: "1", names: "theirs", writes: 1, reads: 2, took: timeout + settle,
		},
		{
			name: "renamed by somebody else while throttled after a lost answer: not overwritten",
			scene: scene{
				faults: []ecssim.Fault{write("reset-before", "m-1", 1), {Kind: "throttle", Image: "m-1", By: 30 * time.Second, Hints: []string{"retry-after"}, After: 1, Times: 1, Action: "write"}},
				before: func(st *stage, _ *plan.Plan) {
					time.AfterFunc(time.Second, func() { st.put("m-1", "theirs") })
				},
			},
			outcomes: "conflict", codes: "Changed", attempts: "1", names: "theirs", writes: 2, reads: 3, took: settle,
		},
		{
			name: "deleted",
			scene: scene{
				age: time.Minute, before: func(st *stage, _ *plan.Plan) { st.server.Remove(account, region, "m-1") },
			},
			outcomes: "failed", codes: "ImageNotFound", attempts: "0", names: "", reads: 3, took: 5 * time.Second,
		},
		{
			name: "deleted while an answer was lost",
			scene: scene{
				faults: []ecssim.Fault{write("reset-before", "m-1", 0)},
				before: func(st *stage, _ *plan.Plan) {
					time.AfterFunc(time.Second, func() { st.server.Remove(account, region, "m-1") })
				},
			},
			outcomes: "failed", codes: "ImageNotFound", attempts: "5", names: "", writes: 5, reads: 7, took: settle + 5*time.Second,
		},
		{
			name: "the read before the write fails: pending",
			scene: scene{
				age: time.Minute, faults: []ecssim.Fault{{Kind: "refused", Action: "read", Image: "m-1"}},
			},
			outcomes: "pending", codes: "Unreachable", attempts: "0", names: "a", reads: 0,
		},
		{
			name: "the read before the write is not allowed: failed",
			scene: scene{
				age: time.Minute, faults: []ecssim.Fault{{Kind: "forbidden", Action: "read", Image: "m-1"}},
			},
			outcomes: "failed", codes: "Forbidden.RAM", attempts: "0", names: "a", reads: 2,
		},
		{
			name: "the read before the write is throttled for ever: pending",
			scene: scene{
				age: time.Minute, faults: []ecssim.Fault{{Kind: "throttle-forever", Action: "read", Image: "m-1"}},
			},
			outcomes: "pending", codes: "ThrottledOut", attempts: "0", names: "a", reads: -1, took: -1,
		},
		{
			name: "a condition that does not hold any more",
			scene: scene{
				rows: []manifest.Row{{ImageID: "m-1", Want: manifest.Values{ImageName: legal("b")}, Current: &manifest.Values{BootMode: "BIOS"}}},
				age:  time.Minute, images: []ecssim.Image{{ID: "m-1", Name: legal("a"), BootMode: "BIOS"}},
				before: func(st *stage, _ *plan.Plan) {
					_ = st.server.Put(account, region, ecssim.Image{ID: "m-1", Name: legal("a"), BootMode: "UEFI"})
				},
			},
			outcomes: "conflict", codes: "Changed", attempts: "0", names: "a", reads: 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := test.scene
				if s.images == nil {
					s.images = images("m-1:a")
				}
				if s.rows == nil {
					s.rows = rows("m-1:b")
				}
				if s.retry == (batch.Retry{}) {
					s.retry = exact
				}
				r := s.play(t.Context(), t)
				if test.attempts == "-" {
					test.attempts = r.attempts()
				}
				r.want(test.outcomes, test.codes, test.attempts, test.names)
				if n := reached(r.writes()); test.writes >= 0 && n != test.writes {
					t.Errorf("%d writes, want %d", n, test.writes)
				}
				reads := imageReads(r.calls("DescribeImages"))
				if strings.Contains(r.outcomes(), "applied") {
					reads-- // the last one confirms
				}
				if test.reads >= 0 && reads != test.reads {
					t.Errorf("%d reads, want %d", reads, test.reads)
				}
				// The gates make calls wait for milliseconds.
				if test.took >= 0 && r.took.Truncate(time.Second) != test.took {
					t.Errorf("took %s, want %s", r.took, test.took)
				}
			})
		})
	}
}

// There is a pause between two attempts, however the first one ended.
func TestStepPausesBetweenAttempts(t *testing.T) {
	for _, kind := range []ecssim.Kind{"refused", "unavailable", "reset-before"} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{images: images("m-1:a"), rows: rows("m-1:b"), retry: exact, faults: []ecssim.Fault{write(kind, "m-1", 4)}}
				s.retry.Base, s.retry.Cap = time.Hour, time.Hour
				r := s.play(t.Context(), t)
				r.want("applied", "-", "5", "b")
				if r.took < time.Minute || r.took > 4*time.Hour+time.Minute {
					t.Errorf("took %s", r.took)
				}
			})
		})
	}
}

// reached counts the calls that reached the server.
func reached(calls []ecssim.Call) (n int) {
	for _, c := range calls {
		if c.Verdict != ecssim.Unreached {
			n++
		}
	}
	return n
}

// imageReads counts the reads of one image or one name.
func imageReads(calls []ecssim.Call) (n int) {
	for _, c := range calls {
		if c.Verdict != ecssim.Unreached && (c.Parameters["ImageId"] != "" || c.Parameters["ImageName"] != "") {
			n++
		}
	}
	return n
}

// put renames an image as somebody else would.
func (st *stage) put(id, name string) {
	if err := st.server.Put(account, region, image(id+":"+name)); err != nil {
		st.t.Error(err)
	}
}

func TestStepSaysWhy(t *testing.T) {
	tests := []struct {
		name  string
		scene scene
		want  string
	}{
		{
			name:  "the holder of the name",
			scene: scene{before: func(st *stage, _ *plan.Plan) { st.put("m-2", "b") }},
			want:  `m-2 took the name "bb"`,
		},
		{
			name:  "what was changed",
			scene: scene{age: time.Minute, before: func(st *stage, _ *plan.Plan) { st.put("m-1", "theirs") }},
			want:  `m-1: image_name is "theirs", not "aa" any more`,
		},
		{
			name:  "the answer that was lost",
			scene: scene{faults: []ecssim.Fault{write("lost-before", "m-1", 0)}},
			want:  "no answer in time: context deadline exceeded",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := test.scene
				s.images, s.rows, s.retry = images("m-0:bbb", "m-1:a", "m-2:other", "m-3:abb"), rows("m-1:b"), exact
				if got := s.play(t.Context(), t).results[0].Message; got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}
