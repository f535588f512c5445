package report_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// odd are pieces that names and texts are made of.
var odd = []string{
	"a", "web-", "数据库", "镜像", " ", "  ", "é", "e\u0301", "🚀", "👍🏽", "☁\uFE0F", "ไทย", "→", "\"", "\\", "\uE81E",
	"\x1b[31m", "\r", "\n", "\t", "\x00", "\u009b", "\u202E", "\u200B", "\u200D", "\U000E0041", "\xff", "\xed\xa0\x80", "%s", "%!d",
}

// A dicer makes plans at random.
type dicer struct{ *rand.Rand }

func (d dicer) word(pieces int) string {
	var b strings.Builder
	for range d.IntN(pieces + 1) {
		b.WriteString(odd[d.IntN(len(odd))])
	}
	return b.String()
}

// size is mostly small: few values fill a screen.
func (d dicer) size() int {
	if d.IntN(8) == 0 {
		return 40
	}
	return 5
}

func (d dicer) attributes() ecs.Attributes {
	v := ecs.Attributes{ImageName: d.word(d.size()) + fmt.Sprint(d.IntN(1000)), Status: ecs.Available}
	if d.IntN(3) == 0 {
		v.Description, v.ImageFamily = d.word(d.size()), d.word(2)
	}
	return v
}

// plan is of one or two lanes: paths, rings, single rows, strangers.
func (d dicer) plan() *plan.Plan {
	lanes := make([]plan.Inventory, 1+d.IntN(2))
	var rows []plan.Request
	for l := range lanes {
		lanes[l].Lane = plan.Lane{Account: "100" + fmt.Sprint(l) + d.word(1), Region: "cn-" + d.word(1)}
		images := make([]ecs.Image, 1+d.IntN(8))
		for i := range images {
			images[i] = ecs.Image{ID: fmt.Sprintf("m-%d%d%s", l, i, d.word(1)), Attributes: d.attributes(), Shared: d.IntN(4) == 0}
		}
		lanes[l].Images = images
		for i := range images {
			row := manifest.Row{Line: len(rows) + 2, ImageID: images[i].ID, Note: d.word(3), Want: values(d.attributes())}
			switch d.IntN(8) {
			case 0:
				row.Want.ImageName = ""
			case 1:
				row.ImageID, row.Current = "", &manifest.Values{ImageName: images[i].ImageName}
			case 2:
				row.ImageID += d.word(2)
			case 3:
				row.Current = &manifest.Values{Description: d.word(4)}
			case 4, 5, 6:
				row.Want.ImageName = images[d.IntN(len(images))].ImageName
			}
			rows = append(rows, plan.Request{Row: &row, Lane: l})
		}
	}
	return plan.New(rows, lanes)
}

// shown are all single values that a plan's view may hold, as they are shown.
func shown(p *plan.Plan) []string {
	var all []string
	add := func(s string) {
		if s = report.Printable(s); s != "" {
			all = append(all, s)
		}
	}
	for i := range p.Rows {
		row := &p.Rows[i]
		add(row.ImageID)
		for _, v := range []ecs.Attributes{*row.Old, ecs.Attributes(row.Want), ecs.Attributes(row.Condition())} {
			for _, value := range v.All() {
				add(value)
			}
		}
	}
	for i := range p.Chains {
		for _, s := range p.Chains[i].Steps {
			for _, value := range s.Set.All() {
				add(value)
			}
		}
	}
	return all
}

// checkView says what is wrong with the view of a plan, "" if nothing is.
func checkView(p *plan.Plan, view string) string {
	// Beside a value a line has an indent of 4, an arrow, two quotes, a colon
	// and what follows without a space.
	const beside = 12
	values := shown(p)
	for line := range strings.SplitSeq(view, "\n") {
		switch found := unprintable(line); {
		case found != "":
			return fmt.Sprintf("%q has %s", line, found)
		case line != strings.TrimRight(line, " "):
			return fmt.Sprintf("%q ends in a blank", line)
		case width(line) <= 80:
			continue
		case !holdsWide(line, values, 80-beside):
			return fmt.Sprintf("%d columns for no reason: %q", width(line), line)
		}
	}
	return ""
}

