package page

import (
	"cmp"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/report"
)

// A sheet is all that a page says, in order.
type sheet struct {
	*Page
	Verdict verdict
	Ended   *ended // nil before a run
	Looks   []look
	Rules   []rule
	Thin    []thin
	Notices []notice
	Order   order
	Groups  []group
	lanes   []string // by lane, as sentences name it
	ruleOf  []int    // by row: the rule it is listed under, -1 for none
	strange []bool   // by row: it is an outlier
}

// newSheet finds what there is to say about a page.
func newSheet(p *Page) *sheet {
	s := &sheet{Page: p, lanes: laneNames(p.Plan)}
	s.sort()
	s.Looks = s.looks()
	s.Verdict = s.verdict()
	if p.Results != nil {
		s.Ended = s.ended()
	}
	s.Rules = s.rules()
	s.Thin = s.thin()
	s.Notices = s.notices()
	s.Order = s.order()
	s.Groups = s.groups()
	return s
}

// laneNames returns the region of each lane, with its account if there are
// several.
func laneNames(p *plan.Plan) []string {
	first := ""
	several := false
	for _, l := range p.Lanes {
		first = cmp.Or(first, l.Account)
		several = several || l.Account != "" && l.Account != first
	}
	names := make([]string, len(p.Lanes))
	for i, l := range p.Lanes {
		names[i] = l.Region
		if several {
			names[i] = l.String()
		}
	}
	return names
}

// sort finds the rule of each row, and the outliers. A row may have a rule for
// each of its attributes: it is listed under that of its name.
func (s *sheet) sort() {
	s.ruleOf = slices.Repeat([]int{-1}, len(s.Plan.Rows))
	s.strange = make([]bool, len(s.Plan.Rows))
	for i := range s.Review.Rules {
		r := &s.Review.Rules[i]
		for _, row := range r.Rows {
			if s.ruleOf[row] < 0 || r.Attribute == ecs.ImageName {
				s.ruleOf[row] = i
			}
		}
	}
	for i := range s.Review.Outliers {
		s.strange[s.Review.Outliers[i].Row] = true
	}
}

// A row is one row of the manifest. Its texts are printable.
type row struct {
	Line   int
	Place  string
	ID     string
	Name   string // the image's name, if it is not edited
	Edits  []edit
	Result *result // nil before a run
}

// An edit is an attribute of a row that changes.
type edit struct {
	Attribute string // empty for the name
	Known     bool   // what the old value is
	Old, New  value
}

// A value is a printable text of which a part changes, in UTF-16 units.
type value struct {
	Text     string
	From, To int
}

// Part returns the part that changes.
func (v value) Part() string { return sliceUTF16(v.Text, v.From, v.To) }

// row returns what is shown of a row of the plan.
func (s *sheet) row(i int) row {
	r := &s.Plan.Rows[i]
	shown := row{
		Line: r.Line, ID: report.Printable(r.ImageID),
		Place: report.Printable(cmp.Or(s.lanes[r.Lane], r.RegionID)),
		Edits: edits(r),
	}
	if len(shown.Edits) == 0 || shown.Edits[0].Attribute != "" {
		shown.Name = report.Printable(cmp.Or(r.Old.ImageName, r.Condition().ImageName))
	}
	if s.Results != nil {
		shown.Result = resultOf(&s.Results[i])
	}
	return shown
}

// edits returns the edits of a row, the name's first.
func edits(r *plan.Row) []edit {
	set := r.Old.Changes(ecs.Attributes(r.Want))
	known := *r.Old != (ecs.Attributes{})
	all := make([]edit, 0, 1)
	for a := range set.Fields().All() {
		old := *r.Old.Field(a)
		if !known {
			condition := ecs.Attributes(r.Condition())
			old = *condition.Field(a)
		}
		e := compare(report.Printable(old), report.Printable(*set.Field(a)))
		e.Known = known || old != ""
		if a != ecs.ImageName {
			e.Attribute = a.String()
		}
		all = append(all, e)
	}
	return all
}
