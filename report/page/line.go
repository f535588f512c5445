package page

import (
	"cmp"
	"fmt"
	"strings"
)

// lookText returns a look in one line.
func lookText(l *look) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** ", text(l.Tag))
	if l.Row == nil {
		fmt.Fprintf(&b, "%s: %s", spanOr(l.At), text(l.Why))
		return b.String()
	}
	fmt.Fprintf(&b, "%s; ", rowText(l.Row))
	for _, e := range l.Row.Edits {
		if changed := e.changed(); !l.near && !changed.Empty() { // a near miss says more
			fmt.Fprintf(&b, "%s; ", text(changed))
		}
	}
	b.WriteString(text(l.Why))
	if !l.Hint.Empty() {
		b.WriteString("; " + text(l.Hint))
	}
	return b.String()
}

// changed says which part of a value changes, if something else stays.
func (e *edit) changed() phrase {
	old, name := e.Old.Part(), e.New.Part()
	if !e.Known || len(old) == len(e.Old.Text) || len(name) == len(e.New.Text) {
		return phrase{}
	}
	return say(changedPart, partOf(old), partOf(name))
}

func partOf(s string) any {
	if s == "" {
		return noPart
	}
	return code(s)
}

// rowText returns a row in one line: where it is, which image, what changes, and
// how it ended.
func rowText(r *row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d, %s, %s:", r.Line, spanOr(r.Place), spanOr(r.ID))
	if r.Name != "" {
		b.WriteString(" " + span(r.Name))
	}
	for i, e := range r.Edits {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(" " + editText(&e))
	}
	if r.Result != nil {
		fmt.Fprintf(&b, "; **%s**", r.Result.Outcome)
		if why := text(quote(r.Result.Code, r.Result.Message)); why != "" {
			b.WriteString(" " + why)
		}
	}
	return strings.TrimRight(b.String(), ":")
}

func editText(e *edit) string {
	s := "→ " + spanOr(e.New.Text)
	if e.Known {
		s = spanOr(e.Old.Text) + " " + s
	}
	if e.Attribute != "" {
		s = e.Attribute + " " + s
	}
	return s
}

// spanOr returns a value that may be empty.
func spanOr(s string) string { return text(phrase{English: []piece{valuePiece(s, english)}}) }

func ruleText(r *rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d. %s %s: %s\n", r.Number, cmp.Or(r.Attribute, "name"), span(r.Pattern), text(r.Size))
	if r.First.Line > 0 {
		fmt.Fprintf(&b, "   - %s %s\n", text(say(ruleFirst, r.First.Line)), editsText(r.First.Edits))
	}
	if r.Last.Line > 0 {
		fmt.Fprintf(&b, "   - %s %s\n", text(say(ruleLast, r.Last.Line)), editsText(r.Last.Edits))
	}
	if !r.Coverage.Empty() {
		fmt.Fprintf(&b, "   - %s\n", text(r.Coverage))
	}
	return b.String()
}

func editsText(edits []edit) string {
	var all []string
	for i := range edits {
		all = append(all, editText(&edits[i]))
	}
	return strings.Join(all, ", ")
}

func chainText(c *chain) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- %s, %s\n", text(c.Title), spanOr(c.At))
	for _, st := range c.Steps {
		fmt.Fprintf(&b, "  %d. line %d, %s: %s", st.Number, st.Line, spanOr(st.ID), spanOr(st.Old))
		if st.New != "" {
			fmt.Fprintf(&b, " → %s", span(st.New))
		}
		if st.Park {
			fmt.Fprintf(&b, " (%s)", text(say(temporary)))
		}
		if st.Others != "" {
			fmt.Fprintf(&b, " (%s)", st.Others)
		}
		b.WriteString("\n")
	}
	for _, g := range c.Gaps {
		fmt.Fprintf(&b, "  - %s\n", text(g))
	}
	return b.String()
}