// holdsWide tells whether a line holds a word of one of the values that leaves
// no room for anything else.
func holdsWide(line string, values []string, room int) bool {
	for _, v := range values {
		if width(v) > room && strings.Contains(line, strings.TrimRight(v, " ")) {
			return true
		}
	}
	for word := range strings.SplitSeq(strings.TrimLeft(line, " "), " ") { // of a message
		if width(word) > room {
			return true
		}
	}
	return false
}

func FuzzChanges(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, seed, "名", "\x1b]0;x\a")
	}
	f.Fuzz(func(t *testing.T, one, two uint64, name, message string) {
		p := dicer{rand.New(rand.NewPCG(one, two))}.plan()
		p.Rows[0].Want.ImageName = name
		if q := p.Rows[len(p.Rows)-1].Problem; q != nil {
			q.Message = message
		}
		view := changes(t, p)
		if wrong := checkView(p, view); wrong != "" {
			t.Errorf("%s\n%s", wrong, view)
		}
		for c := range report.Steps(p) {
			if len(c.Values) == 0 || c.ImageID == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}

// No row, no step and no reason is lost on the way to the screen, whatever the
// names are.
func TestChangesShowEverything(t *testing.T) {
	const rounds = 1_000
	rings, held := 0, 0
	for seed := range uint64(rounds) {
		p := dicer{rand.New(rand.NewPCG(seed, 7))}.plan()
		view := changes(t, p)
		if wrong := checkView(p, view); wrong != "" {
			t.Fatalf("seed %d: %s\n%s", seed, wrong, view)
		}
		words := strings.Join(strings.Fields(view), " ")
		for i := range p.Rows {
			if row := &p.Rows[i]; row.Problem != nil {
				held++
				if !strings.Contains(words, fmt.Sprintf("%s (line %d)", row.Verdict, row.Line)) {
					t.Fatalf("seed %d: line %d is not held back\n%s", seed, row.Line, view)
				}
			}
		}
		steps := 0
		for i := range p.Chains {
			steps += len(p.Chains[i].Steps)
			if p.Chains[i].Ring {
				rings++
			}
		}
		if got := stepsDrawn(p, view); got != steps {
			t.Fatalf("seed %d: %d of %d steps are drawn\n%s", seed, got, steps, view)
		}
	}
	if rings < 20 || held < 500 {
		t.Errorf("the dice are loaded: %d rings, %d rows held back", rings, held)
	}
}

// stepsDrawn counts the lines that begin with a gutter and an id.
func stepsDrawn(p *plan.Plan, view string) int {
	ids := make(map[string]bool)
	for i := range p.Rows {
		ids[strings.TrimRight(report.Printable(p.Rows[i].ImageID), " ")] = true
	}
	n := 0
	for line := range strings.SplitSeq(view, "\n") {
		runes := []rune(line)
		if len(runes) < 3 || !strings.ContainsRune(" ┌│└╭╰", runes[0]) || runes[1] != ' ' || runes[2] != 'm' {
			continue
		}
		rest := string(runes[2:])
		for id := range ids {
			if rest == id || strings.HasPrefix(rest, id+" ") {
				n++
				break
			}
		}
	}
	return n
}

// Nothing of a report gets to a terminal as it is.
func TestTextShowsNothingRaw(t *testing.T) {
	for seed := range uint64(300) {
		d := dicer{rand.New(rand.NewPCG(seed, 8))}
		p := d.plan()
		r := report.Report{Plan: p, Results: make([]history.Result, len(p.Rows))}
		for i := range r.Results {
			r.Results[i] = history.Result{Outcome: plan.Failed, Code: d.word(2), Message: d.word(9)}
		}
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if found := unprintable(line); found != "" {
				t.Fatalf("seed %d: %q has %s", seed, line, found)
			}
		}
		b.Reset()
		if err := r.JSONL(&b); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			var got report.Line
			if err := json.Unmarshal([]byte(line), &got); err != nil || unprintable(strings.TrimSuffix(line, "\n")) != "" {
				t.Fatalf("seed %d: %q: %v", seed, line, err)
			}
		}
	}
}
