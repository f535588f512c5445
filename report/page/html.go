package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
)

//go:embed html/page.tmpl
var pageTemplate string

//go:embed html/page.css
var style string

//go:embed html/page.js
var script string

// A document is a sheet with what the template needs besides.
type document struct {
	*sheet
	Style     template.CSS
	Script    template.JS
	StyleSum  string
	ScriptSum string
}

// writeHTML writes the page. The policy in it lets a browser run the page's own
// script and nothing else, and connect to nowhere.
func writeHTML(w io.Writer, s *sheet) error {
	t, err := template.New("page").Funcs(template.FuncMap{"say": sayByName}).Parse(pageTemplate)
	if err != nil {
		return err
	}
	return t.Execute(w, document{s, template.CSS(style), template.JS(script), sum(style), sum(script)})
}

// sum is a text's hash as a Content-Security-Policy has it.
func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(hash[:])
}

// labels are the sentences that the template names.
var labels = map[string]word{
	"ended": partEnded, "needs": needs, "needsNone": needsNone, "timeline": timeline, "notRecorded": notRecorded,
	"looks": partLooks, "looksNone": looksNone, "rules": partRules, "first": ruleFirst, "last": ruleLast,
	"thin": partThin, "thinNone": thinNone, "notices": partNotices, "noticesNone": noticesNone,
	"order": partOrder, "rows": partRows, "apply": partApply, "cannotKnow": cannotKnow, "temporary": temporary,
	"filter": filter, "filterHint": filterHint, "shown": shown, "unfold": unfold, "fold": fold, "empty": emptyValue,
}

func sayByName(name string, args ...any) phrase { return say(labels[name], args...) }

// chunk is how many rows a browser lays out at once.
const chunk = 100

// Chunks divides the rows of a group.
func (g group) Chunks() [][]int { return slices.Collect(slices.Chunk(g.Rows, chunk)) }

// Open reports whether a group is unfolded at first.
func (g group) Open() bool { return g.kept || len(g.Rows) <= 2*chunk }

// Size says how many rows a group has.
func (g group) Size() phrase { return amount(counted{len(g.Rows) + g.Left, "row"}) }

// Omitted says how many rows of a group are left out.
func (g group) Omitted() phrase {
	if g.Left == 0 {
		return phrase{}
	}
	return say(rowsLeftOut, counted{g.Left, "row"})
}

// Title is the heading of the page.
func (d document) Title() phrase { return d.title() }

// Plain is the heading without marks, for the window.
func (d document) Plain() string {
	title := ""
	for _, p := range d.title().English {
		title += p.Text
	}
	return title
}

// Row is row i of the plan.
func (d document) Row(i int) row { return d.row(i) }

// NoRules says why there is no rule.
func (d document) NoRules() phrase { return d.noRules() }

// ApplySays introduces the command.
func (d document) ApplySays() phrase { return d.applySays() }

// Command is what to type next.
func (d document) Command() string { return d.command() }

// Limits are what the page cannot know.
func (d document) Limits() []phrase { return limits() }

// Marked reports whether a part of the value changes and another part stays.
func (v value) Marked() bool { return v.To > v.From && v.To-v.From < lengthUTF16(v.Text) }

// MoreNeeds says how many rows that need a person are not listed.
func (e *ended) MoreNeeds() phrase {
	if e.More == 0 {
		return phrase{}
	}
	return say(moreNeed, counted{e.More, "row"})
}

// NotDrawn says how many chains are not drawn.
func (o order) NotDrawn() phrase {
	if o.More == 0 {
		return phrase{}
	}
	return say(orderMore, counted{o.More, "chain"})
}
