package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

var here = plan.Lane{Account: "1001", Region: "cn-hangzhou"}

type values = manifest.Values

func image(id, name string) ecs.Image {
	return ecs.Image{ID: id, Attributes: ecs.Attributes{ImageName: name, Status: ecs.Available}}
}

func with(i ecs.Image, edit func(*ecs.Image)) ecs.Image {
	edit(&i)
	return i
}

func rename(id, name string) manifest.Row { return edit(id, values{ImageName: name}) }

func edit(id string, want values) manifest.Row {
	return manifest.Row{ImageID: id, RegionID: here.Region, Want: want}
}

func byName(old, name string) manifest.Row {
	return manifest.Row{RegionID: here.Region, Current: &values{ImageName: old}, Want: values{ImageName: name}}
}

// requests numbers rows from line 2, as below a header.
func requests(rows ...manifest.Row) []plan.Request {
	all := make([]plan.Request, len(rows))
	for i := range rows {
		row := rows[i]
		row.Line = i + 2
		all[i] = plan.Request{Row: &row}
	}
	return all
}

// planOf plans rows of one lane.
func planOf(images []ecs.Image, rows ...manifest.Row) *plan.Plan {
	return plan.New(requests(rows...), []plan.Inventory{{Lane: here, Images: images}})
}

// changes is the plan as a person sees it.
func changes(t testing.TB, p *plan.Plan) string {
	t.Helper()
	var b strings.Builder
	v := report.View{Plan: p}
	if err := v.WriteChanges(&b); err != nil {
		t.Fatal(err)
	}
	for _, notices := range [][]plan.Notice{p.Warnings, p.Risks} {
		if err := v.WriteNotices(&b, notices); err != nil {
			t.Fatal(err)
		}
		if len(notices) > 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// width counts columns in the way of a terminal of no locale in particular.
func width(s string) int {
	c := runewidth.Condition{StrictEmojiNeutral: true}
	return c.StringWidth(s)
}

// forbidden are ranges of characters that must never reach a reader, written
// down from the security rules and not from Unicode's tables.
var forbidden = []struct {
	name        string
	first, last rune
}{
	{"C0", 0, 0x1F},
	{"delete", 0x7F, 0x7F},
	{"C1", 0x80, 0x9F},
	{"soft hyphen", 0xAD, 0xAD},
	{"grapheme joiner", 0x34F, 0x34F},
	{"Arabic letter mark", 0x61C, 0x61C},
	{"Hangul fillers", 0x115F, 0x1160},
	{"Khmer inherent vowels", 0x17B4, 0x17B5},
	{"Mongolian selectors", 0x180B, 0x180F},
	{"zero-width, LRM, RLM", 0x200B, 0x200F},
	{"separators, bidi embeddings and overrides", 0x2028, 0x202E},
	{"word joiner, invisible operators, bidi isolates", 0x2060, 0x206F},
	{"Hangul filler", 0x3164, 0x3164},
	{"noncharacters", 0xFDD0, 0xFDEF},
	{"variation selectors", 0xFE00, 0xFE0E},
	{"byte order mark", 0xFEFF, 0xFEFF},
	{"halfwidth filler", 0xFFA0, 0xFFA0},
	{"specials", 0xFFF0, 0xFFFB},
	{"more noncharacters", 0xFFFE, 0xFFFF},
	{"musical controls", 0x1D173, 0x1D17A},
	{"tags", 0xE0000, 0xE007F},
	{"further variation selectors", 0xE0100, 0xE01EF},
}

// unprintable returns what must not be in a line, "" if there is nothing.
func unprintable(line string) string {
	for i, r := range line {
		if r == '\uFFFD' && !strings.HasPrefix(line[i:], "\uFFFD") {
			return fmt.Sprintf("byte %#x at %d", line[i], i)
		}
		for _, class := range forbidden {
			if class.first <= r && r <= class.last {
				return fmt.Sprintf("%U (%s) at %d", r, class.name, i)
			}
		}
	}
	return ""
}

var (
	began = time.Date(2026, 11, 23, 11, 15, 2, 7_900_000, time.FixedZone("CST", 8*3600))
	ended = began.Add(1500 * time.Millisecond)
)

func applied(request string) history.Result {
	return history.Result{Outcome: plan.Applied, RequestID: request, Attempts: 1, Started: history.MomentOf(began), Finished: history.MomentOf(ended)}
}

// eastAsian makes the whole process believe that its locale is Chinese.
func eastAsian(t *testing.T) {
	before := *runewidth.DefaultCondition
	runewidth.EastAsianWidth, runewidth.DefaultCondition.EastAsianWidth = true, true
	t.Cleanup(func() {
		runewidth.EastAsianWidth, *runewidth.DefaultCondition = before.EastAsianWidth, before
	})
}
