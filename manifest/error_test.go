package manifest

import (
	"strings"
	"testing"
)

func TestQuoteIsShortAndSeen(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"100 characters", strings.Repeat("中", 100), `"` + strings.Repeat("中", 100) + `"`},
		{"101 characters", strings.Repeat("中", 101), `"` + strings.Repeat("中", 100) + `"…`},
		{"a whole record", strings.Repeat("x", maxRecord), `"` + strings.Repeat("x", 100) + `"…`},
		{"what acts on terminals or is not seen", "a\x00\x1b[0m\n\x7f\u009b\u202e\u2066\u200b\ufeff\U000e0041\u2028\xff", `"a\x00\x1b[0m\n\x7f\u009b\u202e\u2066\u200b\ufeff\U000e0041\u2028\xff"`},
	} {
		if got := quote(tt.in); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}
