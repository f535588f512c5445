package runs

import (
	"strings"
	"testing"
	"time"
)

func TestValidID(t *testing.T) {
	start := time.Date(2026, 11, 23, 3, 15, 2, 0, time.UTC)
	for _, tt := range []struct {
		name, id string
		want     bool
	}{
		{"as made", newID(start), true},
		{"made in another zone", newID(start.In(time.FixedZone("", 8*3600))), true},
		{"as documented", "r-20261123-031502-7f3a", true},
		{"nothing", "", false},
		{"upper case", "r-20261123-031502-7F3A", false},
		{"no such day", "r-20261131-031502-7f3a", false},
		{"a second with a fraction", "r-20261123-0315.2-7f3a", false},
		{"other separators", "r_20261123_031502_7f3a", false},
		{"longer", "r-20261123-031502-7f3ab", false},
		{"a folder above", "../x", false},
		{"a folder above, of the right length", "r-20261123-031502-/../", false},
		{"a control character", "r-20261123-031502-7f3\x1b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := validID(tt.id); got != tt.want {
				t.Errorf("validID(%q) = %v", tt.id, got)
			}
		})
	}
	if id := newID(start.In(time.FixedZone("", 8*3600))); !strings.HasPrefix(id, "r-20261123-031502-") {
		t.Errorf("newID = %s, want the time in UTC", id)
	}
}
