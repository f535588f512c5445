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
	"imgrename/batch/review"
)

// A View shows a plan to a person. The zero value of its further fields is for a
// file. Lines are at most 80 columns wide, or Columns if that is less, unless a
// single value is wider. The facts do not depend on the further fields.
type View struct {
	Plan    *plan.Plan
	Review  *review.Review // of the plan
	Columns int            // of the terminal; 0 for a file
	Color   bool
	// Folded says that the rows are not listed beside the review, which then says
	// why a row cannot be done.
	Folded bool
	Tongue Tongue // of hints
}

// WriteChanges lists for each lane what would change, with the old and the new value
// of each attribute, and draws chains and rings in the order of their steps; then
// it says which rows cannot be done, and why.
func (view View) WriteChanges(w io.Writer) error {
	v := view.on(w)
	chains := make([][]int, len(v.Plan.Lanes))
	for i := range v.Plan.Chains {
		lane := v.Plan.Chains[i].Lane
		chains[lane] = append(chains[lane], i)
	}
	held := make([][]int, len(v.Plan.Lanes))
	for i := range v.Plan.Rows {
		if v.Plan.Rows[i].Problem != nil {
			held[v.Plan.Rows[i].Lane] = append(held[v.Plan.Rows[i].Lane], i)
		}
	}
	for lane := range v.Plan.Lanes {
		if len(chains[lane])+len(held[lane]) > 0 {
			v.lane(lane, chains[lane], held[lane])
		}
	}
	return v.w.Flush()
}

// WriteNotices writes some of the plan's warnings and risks.
func (view View) WriteNotices(w io.Writer, notices []plan.Notice) error {
	v := view.on(w)
	v.notices(notices)
	return v.w.Flush()
}

// A planView writes one plan. Its buffer keeps the first error of the writer.
type planView struct {
	View
	layout
	w   *bufio.Writer
	odd map[int]bool // the rows with a name that fits no rule
	// ids and names are the widths of the current lane's columns.
	ids, names int
}

// narrowest is the least width that lines are laid out for.
const narrowest = 30

func (view View) on(w io.Writer) *planView {
	v := &planView{View: view, layout: screen, w: bufio.NewWriter(w), odd: make(map[int]bool)}
	if view.Columns > 0 {
		v.layout = layout(min(screen, max(narrowest, view.Columns)))
	}
	if view.Review == nil {
		v.Review = new(review.Review)
	}
	for _, o := range v.Review.Outliers {
		if o.Attribute == ecs.ImageName {
			v.odd[o.Row] = true
		}
	}
	return v
}

// paint colours a text if the terminal has colours.
func (v *planView) paint(c color, text string) string {
	if !v.Color {
		return text
	}
	return c.on(text)
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
	v.write(v.fill(head, paragraph, strings.Split(words, " ")...))
}

func (v *planView) lane(lane int, chains, held []int) {
	changes := 0
	for _, c := range chains {
		changes += rowsOf(&v.Plan.Chains[c])
	}
	v.write(v.fill("", paragraph, append(title(v.Plan.Lanes[lane]), plan.Count(changes, "change"))...))
	v.measure(chains)
	for _, c := range chains {
		v.chain(&v.Plan.Chains[c])
	}
	for _, row := range held {
		v.problem(&v.Plan.Rows[row])
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
		for _, s := range v.Plan.Chains[c].Steps {
			row := &v.Plan.Rows[s.Row]
			v.ids = widestOn(int(v.layout), v.ids, Printable(row.ImageID))
			v.names = widestOn(int(v.layout), v.names, Printable(row.Old.ImageName))
		}
	}
}

func (v *planView) chain(c *plan.Chain) {
	for i, before := range NamesBefore(v.Plan, c) {
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
	row := &v.Plan.Rows[s.Row]
	head := mark + " " + pad(Printable(row.ImageID), v.ids) + "  "
	indents := []string{below + strings.Repeat(" ", v.ids+3), below + "   "}
	old, name := Printable(before), Printable(s.Set.ImageName)
	pieces := []string{old}
	if name != "" {
		pieces = []string{pad(v.paint(struck, old), v.names), "→ " + v.paint(v.fresh(s.Row), name)}
	}
	if s.Park {
		pieces = append(pieces, "(temporary)")
	}
	v.write(v.fill(head, indents, pieces...))
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
	v.write(v.fill(indents[0]+field.String()+": ", further, v.paint(struck, old), "→ "+v.paint(green, quoted(after))))
}

// fresh returns the colour of a row's new name.
func (v *planView) fresh(row int) color {
	if v.odd[row] {
		return yellow
	}
	return green
}

func quoted(s string) string { return `"` + Printable(s) + `"` }

// after names the first images of up to three of the chains that a chain comes
// after.
func (v *planView) after(chains []int) {
	const most = 3
	var words []string
	for _, c := range chains[:min(most, len(chains))] {
		words = append(words, Printable(v.Plan.Rows[v.Plan.Chains[c].Steps[0].Row].ImageID))
	}
	text := strings.Join(words, ", ")
	if more := len(chains) - len(words); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	v.text(strings.Repeat(" ", v.ids+4), "(after "+text+")")
}

// problem says that a row cannot be done, and why.
func (v *planView) problem(row *plan.Row) {
	v.held(row, fmt.Sprintf("(line %d)", row.Line))
	v.reason(row)
}

// held says that a row cannot be done.
func (v *planView) held(row *plan.Row, where string) {
	subject := shownID(cmp.Or(row.ImageID, row.Condition().ImageName))
	pieces := []string{subject}
	if row.Want.ImageName != "" {
		pieces = append(pieces, "→ "+Printable(row.Want.ImageName))
	}
	pieces[len(pieces)-1] += ":"
	pieces = append(pieces, row.Verdict.String(), where)
	v.write(v.fill("× ", paragraph, pieces...))
}

// reason says why a row cannot be done, and what to do.
func (v *planView) reason(row *plan.Row) {
	v.text("    ", Printable(join(row.Problem.Code, row.Problem.Message)))
	for _, line := range v.Tongue.Hints(row.Problem.Hint()) {
		v.text("    ", line)
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
func (view View) laneName(lane int) string {
	l := view.Plan.Lanes[lane]
	other := func(o plan.Lane) bool { return o.Account != "" && o.Account != l.Account }
	if slices.ContainsFunc(view.Plan.Lanes, other) {
		return l.String()
	}
	return l.Region
}
