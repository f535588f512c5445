package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// screen is the width that the plan is laid out for, in columns.
const screen = 80

// Changes writes a plan for a person: lane by lane what would change, old and
// new value of each attribute, with the chains and rings drawn in the order of
// their steps; then what is held back and why, the warnings and the risks.
// Lines are at most 80 columns wide, unless a value alone is wider.
func Changes(w io.Writer, p *plan.Plan) error {
	v := &planView{w: bufio.NewWriter(w), plan: p}
	chains := make([][]int, len(p.Lanes))
	for i := range p.Chains {
		lane := p.Chains[i].Lane
		chains[lane] = append(chains[lane], i)
	}
	held := make([][]int, len(p.Lanes))
	for i := range p.Rows {
		if p.Rows[i].Problem != nil {
			held[p.Rows[i].Lane] = append(held[p.Rows[i].Lane], i)
		}
	}
	for lane := range p.Lanes {
		if len(chains[lane])+len(held[lane]) > 0 {
			v.lane(lane, chains[lane], held[lane])
		}
	}
	v.notices(p.Warnings)
	v.notices(p.Risks)
	return v.w.Flush()
}

// A planView writes one plan. Errors of the writer are kept by its buffer.
type planView struct {
	w    *bufio.Writer
	plan *plan.Plan
}

func (v *planView) line(format string, args ...any) { fmt.Fprintf(v.w, format+"\n", args...) }

func (v *planView) lane(lane int, chains, held []int) {
	changes := 0
	for _, c := range chains {
		changes += rowsOf(&v.plan.Chains[c])
	}
	l := v.plan.Lanes[lane]
	v.line("%s, account %s: %s", Printable(l.Region), Printable(l.Account), number(changes, "change"))
	ids, names := v.laneWidths(chains)
	for _, c := range chains {
		v.chain(&v.plan.Chains[c], ids, names)
	}
	for _, row := range held {
		v.heldBack(&v.plan.Rows[row])
	}
	v.line("")
}

// rowsOf counts the rows of a chain: in a ring they have several steps.
func rowsOf(c *plan.Chain) int {
	rows := make(map[int]bool, len(c.Steps))
	for _, s := range c.Steps {
		rows[s.Row] = true
	}
	return len(rows)
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// laneWidths are the columns that ids and old names get. Names wider than a
// third of the screen do not push the others apart.
func (v *planView) laneWidths(chains []int) (ids, names int) {
	for _, c := range chains {
		for _, s := range v.plan.Chains[c].Steps {
			row := &v.plan.Rows[s.Row]
			ids = max(ids, runewidth.StringWidth(Printable(row.ImageID)))
			if width := runewidth.StringWidth(Printable(row.Old.ImageName)); width <= screen/3 {
				names = max(names, width)
			}
		}
	}
	return ids, names
}

// chain draws the steps of a chain. Its gutter tells the order: ─ stands alone,
// ┌│└ runs down a path, ╭│╰ down a ring.
func (v *planView) chain(c *plan.Chain, ids, names int) {
	last := len(c.Steps) - 1
	for i, s := range c.Steps {
		first, inner, end := "┌", "│", "└"
		if c.Ring {
			first, end = "╭", "╰"
		}
		mark, below := inner, inner
		switch {
		case last == 0:
			mark, below = " ", " "
		case i == 0:
			mark = first
		case i == last:
			mark, below = end, " "
		}
		v.step(s, mark, below, ids, names, nameBefore(v.plan, c, i))
	}
}

func (v *planView) step(s plan.Step, mark, below string, ids, names int, before string) {
	row := &v.plan.Rows[s.Row]
	head := mark + " " + pad(Printable(row.ImageID), ids) + "  "
	indent := below + " " + strings.Repeat(" ", ids) + "  "
	switch {
	case s.Set.ImageName == "":
		v.line("%s%s", head, Printable(before))
	default:
		after := Printable(s.Set.ImageName)
		if s.Park {
			after += " (for the time being)"
		}
		v.change(head, indent, pad(Printable(before), names), after)
	}
	for field, value := range s.Set.All() {
		if value != "" && field != ecs.ImageName {
			v.field(indent, field, *row.Old.Field(field), value)
		}
	}
}

// change writes old → new, on two lines if one is too narrow.
func (v *planView) change(head, indent, before, after string) {
	one := head + before + " → " + after
	if runewidth.StringWidth(one) <= screen {
		v.line("%s", one)
		return
	}
	v.line("%s%s", head, strings.TrimRight(before, " "))
	v.line("%s→ %s", indent, after)
}

func (v *planView) field(indent string, field ecs.Attribute, before, after string) {
	head := indent + field.String() + ": "
	if before == "" {
		v.change(head, indent+"  ", "(empty)", quoted(after))
		return
	}
	v.change(head, indent+"  ", quoted(before), quoted(after))
}

func quoted(s string) string { return `"` + Printable(s) + `"` }

// heldBack says why a row is not done.
func (v *planView) heldBack(row *plan.Row) {
	subject := row.ImageID
	if subject == "" {
		subject = row.Current.ImageName
	}
	wanted := ""
	if row.Want.ImageName != "" {
		wanted = " → " + row.Want.ImageName
	}
	v.line("× %s%s: %s (line %d)", Printable(subject), Printable(wanted), row.Verdict, row.Line)
	v.wrapped("    ", Printable(join(row.Problem.Code, row.Problem.Message)))
	if hint := row.Problem.Hint(); hint != "" {
		v.wrapped("    hint: ", hint)
	}
}

// notices writes warnings, or risks, each of them with the word that allows it.
func (v *planView) notices(notices []plan.Notice) {
	for _, n := range notices {
		head := "warning: "
		if n.Kind.Risk() {
			head = "risk " + n.Kind.String() + ": "
		}
		v.wrapped(head, Printable(v.laneName(n.Lane)+": "+n.Text))
	}
	if len(notices) > 0 {
		v.line("")
	}
}

// laneName is a lane's region, with the account where there are several.
func (v *planView) laneName(lane int) string {
	l := v.plan.Lanes[lane]
	for _, other := range v.plan.Lanes {
		if other.Account != l.Account {
			return l.String()
		}
	}
	return l.Region
}

// wrapped writes text in lines of the screen's width, broken at spaces; the
// lines after the first are indented by four.
func (v *planView) wrapped(head, text string) {
	line, empty := head, true
	for word := range strings.FieldsSeq(text) {
		space := " "
		if empty {
			space = ""
		}
		if !empty && runewidth.StringWidth(line+space+word) > screen {
			v.line("%s", line)
			line, space = "    ", ""
		}
		line += space + word
		empty = false
	}
	v.line("%s", line)
}

// pad fills s up to a width in columns, in which a Han character takes two.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-runewidth.StringWidth(s)))
}
