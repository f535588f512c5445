package manifest

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"text", "17:image_name: 镜像 é 😀 \"x\"", "17:image_name: 镜像 é 😀 \"x\""},
		{"C0 and DEL", "a\x00\x1b[0m\n\x7f", `a\x00\x1b[0m\n\x7f`},
		{"C1", "\u0085\u009b", `\u0085\u009b`},
		{"bidirectional", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069", `\u061c\u200e\u200f\u202a\u202e\u2066\u2069`},
		{"zero-width", "\u200b\u200c\u200d\u2060\ufeff", `\u200b\u200c\u200d\u2060\ufeff`},
		{"tags", "\U000e0001\U000e0041", `\U000e0001\U000e0041`},
		{"line separators and odd spaces", "\u2028\u2029\u00a0\u3000", `\u2028\u2029\u00a0\u3000`},
		{"invalid UTF-8 beside a replacement character", "\xff\ufffd", "\\xff\ufffd"},
		{"an apostrophe and a backslash", `'\n'`, `'\n'`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := printable(tt.in); got != tt.want {
				t.Errorf("printable(%q) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestQuoteIsShort(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"100 characters", strings.Repeat("中", 100), `"` + strings.Repeat("中", 100) + `"`},
		{"101 characters", strings.Repeat("中", 101), `"` + strings.Repeat("中", 100) + `"…`},
		{"a whole record", strings.Repeat("x", maxRecord), `"` + strings.Repeat("x", 100) + `"…`},
	} {
		if got := quote(tt.in); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}
