package page

import (
	"cmp"
	"fmt"
	"strings"
)

// The ranks of the parts: those with the highest are cut first.
const (
	whole int = iota
	rankNeeds
	rankLooks
	rankRules
	rankThin
	rankNotices
	rankOrder
	rankRows
)

// markdown returns the page as CommonMark.
func markdown(s *sheet) string {
	parts := s.parts()
	head := s.markdownHead(phrase{})
	room := MaxMarkdown - length(head)
	if !fit(parts, room) {
		head = s.markdownHead(s.cut())
		fit(parts, MaxMarkdown-length(head))
	}
	var b strings.Builder
	b.WriteString(head)
	for i := range parts {
		parts[i].write(&b)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// cut says that the page is not all, and where all is.
func (s *sheet) cut() phrase {
	rows := counted{len(s.Plan.Rows), "row"}
	if s.Info.Where == "" {
		return say(cutShort, rows)
	}
	return say(cutShortWhere, rows, code(s.Info.Where))
}

// text returns a phrase in English as Markdown.
func text(p phrase) string {
	var b strings.Builder
	for _, piece := range p.English {
		if piece.Value {
			b.WriteString(span(piece.Text))
		} else {
			b.WriteString(piece.Text)
		}
	}
	return b.String()
}

func heading(level int, p phrase) string { return strings.Repeat("#", level) + " " + text(p) + "\n" }

// markdownHead returns the verdict.
func (s *sheet) markdownHead(cut phrase) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", heading(1, s.title()), text(s.Verdict.Head))
	for _, line := range s.Verdict.Facts {
		var facts []string
		for _, fact := range line {
			facts = append(facts, text(fact))
		}
		fmt.Fprintf(&b, "- %s\n", strings.Join(facts, "; "))
	}
	if !cut.Empty() {
		fmt.Fprintf(&b, "- %s\n", text(cut))
	}
	b.WriteString("\n")
	return b.String()
}

func (s *sheet) title() phrase {
	if s.Info.Source == "" {
		return say(titleBare)
	}
	return say(title, code(s.Info.Source))
}

func (s *sheet) parts() []part {
	var parts []part
	if s.Ended != nil {
		parts = append(parts, s.endedPart(), s.needsPart())
	}
	return append(parts, s.looksPart(), s.rulesPart(), s.thinPart(), s.noticesPart(), s.orderPart(), s.rowsPart(), s.applyPart())
}

func paragraph(p phrase) string {
	if p.Empty() {
		return ""
	}
	return text(p) + "\n"
}

func (s *sheet) endedPart() part {
	p := part{title: heading(2, say(partEnded)), intro: paragraph(say(notRecorded))}
	for _, c := range s.Ended.Counts {
		p.items = append(p.items, item{text: fmt.Sprintf("- %d %s\n", c.Rows, text(c.Outcome))})
	}
	return p
}

func (s *sheet) needsPart() part {
	p := part{title: heading(2, say(needs)), noun: "row", rank: rankNeeds}
	if len(s.Ended.Needs) == 0 {
		p.intro = paragraph(say(needsNone))
	}
	for i := range s.Ended.Needs {
		p.items = append(p.items, item{text: fmt.Sprintf("%d. %s\n", i+1, rowText(&s.Ended.Needs[i]))})
	}
	if s.Ended.More > 0 {
		p.intro = paragraph(say(moreNeed, counted{s.Ended.More, "row"}))
	}
	return p
}

func (s *sheet) looksPart() part {
	p := part{title: heading(2, say(partLooks)), noun: "thing", rank: rankLooks}
	if len(s.Looks) == 0 {
		p.intro = paragraph(say(looksNone))
	}
	for i := range s.Looks {
		p.items = append(p.items, item{text: fmt.Sprintf("%d. %s\n", i+1, lookText(&s.Looks[i]))})
	}
	return p
}

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

func (s *sheet) rulesPart() part {
	p := part{title: heading(2, say(partRules)), intro: paragraph(s.noRules()), noun: "rule", rank: rankRules}
	for i := range s.Rules {
		p.items = append(p.items, item{text: ruleText(&s.Rules[i])})
	}
	return p
}

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

func (s *sheet) thinPart() part {
	p := part{title: heading(2, say(partThin)), noun: "rule", rank: rankThin}
	if len(s.Thin) == 0 {
		p.intro = paragraph(say(thinNone))
	}
	for _, t := range s.Thin {
		lines := "- " + text(t.Rule) + "\n"
		for _, lane := range t.Lanes {
			lines += "  - " + text(lane) + "\n"
		}
		p.items = append(p.items, item{text: lines})
	}
	return p
}

func (s *sheet) noticesPart() part {
	p := part{title: heading(2, say(partNotices)), noun: "thing", rank: rankNotices}
	if len(s.Notices) == 0 {
		p.intro = paragraph(say(noticesNone))
	}
	for _, n := range s.Notices {
		line := "- " + n.Tag
		if n.At != "" {
			line += " " + span(n.At)
		}
		p.items = append(p.items, item{text: line + ": " + text(n.Say) + "\n"})
	}
	return p
}

func (s *sheet) orderPart() part {
	p := part{title: heading(2, say(partOrder)), intro: paragraph(s.Order.Say), noun: "chain", rank: rankOrder}
	if s.Order.More > 0 {
		p.intro = paragraph(join(s.Order.Say, own(" "), say(orderMore, counted{s.Order.More, "chain"}), own(".")))
	}
	for i := range s.Order.Chains {
		p.items = append(p.items, item{text: chainText(&s.Order.Chains[i])})
	}
	return p
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

func (s *sheet) rowsPart() part {
	p := part{title: heading(2, say(partRows)), noun: "row", rank: rankRows}
	for _, g := range s.Groups {
		above := heading(3, g.Title) + "\n"
		if len(p.items) > 0 {
			above = "\n" + above
		}
		for _, i := range g.Rows {
			r := s.row(i)
			p.items = append(p.items, item{above, "- " + rowText(&r) + "\n"})
			above = ""
		}
	}
	return p
}

func (s *sheet) applyPart() part {
	p := part{title: heading(2, say(partApply)), intro: paragraph(s.applySays())}
	if command := s.command(); command != "" {
		p.intro += "\n" + block("sh", command)
	}
	p.items = append(p.items, item{above: heading(3, say(cannotKnow)) + "\n"})
	for _, limit := range limits() {
		p.items = append(p.items, item{text: "- " + text(limit) + "\n"})
	}
	return p
}
