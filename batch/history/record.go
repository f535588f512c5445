package history

import (
	"strconv"
	"time"

	"imgrename/batch/ecs"
)

// A Record is one entry of a run's journal: that a call is about to be sent, what
// its answer was, or how a row ended. Row is an index into the run's first plan.
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

// A RecordKind says what a record is about.
type RecordKind string

// The kinds of records.
const (
	Intent RecordKind = "intent" // durable before the call is sent
	Answer RecordKind = "answer" // written after, not waited for
	// Withdrawn: the call of the last intent was not sent after all.
	Withdrawn RecordKind = "withdrawn"
	Ended     RecordKind = "ended" // a row's result, as it is decided
)

// AppendJSON appends what encoding/json makes of r without escaping HTML. There
// are two records a call: reflection would be a large part of the journal's time.
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
		b = appendText(b, `,"class":`, r.Class.String())
	}
	b = appendText(b, `,"request_id":`, r.RequestID)
	if r.Result != nil {
		b = r.Result.appendJSON(append(b, `,"result":`...))
	}
	return append(b, '}'), nil
}

// appendJSON appends a record's result.
func (r *Result) appendJSON(b []byte) []byte {
	b = append(b, `{"outcome":`...)
	b = ecs.AppendText(b, r.Outcome.String())
	b = appendText(b, `,"edited":`, r.Edited.String())
	b = appendText(b, `,"unsure":`, r.Unsure.String())
	if r.Attempts != 0 {
		b = strconv.AppendInt(append(b, `,"attempts":`...), int64(r.Attempts), 10)
	}
	b = appendText(b, `,"code":`, r.Code)
	b = appendText(b, `,"message":`, r.Message)
	b = appendText(b, `,"request_id":`, r.RequestID)
	b = appendMoment(b, `,"started":"`, r.Started)
	b = appendMoment(b, `,"finished":"`, r.Finished)
	return append(b, '}')
}

// appendText appends a member whose value is a text, unless it is empty.
func appendText(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	return ecs.AppendText(append(b, key...), value)
}

// appendMoment appends a member whose value is a time, unless it is zero. The key
// ends with the value's opening quote.
func appendMoment(b []byte, key string, m Moment) []byte {
	if m == 0 {
		return b
	}
	return append(m.Time().AppendFormat(append(b, key...), time.RFC3339Nano), '"')
}
