package history_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// FuzzRecordJSON: a record is written as encoding/json would, and comes back.
func FuzzRecordJSON(f *testing.F) {
	f.Add("intent", int64(0), 7, "web", uint8(0), "")
	f.Add("answer", int64(1_000_000_000_000_000_001), 0, "", uint8(ecs.Applied), "8A5B7A0C-5D3B")
	f.Add("ended", int64(-1), -3, "\"<\xff", uint8(ecs.Ambiguous), "\n")
	f.Add("ended", int64(0), 0x7fff, "", uint8(ecs.Refused), "")
	f.Fuzz(func(t *testing.T, kind string, at int64, row int, name string, class uint8, id string) {
		r := history.Record{
			Kind: history.RecordKind(kind), At: time.Unix(0, at).UTC(), Row: row,
			Class: ecs.Class(class % uint8(ecs.Down+1)), RequestID: id,
		}
		if name != "" {
			r.Set = &ecs.Attributes{ImageName: name}
		}
		if row%3 != 0 {
			r.Up = time.Duration(at)
			r.Process = &history.Process{Boot: "b007", Sealed: &history.Sealed{Run: "r-1", Plan: "sha256:1", Rows: row, Lanes: []string{"1000/cn-hangzhou"}}}
		}
		if row%2 != 0 {
			r.Result = &history.Result{
				Outcome: plan.Planned + plan.Outcome(class%5), Edited: ecs.Fields(row), Unsure: ecs.Fields(row >> 8), Attempts: int32(row >> 4),
				Code: kind, Message: name, RequestID: id, Started: history.Moment(at), Finished: history.Moment(int64(row) << 40),
			}
		}
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
		got, err := r.AppendJSON([]byte("x"))
		if err != nil || string(got)+"\n" != "x"+want.String() {
			t.Errorf("got %s, %v\nwant x%s", got, err, want.String())
		}
	})
}
