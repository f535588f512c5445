package manifest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/manifest"
)

var lineBreaks = []string{"\n", "\r\n", "\r", "\r\r\n"}

// broken is a manifest in which each ⏎ is the end of a line and each ⤶ a break
// in a cell.
const broken = "# by hand⏎image_id,region_id,image_name,description,note⏎m-1,r,a,\"first⤶second\",⏎#m-9, no⏎m-2,r,b,,\"x⤶y⤶z\"⏎m-3,r,\"bad⤶c\",d,⏎m-4,r,e,f,g⏎"

// breaks puts line breaks in their places, and returns the same manifest with LF
// too. A CR in a cell of a file whose lines do not end in CR is no line there
// either: editors do not count it.
func breaks(next func(i int) string) (text, inLF string) {
	i := 0
	first := next(0)
	var a, b strings.Builder
	for _, r := range broken {
		if r != '⏎' && r != '⤶' {
			a.WriteRune(r)
			b.WriteRune(r)
			continue
		}
		a.WriteString(next(i))
		if r == '⤶' && next(i) == "\r" && first != "\r" {
			b.WriteByte('\r')
		} else {
			b.WriteByte('\n')
		}
		i++
	}
	return a.String(), b.String()
}

// inCells are the breaks of the manifest that are in cells.
var inCells = []int{2, 5, 6, 8}

// oneBreak makes each break in values the same.
var oneBreak = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// seen is what a file says, with each break in its values the same.
func seen(t *testing.T, f *manifest.File) []string {
	t.Helper()
	var all []string
	for _, row := range f.Rows {
		all = append(all, oneBreak.Replace(fmt.Sprintf("%d: %s %s|%s|%s", row.Line, row.ImageID, row.Want.ImageName, row.Want.Description, row.Note)))
		for _, p := range row.Invalid {
			all = append(all, fmt.Sprintf("%d: %s", p.Line, p.Column))
		}
	}
	return all
}

// TestLineBreaks reads one manifest with every kind of line ends and breaks in
// cells. A cell keeps one break, and lines are counted as an editor does.
func TestLineBreaks(t *testing.T) {
	o := manifest.Options{Check: fussy, SkipInvalid: true}
	for _, end := range lineBreaks {
		for _, inner := range lineBreaks {
			t.Run(fmt.Sprintf("%q and %q", end, inner), func(t *testing.T) {
				text, inLF := breaks(func(i int) string {
					if slices.Contains(inCells, i) {
						return inner
					}
					return end
				})
				want := seen(t, read(t, inLF, o))
				f := read(t, text, o)
				if end == "\r" && inner == "\r\r\n" {
					want := []string{"3: this line ends in CR CR LF, but the first in CR; the rest of the file was not read" +
						" | does the file mix kinds of line breaks? save it with one"}
					if diff := cmp.Diff(want, lines(f.Problems)); diff != "" {
						t.Errorf("problems (-want +got):\n%s", diff)
					}
					return
				}
				if diff := cmp.Diff(want, seen(t, f)); diff != "" || len(f.Problems) > 0 {
					t.Errorf("problems %q, rows (-want +got):\n%s", lines(f.Problems), diff)
				}
			})
		}
	}
}

// TestBlankLinesCount has blank lines between the rows of each kind.
func TestBlankLinesCount(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r", "\r\r\n", "\r\r\r\n"} {
		f := read(t, strings.ReplaceAll("# 5\" \n"+header+"\n\n\nm-1,r,,\"a\n\nb\",\n\nm-2,r,,c,\n", "\n", end), manifest.Options{})
		if got := seen(t, f); len(f.Problems) > 0 || cmp.Diff([]string{"6: m-1 a\n\nb||", "10: m-2 c||"}, got) != "" {
			t.Errorf("%q: %q, problems %q", end, got, lines(f.Problems))
		}
	}
}

func TestStrayCR(t *testing.T) {
	const problem = "a CR in the line that is not in quotes; the rest of the file was not read" +
		" | does the file mix kinds of line breaks? save it with one"
	for _, tt := range []struct{ name, csv, want string }{
		{"two rows in one line", header + "m-1,r,,a,\rm-2,r,,b,\n", "2: " + problem},
		{"a row in a comment", header + "# note\rm-1,r,,a,\nm-2,r,,b,\n", "2: " + problem},
		{"a comment before the header", "# x\n# y\r# z\n" + header, "2: " + problem},
		{"in the header", "# c\nimage_id,region_id\r,image_name\nm-1,r,a\n", "2: " + problem},
		{"a row that ends in CR CR LF among others", header + "m-1,r,,a,\nm-2,r,,b,x\r\r\nm-3,r,,c,\n", "3: " + problem},
		{"behind a quoted cell", header + "m-1,r,,a,\"b\nc\"\r\r\nm-3,r,,c,\n", "3: " + problem},
		{"in a row over several lines", header + "m-1,r,,\"a\nb\",c\rm-2,r,,\"d\n e\",f\n", "3: " + problem},
		{"at the end, without LF", "image_id,region_id,image_name,x_a\r\r\nm-1,r,a,b\r\rm-2,r,c,d\r\r\n", "2: " + problem},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := read(t, tt.csv, manifest.Options{SkipInvalid: true})
			if got := strings.Join(lines(f.Problems), "\n"); !strings.HasPrefix(got, tt.want) {
				t.Errorf("problems %s\nwant     %s", got, tt.want)
			}
		})
	}
}

// FuzzLineBreaks mixes line ends and breaks in cells: the rows are those of the
// file with LF alone, or the file is refused.
func FuzzLineBreaks(f *testing.F) {
	for a := range lineBreaks {
		for b := range lineBreaks {
			f.Add([]byte{byte(a), byte(b), byte(a), byte(b), byte(b)})
			f.Add([]byte{byte(a), byte(a), byte(b), byte(a)})
		}
	}
	o := manifest.Options{Check: fussy, SkipInvalid: true}
	f.Fuzz(func(t *testing.T, choice []byte) {
		if len(choice) == 0 {
			return
		}
		text, inLF := breaks(func(i int) string { return lineBreaks[choice[i%len(choice)]%4] })
		want := seen(t, read(t, inLF, o))
		got := read(t, text, o)
		if len(got.Problems) > 0 {
			if line := got.Problems[0].Line; len(got.Problems) > 1 || line < 1 || line > 12 || got.Problems[0].Hint() == "" {
				t.Errorf("%q: %q", text, lines(got.Problems))
			}
			return
		}
		if diff := cmp.Diff(want, seen(t, got)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	})
}
