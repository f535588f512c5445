package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// Changes writes a plan for a person: lane by lane what would change, old and
// new value of each attribute, with the chains and rings drawn in the order of
// their steps; then what is held back and why, the warnings and the risks.
// Lines are at most 80 columns wide, but where a single value does not fit.
func Changes(w io.Writer, p *plan.Plan) error {
	v := &planView{w: bufio.NewWriter(w), plan: p}
	v.accounts = severalAccounts(p.Lanes)
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

// severalAccounts leaves out lanes of which no account is known.
func severalAccounts(lanes []plan.Lane) bool {
	one := ""
	for _, l := range lanes {
		if l.Account != "" && one != "" && l.Account != one {
			return true
		}
		one = cmp.Or(l.Account, one)
	}
	return false
}

// A planView writes one plan. Errors of the writer are kept by its buffer.
type planView struct {
	w        *bufio.Writer
	plan     *plan.Plan
	accounts bool // there are several
	// ids and names are the widths of the columns of the lane at hand.
	ids, names int
}

// paragraph is the indent of lines that go on with a text.
var paragraph = []string{"    "}

// write writes lines, without blanks at their ends.
func (v *planView) write(lines []string) {
	for _, line := range lines {
		fmt.Fprintln(v.w, strings.TrimRight(line, " "))
	}
}

// blank writes an empty line.
func (v *planView) blank() { fmt.Fprintln(v.w) }

// text writes words in lines that break at spaces.
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
		v.heldBack(&v.plan.Rows[row])
	}
	v.blank()
}

// title is a lane as the head of its changes. A row that could not be read may
// have no lane, and a lane that could not be read no account.
func title(l plan.Lane) []string {
	region := cmp.Or(Printable(l.Region), "(no region)")
	if l.Account == "" {
		return []string{region + ":"}
	}
	return []string{region + ",", "account " + Printable(l.Account) + ":"}
}

// rowsOf counts the rows of a chain: in a ring some have several steps.
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

// measure finds the widths of the columns of ids and of old names.
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
	for i, before := range namesBefore(v.plan, c) {
		mark, below := gutter(c, i)
		v.step(c.Steps[i], before, mark, below)
	}
	if len(c.After) > 0 {
		v.after(c.After)
	}
}

// gutter is what stands left of a step, and of the lines that belong to it.
// It tells the order: ┌│└ runs down a path, ╭│╰ down a ring, a step without
// stands alone.
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

// parkNote stands behind a temporary name.
const parkNote = "(for the time being)"

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
		pieces = append(pieces, parkNote)
	}
	v.write(fill(head, indents, pieces...))
	for field, value := range s.Set.All() {
		if value != "" && field != ecs.ImageName {
			v.field(indents, field, *row.Old.Field(field), value)
		}
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

// after names the first images of the chains that a chain comes after.
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

// heldBack says why a row is not done.
func (v *planView) heldBack(row *plan.Row) {
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

// notices writes warnings, or risks, each of them with the word that allows it.
func (v *planView) notices(notices []plan.Notice) {
	for _, n := range notices {
		head := "warning: "
		if n.Kind.Risk() {
			head = "risk " + n.Kind.String() + ": "
		}
		v.text(head, Printable(v.laneName(n.Lane)+": "+n.Text))
	}
	if len(notices) > 0 {
		v.blank()
	}
}

// laneName is a lane's region, with the account where there are several.
func (v *planView) laneName(lane int) string {
	if v.accounts {
		return v.plan.Lanes[lane].String()
	}
	return v.plan.Lanes[lane].Region
}
