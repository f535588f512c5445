package page

import (
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/report"
)

// A look is what a person should look at before all else: an edit or a row, or a
// notice about several images.
type look struct {
	Tag  phrase
	Tone tone
	Row  *row   // nil for a notice
	At   string // the lane of a notice
	Why  phrase
	Hint phrase
	near bool // it is a near miss, and Why names the part
}

// looks returns what [review.Review.LookAt] counts.
func (s *sheet) looks() (all []look) {
	for i := range s.Review.Outliers {
		all = append(all, s.outlier(&s.Review.Outliers[i]))
	}
	for i := range s.Plan.Rows {
		if s.Plan.Rows[i].Problem != nil {
			all = append(all, s.heldBack(i))
		}
	}
	for i := range s.Plan.Risks {
		all = append(all, s.notable(tagRisk, &s.Plan.Risks[i]))
	}
	for i := range s.Plan.Warnings {
		if n := &s.Plan.Warnings[i]; alike(n) {
			all = append(all, s.notable(tagAlike, n))
		}
	}
	return all
}

func alike(n *plan.Notice) bool { return n.Kind == plan.LookAlike || n.Kind == plan.CaseOnly }

func (s *sheet) outlier(o *review.Outlier) look {
	shown := s.row(o.Row)
	shown.Result = nil
	shown.Edits = slices.DeleteFunc(shown.Edits, func(e edit) bool { return e.Attribute != shownAttribute(o.Attribute) })
	if o.Attribute != ecs.ImageName || len(shown.Edits) == 0 {
		shown.Name = report.Printable(s.Plan.Rows[o.Row].Old.ImageName)
	}
	tag := tagOutlier
	if o.Near >= 0 {
		tag = tagNear
		markUnlike(shown.Edits, report.Printable(o.Got))
	}
	return look{Tag: say(tag), Tone: caution, Row: &shown, Why: s.why(o), near: o.Near >= 0}
}

// markUnlike marks the part of the new value in which a near miss differs from
// its rule: that is what to look at, not what changes.
func markUnlike(edits []edit, got string) {
	for i := range edits {
		if e := &edits[i]; e.New.mark(got) {
			e.Old.From, e.Old.To = 0, 0
		}
	}
}

// shownAttribute names an attribute beside its value; a name needs none.
func shownAttribute(a ecs.Attribute) string {
	if a == ecs.ImageName {
		return ""
	}
	return a.String()
}

// why says in words of the page what [review.Review.Why] says.
func (s *sheet) why(o *review.Outlier) phrase {
	if o.Near < 0 {
		return say(whyNoRule)
	}
	near := &s.Review.Rules[o.Near]
	rows, pattern := counted{len(near.Rows), "row"}, s.pattern(near)
	switch {
	case o.Got == "" && o.Want == "":
		return say(whyKept, rows, pattern)
	case o.Want == "":
		return say(whyTooMuch, code(o.Got), rows, pattern)
	case o.Got == "":
		return say(whyLacks, code(o.Want), rows, pattern)
	case strings.Trim(o.Want, "#") == "":
		return say(whyDigits, code(o.Got), rows, pattern, counted{len(o.Want), "digit"})
	default:
		return say(whyOther, code(o.Got), rows, pattern, code(o.Want))
	}
}

// pattern is a rule's pattern, with its attribute unless that is the name.
func (s *sheet) pattern(r *review.Rule) phrase {
	pattern := quote(r.Pattern())
	if r.Attribute == ecs.ImageName {
		return pattern
	}
	return join(own(r.Attribute.String()+" "), pattern)
}

func (s *sheet) heldBack(i int) look {
	r := &s.Plan.Rows[i]
	shown := s.row(i)
	shown.Result = nil
	l := look{Tag: outcome(r.Verdict.String()), Tone: bad, Row: &shown, Why: quote(r.Problem.Code, r.Problem.Message)}
	if h := r.Problem.Hint(); h != "" {
		l.Hint = say(hint, own(h))
	}
	return l
}

// notable returns a notice that should be looked at.
func (s *sheet) notable(tag word, n *plan.Notice) look {
	name := say(tag)
	if n.Kind.Risk() {
		name = join(name, own(" "+n.Kind.String()))
	}
	return look{Tag: name, Tone: bad, At: report.Printable(s.lanes[n.Lane]), Why: quote(n.Text)}
}
