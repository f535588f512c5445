package review

import (
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// An edit is one row's old and new value of the attribute under review.
type edit struct {
	row    int32
	family int32
	// regional is the family that the edit belongs to if words that are parts of
	// the region's id are there for that reason; -1 if it has none.
	regional int32
	slots    int32 // the first in survey.slots
}

// A slot is a run of digits in a new value that is not kept from the old one.
type slot struct {
	start, end int32
	reasons    uint64 // explanations
}

// A survey finds the groups of rows whose edits of one attribute have a pattern
// in common.
type survey struct {
	plan     *plan.Plan
	places   *places
	values   func(*plan.Row) (old, new string, ok bool)
	reader   reader
	edits    []edit
	slots    []slot
	families []family
	index    map[string]int32 // families by key
	groups   []group
}

// names returns the old and the new name that a row speaks of, and reports
// whether there is something to compare. A row's condition says what its author
// saw: that counts also where the image has been renamed since.
func names(r *plan.Row) (old, new string, ok bool) {
	old, new = r.Condition().ImageName, r.Want.ImageName
	if old == "" {
		old = r.Old.ImageName
	}
	return old, new, old != "" && new != "" && old != new
}

// template returns a function that returns the image's name after the plan, and
// the value that a row wants for the attribute.
func template(a ecs.Attribute) func(*plan.Row) (name, value string, ok bool) {
	return func(r *plan.Row) (string, string, bool) {
		name, value := r.Want.ImageName, wanted(r, a)
		if name == "" {
			name = r.Old.ImageName
		}
		return name, value, name != "" && value != "" && changes(r, a)
	}
}

// changes reports whether a row asks for another value than the image has.
func changes(r *plan.Row, a ecs.Attribute) bool {
	want := wanted(r, a)
	return want != "" && !a.Same(*r.Old.Field(a), want)
}

// read reads the rows.
func (s *survey) read() {
	s.index = make(map[string]int32)
	for i := range s.plan.Rows {
		r := &s.plan.Rows[i]
		if _, _, ok := s.values(r); !ok {
			continue
		}
		if s.edits == nil {
			s.edits = make([]edit, 0, len(s.plan.Rows)-i)
		}
		s.set(i)
		e := edit{row: int32(i), regional: -1, family: s.familyOf(s.reader.key(false))}
		s.keepSlots(&e)
		if s.reader.regional() {
			e.regional = s.familyOf(s.reader.key(true))
		}
		s.edits = append(s.edits, e)
	}
	s.settle()
	s.arrange()
}

// set puts a row's edit into the reader.
func (s *survey) set(row int) {
	r := &s.plan.Rows[row]
	old, new, _ := s.values(r)
	s.reader.set(old, new, s.plan.Lanes[r.Lane].Region, s.places.created(row))
}

// keepSlots stores the slots of the reader's last key.
func (s *survey) keepSlots(e *edit) {
	e.slots = int32(len(s.slots))
	s.reader.explain()
	s.slots = append(s.slots, s.reader.slots...)
}

func (s *survey) familyOf(key []byte) int32 {
	f, ok := s.index[string(key)]
	if !ok {
		f = int32(len(s.families))
		k := string(key)
		s.index[k] = f
		s.families = append(s.families, family{key: k})
	}
	s.families[f].count++
	return f
}

// settle gives each edit the larger of its families.
func (s *survey) settle() {
	s.index = nil
	for i := range s.edits {
		e := &s.edits[i]
		if e.regional < 0 || s.families[e.regional].count <= s.families[e.family].count {
			continue
		}
		e.family = e.regional
		s.set(int(e.row))
		s.reader.key(true)
		s.keepSlots(e)
	}
}

// arrange lists the edits of each family, in the order of the rows.
func (s *survey) arrange() {
	for i := range s.families {
		s.families[i].count = 0
	}
	for i := range s.edits {
		s.families[s.edits[i].family].count++
	}
	order := make([]int32, len(s.edits))
	for i := range s.families {
		f := &s.families[i]
		f.edits, order = order[:0:f.count], order[f.count:]
	}
	for i := range s.edits {
		f := &s.families[s.edits[i].family]
		f.edits = append(f.edits, int32(i))
	}
}
