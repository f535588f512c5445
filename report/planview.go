package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// Changes writes a plan for a person. For each lane it lists what would change,
// with the old and the new value of each attribute, and draws chains and rings
// in the order of their steps; then it says which rows cannot be done, and why.
// Warnings and risks follow. Lines are at most 80 columns wide, unless a single
// value is wider.
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
	for _, notices := range [][]plan.Notice{p.Warnings, p.Risks} {
		v.notices(notices)
		if len(notices) > 0 {
			fmt.Fprintln(v.w)
		}
	}
	return v.w.Flush()
}

// Notices writes some of a plan's warnings and risks, as [Changes] does.
func Notices(w io.Writer, p *plan.Plan, notices []plan.Notice) error {
	v := &planView{w: bufio.NewWriter(w), plan: p}
	v.notices(notices)
	return v.w.Flush()
}

// A planView writes one plan. Its buffer keeps the first error of the writer.
type planView struct {
	w    *bufio.Writer
	plan *plan.Plan
	// ids and names are the widths of the current lane's columns.
	ids, names int
}

// paragraph is the indent of the lines that continue a text.
var paragraph = []string{"    "}

// write writes lines without trailing spaces.
func (v *planView) write(lines []string) {
	for _, line := range lines {
		fmt.Fprintln(v.w, strings.TrimRight(line, " "))
	}
}

// text writes words, breaking lines at spaces.
func (v *planView) text(head, words string) {
	v.write(fill(head, paragraph, strings.Split(words, " ")...))
}

func (v *planView) lane(lane int, chains, held []int) {
	changes := 0
	for _, c := range chains {
		changes += rowsOf(&v.plan.Chains[c])
	}
	v.write(fill("", paragraph, append(title(v.plan.Lanes[lane]), plan.Count(changes, "change"))...))
	v.measure(chains)
	for _, c := range chains {
		v.chain(&v.plan.Chains[c])
	}
	for _, row := range held {
		v.problem(&v.plan.Rows[row])
	}
	fmt.Fprintln(v.w)
}

// title names a lane above its changes. A row that could not be read may have no
// region, and a lane that could not be read may have no account.
func title(l plan.Lane) []string {
	region := cmp.Or(Printable(l.Region), "(no region)")
	if l.Account == "" {
		return []string{region + ":"}
	}
	return []string{region + ",", "account " + Printable(l.Account) + ":"}
}

// rowsOf counts the rows of a chain. In a ring, a row may have several steps.
func rowsOf(c *plan.Chain) int {
	if !c.Ring {
		return len(c.Steps)
	}
	rows := 0
	for _, s := range c.Steps {
		if s.Set.ImageName != "" && !s.Park {
			rows++
		}
	}
	return rows
}

// measure sets the widths of the columns of ids and old names.
func (v *planView) measure(chains []int) {
	v.ids, v.names = 0, 0
	for _, c := range chains {
		for _, s := range v.plan.Chains[c].Steps {
			row := &v.plan.Rows[s.Row]
			v.ids = widest(v.ids, Printable(row.ImageID))
			v.names = widest(v.names, Printable(row.Old.ImageName))
		}
	}
}

func (v *planView) chain(c *plan.Chain) {
	for i, before := range NamesBefore(v.plan, c) {
		mark, below := gutter(c, i)
		v.step(c.Steps[i], before, mark, below)
	}
	if len(c.After) > 0 {
		v.after(c.After)
	}
}

// gutter returns what is drawn to the left of a step's first line, and of its
// further lines. It shows the order: ┌│└ runs down a path, ╭│╰ down a ring, and
// a single step has none.
func gutter(c *plan.Chain, step int) (mark, below string) {
	first, end := "┌", "└"
	if c.Ring {
		first, end = "╭", "╰"
	}
	switch last := len(c.Steps) - 1; {
	case last == 0:
		return " ", " "
	case step == 0:
		return first, "│"
	case step == last:
		return end, " "
	default:
		return "│", "│"
	}
}

func (v *planView) step(s plan.Step, before, mark, below string) {
	row := &v.plan.Rows[s.Row]
	head := mark + " " + pad(Printable(row.ImageID), v.ids) + "  "
	indents := []string{below + strings.Repeat(" ", v.ids+3), below + "   "}
	old, name := Printable(before), Printable(s.Set.ImageName)
	pieces := []string{old}
	if name != "" {
		pieces = []string{pad(old, v.names), "→ " + name}
	}
	if s.Park {
		pieces = append(pieces, "(temporary)")
	}
	v.write(fill(head, indents, pieces...))
	for field := range s.Set.Fields().Without(ecs.ImageName).All() {
		v.field(indents, field, *row.Old.Field(field), *s.Set.Field(field))
	}
}

func (v *planView) field(indents []string, field ecs.Attribute, before, after string) {
	old := "(empty)"
	if before != "" {
		old = quoted(before)
	}
	further := []string{indents[0] + "  ", indents[1]}
	v.write(fill(indents[0]+field.String()+": ", further, old, "→ "+quoted(after)))
}

func quoted(s string) string { return `"` + Printable(s) + `"` }

// after names the first images of up to three of the chains that a chain comes
// after.
func (v *planView) after(chains []int) {
	const most = 3
	var words []string
	for _, c := range chains[:min(most, len(chains))] {
		words = append(words, Printable(v.plan.Rows[v.plan.Chains[c].Steps[0].Row].ImageID))
	}
	text := strings.Join(words, ", ")
	if more := len(chains) - len(words); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	v.text(strings.Repeat(" ", v.ids+4), "(after "+text+")")
}

// problem says why a row cannot be done.
func (v *planView) problem(row *plan.Row) {
	subject := shownID(cmp.Or(row.ImageID, row.Condition().ImageName))
	pieces := []string{subject}
	if row.Want.ImageName != "" {
		pieces = append(pieces, "→ "+Printable(row.Want.ImageName))
	}
	pieces[len(pieces)-1] += ":"
	pieces = append(pieces, row.Verdict.String(), fmt.Sprintf("(line %d)", row.Line))
	v.write(fill("× ", paragraph, pieces...))
	v.text("    ", Printable(join(row.Problem.Code, row.Problem.Message)))
	if hint := row.Problem.Hint(); hint != "" {
		v.text("    hint: ", hint)
	}
}

// notices writes warnings, or risks with the words that allow them.
func (v *planView) notices(notices []plan.Notice) {
	for _, n := range notices {
		head := "warning: "
		if n.Kind.Risk() {
			head = "risk " + n.Kind.String() + ": "
		}
		v.text(head, Printable(v.laneName(n.Lane)+": "+n.Text))
	}
}

// laneName returns a lane's region, with its account if there are several.
func (v *planView) laneName(lane int) string {
	l := v.plan.Lanes[lane]
	other := func(o plan.Lane) bool { return o.Account != "" && o.Account != l.Account }
	if slices.ContainsFunc(v.plan.Lanes, other) {
		return l.String()
	}
	return l.Region
}
