package page

import (
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

func (s *sheet) rulesPart() part {
	p := part{title: heading(2, say(partRules)), intro: paragraph(s.noRules()), noun: "rule", rank: rankRules}
	for i := range s.Rules {
		p.items = append(p.items, item{text: ruleText(&s.Rules[i])})
	}
	return p
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
