package batch

import (
	"encoding/json"
	"strconv"
	"time"

	"imgrename/batch/ecs"
)

// A Record is one entry of the journal: that a call is about to be sent, what
// its answer was, or how a row ended. Rows are counted as the run's first plan has them.
type Record struct {
	Kind RecordKind `json:"kind"`
	At   time.Time  `json:"at"`
	Row  int        `json:"row"`
	// Set is what an intent sends.
	Set *ecs.Attributes `json:"set,omitempty"`
	// Class and RequestID are the answer's.
	Class     ecs.Class `json:"class,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	// Result is how a row ended.
	Result *Result `json:"result,omitempty"`
}

// A RecordKind tells intents from answers.
type RecordKind string

// The kinds of records.
const (
	Intent RecordKind = "intent" // durable before the call is sent
	Answer RecordKind = "answer" // written after, not waited for
	// Withdrawn: the call of the last intent was not sent after all.
	Withdrawn RecordKind = "withdrawn"
	Ended     RecordKind = "ended" // a row's result, as it is decided
)

// AppendJSON appends what encoding/json makes of r, but for HTML, which is not
// escaped: with two records a call, reflection would be a large part of what
// the journal takes.
func (r Record) AppendJSON(b []byte) ([]byte, error) {
	b = append(b, `{"kind":`...)
	b = ecs.AppendText(b, string(r.Kind))
	b = append(b, `,"at":"`...)
	b = r.At.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","row":`...)
	b = strconv.AppendInt(b, int64(r.Row), 10)
	if r.Set != nil {
		b = append(b, `,"set":`...)
		b = r.Set.AppendJSON(b)
	}
	if r.Class != ecs.Undecided {
		b = append(b, `,"class":`...)
		b = ecs.AppendText(b, r.Class.String())
	}
	if r.RequestID != "" {
		b = append(b, `,"request_id":`...)
		b = ecs.AppendText(b, r.RequestID)
	}
	if r.Result != nil {
		text, err := json.Marshal(r.Result)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"result":`...), text...)
	}
	return append(b, '}'), nil
}
