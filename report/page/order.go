package page

import (
	"maps"
	"slices"

	"imgrename/batch/plan"
	"imgrename/report"
)

// drawn is how many chains a page draws at most.
const drawn = 100

// An order is the chains and rings of a plan.
type order struct {
	Say    phrase
	Chains []chain // rings first
	More   int     // chains that are not drawn
}

// A chain is a chain or a ring of several steps.
type chain struct {
	Ring  bool
	Title phrase
	At    string
	Steps []step
	Gaps  []phrase
}

// A step is one call of a chain. Its texts are printable.
type step struct {
	Number   int
	Line     int
	ID       string
	Old, New string // names; New is empty if another attribute is set
	Others   string // the other attributes that are set
	Park     bool
}

func (s *sheet) order() order {
	var rings, paths []*plan.Chain
	for i := range s.Plan.Chains {
		switch c := &s.Plan.Chains[i]; {
		case c.Ring:
			rings = append(rings, c)
		case len(c.Steps) > 1:
			paths = append(paths, c)
		}
	}
	if len(rings)+len(paths) == 0 {
		return order{Say: say(orderNone)}
	}
	all := slices.Concat(rings, paths)
	o := order{
		Say:  say(orderSome, counted{len(rings), "ring"}, counted{len(paths), "chain"}),
		More: max(0, len(all)-drawn),
	}
	for _, c := range all[:len(all)-o.More] {
		o.Chains = append(o.Chains, s.chain(c))
	}
	return o
}

func (s *sheet) chain(c *plan.Chain) chain {
	shown := chain{Ring: c.Ring, Title: say(aChain, counted{len(c.Steps), "call"}), At: report.Printable(s.lanes[c.Lane])}
	if c.Ring {
		shown.Title = say(aRing, counted{len(c.Steps), "call"})
	}
	var names []string
	for i, name := range report.NamesBefore(s.Plan, c) {
		names = append(names, name)
		shown.Steps = append(shown.Steps, s.step(i, &c.Steps[i], name))
	}
	shown.Gaps = gaps(c, names)
	return shown
}

func (s *sheet) step(i int, planned *plan.Step, name string) step {
	r := &s.Plan.Rows[planned.Row]
	set := *planned.Set
	shown := step{
		Number: i + 1, Line: r.Line, ID: report.Printable(r.ImageID), Park: planned.Park,
		Old: report.Printable(name), New: report.Printable(set.ImageName),
	}
	set.ImageName = ""
	shown.Others = set.Fields().String()
	return shown
}

// gaps says for how many calls names that one step of a chain gives up and
// another one takes name no image. names are those before each step.
func gaps(c *plan.Chain, names []string) (all []phrase) {
	given := make(map[string]int)   // by name: the step that gives it up
	nowhere := make(map[int][]code) // by calls
	for i, planned := range c.Steps {
		name := planned.Set.ImageName
		if name == "" {
			continue
		}
		if at, ok := given[name]; ok && !plan.IsTemporary(name) {
			nowhere[i-at] = append(nowhere[i-at], code(name))
		}
		given[names[i]] = i
	}
	for _, calls := range slices.Backward(slices.Sorted(maps.Keys(nowhere))) {
		all = append(all, say(gap, counted{calls, "call"}, nowhere[calls]))
	}
	return all
}
