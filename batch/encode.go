package batch

import (
	"encoding/json"
	"strconv"
	"time"

	"imgrename/batch/ecs"
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
