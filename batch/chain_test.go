package batch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/manifest"
)

// ring is a → b, b → c, c → a over m-1, m-2, m-3. The planner parks m-1, moves
// m-3 to a, m-2 to c, and m-1 to b.
func ring() ([]ecssim.Image, []manifest.Row) {
	return images("m-1:a", "m-2:b", "m-3:c"), rows("m-1:b", "m-2:c", "m-3:a")
}

// refuse lets so many writes to an image pass and refuses the others.
func refuse(id string, after int) ecssim.Fault {
	return ecssim.Fault{Kind: "refuse", Code: "UnsupportedParameter", Image: id, After: after, Action: "write"}
}

func TestChains(t *testing.T) {
	slow := ecssim.Latency{Median: 100 * time.Millisecond}
	tests := []struct {
		name                             string
		images                           []string
		rows                             []string
		faults                           []ecssim.Fault
		open                             ecssim.Open
		age                              time.Duration
		outcomes, codes, attempts, names string
		sent                             string // the images written to, in order
	}{
		{
			name:   "a path is done from its free end",
			images: []string{"m-1:a", "m-2:b", "m-3:c"}, rows: []string{"m-1:b", "m-2:c", "m-3:d"},
			outcomes: "applied applied applied", codes: "- - -", attempts: "1 1 1", names: "b c d", sent: "m-3 m-2 m-1",
		},
		{
			name:   "a path in the midst of a long run",
			images: []string{"m-1:a", "m-2:b", "m-3:c"}, rows: []string{"m-1:b", "m-2:c", "m-3:d"}, age: time.Minute,
			outcomes: "applied applied applied", codes: "- - -", attempts: "1 1 1", names: "b c d", sent: "m-3 m-2 m-1",
		},
		{
			name:   "a path stops where it fails",
			images: []string{"m-1:a", "m-2:b", "m-3:c"}, rows: []string{"m-1:b", "m-2:c", "m-3:d"},
			faults:   []ecssim.Fault{refuse("m-2", 0)},
			outcomes: "blocked failed applied", codes: "WaitsFor UnsupportedParameter -", attempts: "0 1 1", names: "a b d", sent: "m-3 m-2",
		},
		{
			name:   "a path whose beginning cannot be reached is pending",
			images: []string{"m-1:a", "m-2:b"}, rows: []string{"m-1:b", "m-2:c"},
			faults:   []ecssim.Fault{write("refused", "m-2", 0)},
			outcomes: "pending pending", codes: "Unreachable Unreachable", attempts: "0 2", names: "a b",
		},
		{
			name:   "a swap",
			images: []string{"m-1:a", "m-2:b"}, rows: []string{"m-1:b", "m-2:a"},
			outcomes: "applied applied", codes: "- -", attempts: "2 1", names: "b a", sent: "m-1 m-2 m-1",
		},
		{
			name:   "a swap while reads lag behind",
			images: []string{"m-1:a", "m-2:b"}, rows: []string{"m-1:b", "m-2:a"}, age: time.Minute,
			open:     ecssim.Open{ReadLag: 3 * time.Second},
			outcomes: "applied applied", codes: "- -", attempts: "2 1", names: "b a", sent: "m-1 m-2 m-1",
		},
		{
			name:   "two swaps side by side",
			images: []string{"m-1:a", "m-2:b", "m-3:c", "m-4:d"}, rows: []string{"m-1:b", "m-2:a", "m-3:d", "m-4:c"},
			outcomes: words("applied", 4), codes: words("-", 4), attempts: "2 1 2 1", names: "b a d c",
		},
		{
			name:   "a predecessor that the API has not seen yet is waited for",
			images: []string{"m-1:a", "m-2:b"}, rows: []string{"m-1:b", "m-2:c"},
			faults:   []ecssim.Fault{{Kind: "refuse", Code: "InvalidImageName.Duplicated", Image: "m-1", Times: 3, Action: "write"}},
			open:     ecssim.Open{ReadLag: 5 * time.Second},
			outcomes: "applied applied", codes: "- -", attempts: "4 1", names: "b c", sent: "m-2 m-1 m-1 m-1 m-1",
		},
		{
			name:   "a predecessor that is never seen is waited for 10 s",
			images: []string{"m-1:a", "m-2:b"}, rows: []string{"m-1:b", "m-2:c"},
			faults:   []ecssim.Fault{{Kind: "refuse", Code: "InvalidImageName.Duplicated", Image: "m-1", Action: "write"}},
			open:     ecssim.Open{ReadLag: 5 * time.Second},
			outcomes: "failed applied", codes: "InvalidImageName.Duplicated -", attempts: "9 1", names: "a c",
		},
		{
			name:     "a refusal before anything was moved",
			faults:   []ecssim.Fault{refuse("m-1", 0)},
			outcomes: "failed blocked blocked", codes: "UnsupportedParameter WaitsFor WaitsFor", attempts: "1 0 0", names: "a b c", sent: "m-1",
		},
		{
			name:     "a refusal of the first move: put back",
			faults:   []ecssim.Fault{refuse("m-3", 0)},
			outcomes: "blocked blocked failed", codes: "PutBack WaitsFor UnsupportedParameter", attempts: "2 0 1", names: "a b c", sent: "m-1 m-3 m-1",
		},
		{
			name:     "a refusal of the second move: put back in reverse",
			faults:   []ecssim.Fault{refuse("m-2", 0)},
			outcomes: "blocked failed blocked", codes: "PutBack UnsupportedParameter PutBack", attempts: "2 1 2", names: "a b c", sent: "m-1 m-3 m-2 m-3 m-1",
		},
		{
			name:     "a refusal of the last move: put back in reverse",
			faults:   []ecssim.Fault{{Kind: "refuse", Code: "UnsupportedParameter", Image: "m-1", After: 1, Times: 1, Action: "write"}},
			outcomes: "failed blocked blocked", codes: "UnsupportedParameter PutBack PutBack", attempts: "3 2 2", names: "a b c",
			sent: "m-1 m-3 m-2 m-1 m-2 m-3 m-1",
		},
		{
			name:     "put back while reads lag behind",
			faults:   []ecssim.Fault{refuse("m-2", 0)},
			age:      time.Minute,
			open:     ecssim.Open{ReadLag: 3 * time.Second},
			outcomes: "blocked failed blocked", codes: "PutBack UnsupportedParameter PutBack", attempts: "2 1 2", names: "a b c", sent: "m-1 m-3 m-2 m-3 m-1",
		},
		{
			name:     "put back while reads lag behind and calls get lost",
			faults:   []ecssim.Fault{refuse("m-2", 0), {Kind: "request-cut", Image: "m-3", After: 1, Times: 1, Action: "write"}},
			open:     ecssim.Open{ReadLag: 3 * time.Second},
			outcomes: "blocked failed blocked", codes: "PutBack UnsupportedParameter PutBack", attempts: "2 1 3", names: "a b c",
		},
		{
			name: "a move has no answer and cannot be read: nothing more is moved",
			faults: []ecssim.Fault{
				{Kind: "internal-error-after", Image: "m-3", Action: "write"},
				{Kind: "unavailable", Image: "m-3", Action: "read"},
			},
			outcomes: "stranded blocked unknown", codes: "TemporaryName WaitsFor InternalError", attempts: "1 0 1", names: "TEMPORARY b a", sent: "m-1 m-3",
		},
		{
			name:     "the way back is refused at its end: stranded",
			faults:   []ecssim.Fault{refuse("m-2", 0), refuse("m-1", 1)},
			outcomes: "stranded failed blocked", codes: "TemporaryName UnsupportedParameter PutBack", attempts: "2 1 2", names: "TEMPORARY b c",
		},
		{
			name:     "the way back is refused at once: the rest stays",
			faults:   []ecssim.Fault{refuse("m-2", 0), refuse("m-3", 1)},
			outcomes: "stranded failed applied", codes: "TemporaryName UnsupportedParameter -", attempts: "1 1 2", names: "TEMPORARY b a",
		},
		{
			name: "the way back has no answer and cannot be read: it may land late",
			faults: []ecssim.Fault{
				refuse("m-2", 0),
				{Kind: "internal-error", Image: "m-3", After: 1, Action: "write"},
				{Kind: "unavailable", Image: "m-3", Action: "read"},
			},
			outcomes: "stranded failed unknown", codes: "TemporaryName UnsupportedParameter InternalError", attempts: "1 1 2", names: "TEMPORARY b a",
		},
		{
			name:     "the last move and the way back are refused: stranded",
			faults:   []ecssim.Fault{refuse("m-1", 1), refuse("m-2", 1)},
			outcomes: "stranded applied applied", codes: "TemporaryName - -", attempts: "2 2 1", names: "TEMPORARY c a",
		},
		{
			name:     "the keys are switched off while it is open: tried once more, then stranded",
			faults:   []ecssim.Fault{{Kind: "refuse", Code: "InvalidAccessKeyId.Inactive", Action: "write", After: 1}},
			outcomes: "stranded failed failed", codes: "TemporaryName InvalidAccessKeyId.Inactive InvalidAccessKeyId.Inactive", attempts: "2 0 1", names: "TEMPORARY b c",
		},
		{
			name:     "a park that lands twice is settled before the last move",
			faults:   []ecssim.Fault{{Kind: "late-write", By: 40 * time.Second, Image: "m-1", Times: 1, Action: "write"}},
			outcomes: "applied applied applied", codes: "- - -", attempts: "3 1 1", names: "b c a", sent: "m-1 m-1 m-3 m-2 m-1",
		},
		{
			name:     "a park that lands twice is settled before the way back",
			faults:   []ecssim.Fault{{Kind: "late-write", By: 40 * time.Second, Image: "m-1", Times: 1, Action: "write"}, refuse("m-3", 0)},
			outcomes: "blocked blocked failed", codes: "PutBack WaitsFor UnsupportedParameter", attempts: "3 0 1", names: "a b c", sent: "m-1 m-1 m-3 m-1",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{images: images(test.images...), rows: rows(test.rows...), faults: test.faults, age: test.age}
				if test.images == nil {
					s.images, s.rows = ring()
				}
				s.server.Latency, s.server.Open = slow, test.open
				s.retry = batch.Retry{Attempts: 2, Settle: time.Minute}
				r := s.play(t.Context(), t)
				time.Sleep(2 * time.Minute) // nothing that was under way undoes it
				r.want(test.outcomes, test.codes, test.attempts, test.names)
				if sent := r.sent(); test.sent != "" && sent != test.sent {
					t.Errorf("sent %s, want %s", sent, test.sent)
				}
			})
		})
	}
}

// sent lists the images that were written to, in the order of the calls.
func (st *stage) sent() string {
	var ids []string
	for _, c := range st.writes() {
		ids = append(ids, c.Parameters["ImageId"])
	}
	return strings.Join(ids, " ")
}
