package history

import (
	"encoding/json"
	"strconv"
	"time"

	"imgrename/batch/ecs"
)

// A Record is one entry of a run's journal: that a call is about to be sent, what
// its answer was, how a row ended, or which process writes. Row is an index into the run's first plan.
type Record struct {
	Kind RecordKind `json:"kind"`
	At   time.Time  `json:"at"`
	// Up is the Up of the [Instant] at which it was written.
	Up  time.Duration `json:"up,omitempty"`
	Row int           `json:"row"`
	// Set is what an intent sends.
	Set *ecs.Attributes `json:"set,omitempty"`
	// Class and RequestID are the answer's.
	Class     ecs.Class `json:"class,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	// Result is how a row ended.
	Result *Result `json:"result,omitempty"`
	// Process is who writes the records from here on.
	Process *Process `json:"process,omitempty"`
}

// A Process is what a process writes down before it does anything for a run.
type Process struct {
	Boot string `json:"boot,omitempty"` // that of the [Instant] of each record
	// Sealed is what the run is about. Its first process writes it, before the
	// plan is sealed.
	Sealed *Sealed `json:"sealed,omitempty"`
}

// A Sealed is what a run is about, for comparison with its other files.
type Sealed struct {
	Run   string   `json:"run"`
	Plan  string   `json:"plan"` // its checksum
	Rows  int      `json:"rows"`
	Lanes []string `json:"lanes"`
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
	// Opened: a process begins to write. It is about no row.
	Opened RecordKind = "opened"
)

// AppendJSON appends what encoding/json makes of r without escaping HTML. There
// are two records a call: reflection would be a large part of the journal's time.
func (r Record) AppendJSON(b []byte) ([]byte, error) {
	b = append(b, `{"kind":`...)
	b = ecs.AppendText(b, string(r.Kind))
	b = append(b, `,"at":"`...)
	b = r.At.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	if r.Up != 0 {
		b = strconv.AppendInt(append(b, `,"up":`...), int64(r.Up), 10)
	}
	b = append(b, `,"row":`...)
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
	if r.Process != nil { // once in a process
		text, err := json.Marshal(r.Process)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"process":`...), text...)
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
