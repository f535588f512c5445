package page

import "testing"

func TestCompare(t *testing.T) {
	for _, test := range []struct{ name, old, wanted, oldPart, newPart string }{
		{"a prefix goes", "packer-web", "web", "packer-", ""},
		{"a digit", "web-2025", "web-2026", "5", "6"},
		{"something is put in", "web-1", "web-x-1", "", "x-"},
		{"a letter in common by chance", "packer-web-1", "prod-golden", "packer-web-1", "prod-golden"},
		{"nothing in common", "abc", "xyz", "abc", "xyz"},
		{"a letter with its mark", "cafe\u0301", "cafe", "e\u0301", "e"},
		{"the mark of another letter", "a\u0301", "e\u0301", "a\u0301", "e\u0301"},
		{"beyond the first plane", "a😀b", "a😁b", "😀", "😁"},
		{"ends that overlap", "aa", "aaa", "", "a"},
		{"empty", "", "web", "", "web"},
		{"the same", "web", "web", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := compare(test.old, test.wanted)
			if got, want := e.Old.Part(), test.oldPart; got != want {
				t.Errorf("old: %q, want %q", got, want)
			}
			if got, want := e.New.Part(), test.newPart; got != want {
				t.Errorf("new: %q, want %q", got, want)
			}
		})
	}
}
