package ecssim

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"
)

// A Call is one request and what became of it.
type Call struct {
	Sequence uint64    `json:"sequence"`          // order of arrival, from 1
	Arrived  time.Time `json:"arrived,omitzero"`  // on the server's clock; zero if it never did
	Landed   time.Time `json:"landed,omitzero"`   // when it was decided and, if let through, done
	Ended    time.Time `json:"ended,omitzero"`    // when both sides were done with it
	Account  string    `json:"account,omitempty"` // empty if the key is unknown
	Region   string    `json:"region,omitempty"`
	Action   string    `json:"action"`
	Key      string    `json:"key,omitempty"` // the access key's id

	// Parameters are the action's own, without those of the signature.
	Parameters map[string]string `json:"parameters,omitempty"`

	Verdict   Verdict `json:"verdict"`          // what the server did
	Code      string  `json:"code,omitempty"`   // why it refused
	Status    int     `json:"status,omitempty"` // of the answer it made
	RequestID string  `json:"request_id,omitempty"`
	Fault     string  `json:"fault,omitempty"` // the faults that struck, joined by +
	Delivered bool    `json:"delivered"`       // the client was handed the whole answer

	// Revision numbers the writes to a lane in the order in which they were
	// done; 0 is a call that wrote nothing. Before and After are the image's
	// values; After is nil if nothing was written. A call that tags several
	// images has the revision of the last one, and no values.
	Revision uint64 `json:"revision,omitempty"`
	Before   *Image `json:"before,omitempty"`
	After    *Image `json:"after,omitempty"`
}

// A Verdict is what the server did with a call, whatever the client was told.
type Verdict int

// The verdicts.
const (
	Undecided Verdict = iota
	Read              // answered, nothing to change
	Applied           // the write was done
	Refused           // by a rule, a signature, a policy
	Throttled         // by a quota
	Dropped           // a fault kept it from being done
	Unreached         // it never arrived
)

var verdicts = [...]string{"undecided", "read", "applied", "refused", "throttled", "dropped", "unreached"}

func (v Verdict) String() string { return verdicts[v] }

// MarshalText returns the verdict's name, for histories.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// A history keeps calls that are over, in memory, in a file, or both.
type history struct {
	mu     sync.Mutex
	w      io.Writer
	forget bool
	calls  []Call
	err    error
}

func (h *history) add(c Call) {
	var line []byte
	var err error
	if h.w != nil {
		if line, err = json.Marshal(c); err == nil {
			line = append(line, '\n')
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.forget {
		h.calls = append(h.calls, c)
	}
	if line != nil && h.err == nil {
		_, err = h.w.Write(line)
	}
	if h.err == nil {
		h.err = err
	}
}

func (h *history) all() []Call {
	h.mu.Lock()
	calls := slices.Clone(h.calls)
	h.mu.Unlock()
	slices.SortFunc(calls, func(a, b Call) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return calls
}

func (h *history) failed() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}
