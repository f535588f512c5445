package history_test

import (
	"encoding/json"
	"testing"
	"time"

	"imgrename/batch/history"
)

func TestMoment(t *testing.T) {
	for _, test := range []struct{ time, want string }{
		{"2026-11-23T03:15:02.000000001Z", "2026-11-23T03:15:02.000000001Z"},
		{"2026-11-23T11:15:02+08:00", "2026-11-23T03:15:02Z"},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"}, // none
		{"1677-01-01T00:00:00Z", "1677-09-21T00:12:43.145224192Z"},
		{"9999-01-01T00:00:00Z", "2262-04-11T23:47:16.854775807Z"},
	} {
		at, err := time.Parse(time.RFC3339Nano, test.time)
		if err != nil {
			t.Fatal(err)
		}
		m := history.MomentOf(at)
		if got := m.Time().Format(time.RFC3339Nano); got != test.want || m.IsZero() != at.IsZero() {
			t.Errorf("%s is %s, want %s", test.time, got, test.want)
		}
		var again history.Moment
		if text, err := json.Marshal(m); err != nil || string(text) != `"`+test.want+`"` || json.Unmarshal(text, &again) != nil || again != m {
			t.Errorf("%s is written as %s, %v, and read as %s", test.want, text, err, again.Time())
		}
	}
	if err := json.Unmarshal([]byte(`"yesterday"`), new(history.Moment)); err == nil {
		t.Error("yesterday was read")
	}
}
