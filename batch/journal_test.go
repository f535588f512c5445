package batch_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
)

// A notebook is a journal in memory that may run full.
type notebook struct {
	mu      sync.Mutex
	records []history.Record
	room    int // for records; 0 is no limit
}

var errFull = errors.New("no space left on device")

func (n *notebook) Commit(r history.Record) error { return n.Append(r) }

func (n *notebook) Append(r history.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.room > 0 && len(n.records) >= n.room {
		return errFull
	}
	n.records = append(n.records, r)
	return nil
}

// story returns the records in short: the intents, answers and end of each row.
func (n *notebook) story() string {
	var words []string
	for _, r := range n.records {
		switch r.Kind {
		case history.Intent:
			words = append(words, fmt.Sprintf("%d→%s", r.Row, r.Set.ImageName))
		case history.Answer:
			words = append(words, fmt.Sprintf("%d:%s", r.Row, r.Class))
		case history.Withdrawn:
			words = append(words, fmt.Sprintf("%d×", r.Row))
		case history.Ended:
			words = append(words, fmt.Sprintf("%d=%s", r.Row, r.Result.Outcome))
		}
	}
	return strings.Join(words, " ")
}

func TestJournalTellsTheStory(t *testing.T) {
	for _, tt := range []struct {
		name, rows, want string
		faults           []ecssim.Fault
	}{
		{name: "a rename", rows: "m-1:b", want: "0→bb 0:applied 0=applied"},
		{name: "nothing to do", rows: "m-1:a", want: "0=unchanged"},
		{
			name: "an answer lost", rows: "m-1:b", faults: []ecssim.Fault{write("lost-after", "m-1", 1)},
			want: "0→bb 0:ambiguous 0=applied",
		},
		{
			name: "a throttled call", rows: "m-1:b", faults: []ecssim.Fault{write("throttle", "m-1", 1)},
			want: "0→bb 0:throttled 0→bb 0:applied 0=applied",
		},
		{
			name: "a refusal", rows: "m-1:b",
			faults: []ecssim.Fault{{Kind: "refuse", Image: "m-1", Action: "write", Code: "InvalidParameter", Status: 400, Times: 1}},
			want:   "0→bb 0:refused 0=failed",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := new(notebook)
				s := scene{images: images("m-1:a"), rows: rows(tt.rows), faults: tt.faults, journal: n}
				r := s.play(t.Context(), t)
				if got := n.story(); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if diff := cmp.Diff(r.results, rebuilt(r.plan, n.records)); diff != "" {
					t.Errorf("results rebuilt from the journal (-run +rebuilt):\n%s", diff)
				}
			})
		})
	}
}

// Whichever record the journal has no room for, every call that is sent is in it.
func TestFullJournalStopsTheRun(t *testing.T) {
	for room := 1; room < 12; room++ {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &notebook{room: room}
				s := scene{
					images: images("m-1:a", "m-2:b", "m-3:c", "m-4:d"), rows: rows("m-1:b", "m-2:a", "m-3:x", "m-4:y"),
					workers: 1, journal: n,
				}
				r := s.play(t.Context(), t)
				broken, ok := errors.AsType[*batch.JournalError](r.err)
				if !ok || !errors.Is(broken, errFull) {
					t.Fatalf("the run ended with %v, want a JournalError", r.err)
				}
				intents := strings.Count(n.story(), "→")
				if sent := len(r.writes()); sent != intents {
					t.Errorf("%d calls sent, %d in the journal: %s", sent, intents, n.story())
				}
			})
		})
	}
}
