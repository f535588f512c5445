package review

import (
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Review is what a person should know of a plan before saying yes to it. It
// belongs to one plan: rows and lanes are indexes into that plan's. Its JSON is
// part of the plan file.
type Review struct {
	// Renames is how many rows ask for another name than the image has, be they
	// planned or held back.
	Renames int `json:"renames"`
	// Rules are what many rows have in common, those with the most rows first.
	// A row has one rule for each attribute that it asks to change. Plans with
	// fewer than MinRenames renames have no rules for names.
	Rules []Rule `json:"rules,omitempty"`
	// Outliers are edits that fit no larger rule: near misses first, then in
	// the order of the rows.
	Outliers []Outlier `json:"outliers,omitempty"`
	// InUse are the planned rows whose image instances were made from.
	InUse []int `json:"in_use,omitempty"`
	// Images is how many images each lane has.
	Images []int `json:"images,omitempty"`
}

// MinRenames is how many renames a plan has at least for its names to be
// reviewed by rules.
const MinRenames = 10

// A Rule is what the edits of some rows have in common: for names, a pattern of
// the old one and one of the new; for other attributes the same value, or the
// same template over the name.
type Rule struct {
	Attribute ecs.Attribute `json:"attribute"`
	// Left and Right are the patterns of the old and the new value: * is a part
	// that is kept, # a number, other characters are themselves. Words in braces
	// stand for the rest: {word} for letters and digits, {1} for the first star
	// if the parts come in another order, {created:2006-01-02} for the creation
	// time, {region} or {region:2} for the region's id or a part of it, {digits}
	// or {digits:1-4} for those that are dropped on the left, {#+1} for a number
	// that counts on. For other attributes Left is {empty} or {any} where there
	// is no one old value; if Right has a star, Left is of the image's name.
	Left  string `json:"left"`
	Right string `json:"right"`
	// Rows are the rows of the rule, planned, held back or done before, in the
	// plan's order; never empty.
	Rows []int `json:"rows"`
	// Thin are the lanes in which the rule has conspicuously few rows, or none,
	// beside the plan's other lanes. Only the largest rules are looked at.
	Thin []int `json:"thin,omitempty"`
	// Uncovered are images of the plan's lanes that fit Left and that no row
	// names: the first MaxUncovered of them. UncoveredCount is how many there
	// are in all. An image counts for one rule, and not at all for a Left that
	// would fit any name, or if it has a name as the rule makes it already.
	Uncovered      []Image `json:"uncovered,omitempty"`
	UncoveredCount int     `json:"uncovered_count,omitempty"`
}

// MaxUncovered is how many uncovered images a rule lists.
const MaxUncovered = 100

// Pattern returns the rule in one text, such as "packer-* → *".
func (r *Rule) Pattern() string { return r.Left + " → " + r.Right }

// ByLane counts the rule's rows in each lane of its plan.
func (r *Rule) ByLane(p *plan.Plan) []int {
	counts := make([]int, len(p.Lanes))
	for _, row := range r.Rows {
		counts[p.Rows[row].Lane]++
	}
	return counts
}

// An Image is an image that no row names.
type Image struct {
	Lane int    `json:"lane"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// An Outlier is an edit that fits no larger rule of the plan.
type Outlier struct {
	Row       int           `json:"row"`
	Attribute ecs.Attribute `json:"attribute"`
	// Near is the rule, an index into Review.Rules, from which the edit differs
	// in one small part: a near miss. It is -1 if there is none.
	Near int `json:"near"`
	// Got and Want are the part in which a near miss differs from its rule; a #
	// in Want is any digit. One of them may be empty: a part that is missing or
	// too much. Both are if the row keeps a name that the rule would change.
	Got  string `json:"got,omitempty"`
	Want string `json:"want,omitempty"`
}

// LookAt counts what a person should look at before all else: outliers, rows
// that are held back, risks, and names that look alike.
func (r *Review) LookAt(p *plan.Plan) int {
	n := len(r.Outliers) + len(p.Risks)
	for i := range p.Rows {
		if p.Rows[i].Problem != nil {
			n++
		}
	}
	for _, w := range p.Warnings {
		if w.Kind == plan.LookAlike || w.Kind == plan.CaseOnly {
			n++
		}
	}
	return n
}

// NoCommonRule reports whether the plan has many renames and no rule for them:
// names made up one by one, which only reading all rows can check.
func (r *Review) NoCommonRule() bool {
	return r.Renames >= MinRenames && !slices.ContainsFunc(r.Rules, func(rule Rule) bool { return rule.Attribute == ecs.ImageName })
}

// Of reviews a plan. lanes are the inventories that it was made of: one for each
// of its lanes, in their order. The plan may have more, which could not be
// listed. Of is pure; time and memory grow in proportion to rows and images.
func Of(p *plan.Plan, lanes []plan.Inventory) *Review {
	r := &Review{Images: make([]int, len(p.Lanes))}
	for i := range min(len(lanes), len(p.Lanes)) {
		r.Images[i] = len(lanes[i].Images)
	}
	d := draft{Review: r, plan: p, places: findPlaces(p, lanes)}
	d.make()
	return r
}
