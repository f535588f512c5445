package report_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"imgrename/report"
)

func TestPrintable(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"plain text", "web-1.2_a:b ~!\"#", "web-1.2_a:b ~!\"#"},
		{"Chinese", "数据库-镜像，二〇二六　年", "数据库-镜像，二〇二六　年"},
		{"other scripts", "é ё ש ا ไทย 한국어 日本語", "é ё ש ا ไทย 한국어 日本語"},
		{"a letter and its mark apart", "e\u0301", "e\u0301"},
		{"emoji", "🚀✅👍🏽🇨🇳", "🚀✅👍🏽🇨🇳"},
		{"a coloured symbol", "☁\uFE0F⚠\uFE0F", "☁\uFE0F⚠\uFE0F"},
		{"a colour for a letter", "a\uFE0Fb", `a\ufe0fb`},
		{"two colours for a symbol", "☁\uFE0F\uFE0F", "☁\uFE0F" + `\ufe0f`},
		{"a colour for a byte", "\xff\uFE0F", `\xff\ufe0f`},
		{"private characters of GB 18030", "\uE81E\uF8FF\U000F0000", "\uE81E\uF8FF\U000F0000"},
		{"a replacement character that is there", "a\uFFFDb", "a\uFFFDb"},
		{"a backslash", `C:\x1b\n`, `C:\x1b\n`},
		{"line breaks and tab", "a\r\nb\tc", `a\r\nb\tc`},
		{"NUL", "a\x00b", `a\x00b`},
		{"bell and backspace", "\a\b", `\a\b`},
		{"a colour sequence", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"a title sequence", "\x1b]0;title\x07", `\x1b]0;title\a`},
		{"the last of C0", "\x1f", `\x1f`},
		{"delete", "a\x7fb", `a\x7fb`},
		{"C1 as characters", "\u0080\u0085\u009b31m\u009f", `\u0080\u0085\u009b31m\u009f`},
		{"C1 as bytes", "\x80\x85\x9b31m", `\x80\x85\x9b31m`},
		{"soft hyphen", "we\u00ADb", `we\u00adb`},
		{"Arabic letter mark", "\u061C", `\u061c`},
		{"marks of direction", "\u200E\u200F", `\u200e\u200f`},
		{"embeddings and overrides", "\u202A\u202B\u202C\u202D\u202E", `\u202a\u202b\u202c\u202d\u202e`},
		{"isolates", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"zero-width space and joiners", "a\u200Bb\u200Cc\u200Dd\u2060e", `a\u200bb\u200cc\u200dd\u2060e`},
		{"joined emoji", "👩\u200D💻", `👩\u200d💻`},
		{"byte order mark", "\uFEFFweb", `\ufeffweb`},
		{"grapheme joiner", "a\u034Fb", `a\u034fb`},
		{"fillers", "\u115F\u1160\u3164\uFFA0", `\u115f\u1160\u3164\uffa0`},
		{"variation selectors", "文\uFE00\U000E0100", `文\ufe00\U000e0100`},
		{"tags", "\U000E0001\U000E0041\U000E007F", `\U000e0001\U000e0041\U000e007f`},
		{"line and paragraph separators", "\u2028\u2029", `\u2028\u2029`},
		{"noncharacters", "\uFFFE\uFFFF\U0010FFFF", `\ufffe\uffff\U0010ffff`},
		{"a byte that begins nothing", "a\xffb\xfe", `a\xffb\xfe`},
		{"a character cut short", "文"[:2], `\xe6\x96`},
		{"overlong slash", "\xc0\xaf", `\xc0\xaf`},
		{"overlong escape", "\xe0\x80\x9b", `\xe0\x80\x9b`},
		{"overlong NUL", "\xf0\x80\x80\x80", `\xf0\x80\x80\x80`},
		{"lone surrogates", "\xed\xa0\x80\xed\xbf\xbf", `\xed\xa0\x80\xed\xbf\xbf`},
		{"beyond Unicode", "\xf4\x90\x80\x80", `\xf4\x90\x80\x80`},
		{"a real replacement beside a bad byte", "\uFFFD\xff", "\uFFFD" + `\xff`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := report.Printable(test.in)
			if got != test.want {
				t.Errorf("%+q, want %+q", got, test.want)
			}
			if again := report.Printable(got); again != got {
				t.Errorf("once more: %+q", again)
			}
		})
	}
}

func TestPrintableEscapesEveryCharacterOfTheForbiddenClasses(t *testing.T) {
	for _, class := range forbidden {
		for r := class.first; r <= class.last; r++ {
			if got := report.Printable("a" + string(r)); strings.ContainsRune(got, r) || len(got) < 3 {
				t.Errorf("%s: %U comes out as %q", class.name, r, got)
			}
		}
	}
}

// All of them must come out different, or one could be taken for another.
func TestPrintableKeepsCharactersApart(t *testing.T) {
	seen := make(map[string]rune)
	for r := range rune(utf8.MaxRune + 1) {
		if !utf8.ValidRune(r) || r == '\\' {
			continue
		}
		got := report.Printable(string(r))
		if other, ok := seen[got]; ok {
			t.Fatalf("%U and %U are both %q", other, r, got)
		}
		seen[got] = r
	}
	for b := 0x80; b < 0x100; b++ {
		got := report.Printable(string([]byte{byte(b)}))
		if other, ok := seen[got]; ok {
			t.Fatalf("byte %#x and %U are both %q", b, other, got)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{
		"web", "数据库", "\x1b[31m", "a\u202Eb", "\xff\xc0\xaf", "\uFFFD", "☁\uFE0F", "👩\u200D💻", "\xed\xa0\x80", "\U000E0041",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := report.Printable(s)
		if found := unprintable(got); found != "" || !utf8.ValidString(got) {
			t.Errorf("%+q comes out as %+q: %s", s, got, found)
		}
		if again := report.Printable(got); again != got {
			t.Errorf("%+q comes out as %+q, then as %+q", s, got, again)
		}
		if unprintable(s) == "" && len(got) < len(s) {
			t.Errorf("%+q lost something: %+q", s, got)
		}
	})
}

func TestCell(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"text", "web", "web"},
		{"equals", "=1+1", "'=1+1"},
		{"plus", "+1", "'+1"},
		{"minus", "-1", "'-1"},
		{"at", "@SUM(A1)", "'@SUM(A1)"},
		{"a quote is told from a guard", "'=1", "''=1"},
		{"a sign that does not lead", "a=1", "a=1"},
		{"a sign behind a blank", " =1", " =1"},
		{"a sign behind a tab", "\t=1", `\t=1`},
		{"a sign behind a carriage return", "\r=1", `\r=1`},
		{"a sign behind a line break", "\n=1", `\n=1`},
		{"a sign behind a byte order mark", "\uFEFF=1", `\ufeff=1`},
		{"a sign before something that is escaped", "=\x1b", `'=\x1b`},
		{"Chinese", "数据库", "数据库"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := report.Cell(test.in); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
