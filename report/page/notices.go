package page

import (
	"imgrename/batch/plan"
	"imgrename/report"
)

// A notice is what somebody besides the reader will notice.
type notice struct {
	Tag string
	At  string // empty if it is about all lanes
	Say phrase
}

func (s *sheet) notices() (all []notice) {
	for _, list := range [][]plan.Notice{s.Plan.Risks, s.Plan.Warnings} {
		for i := range list {
			if n := &list[i]; !alike(n) {
				all = append(all, notice{n.Kind.String(), report.Printable(s.lanes[n.Lane]), sayNotice(n)})
			}
		}
	}
	if n := len(s.Review.InUse); n > 0 {
		all = append(all, notice{Tag: "in-use", Say: s.inUse()})
	}
	return all
}

func sayNotice(n *plan.Notice) phrase {
	switch n.Kind {
	case plan.FamilyMoves:
		return say(bootsOther, code(n.Family), code(n.Before), code(n.After))
	case plan.DeprecateLast:
		return say(bootsNone, code(n.Family), code(n.Before))
	default:
		return quote(n.Text)
	}
}

func (s *sheet) inUse() phrase {
	rows := s.Review.InUse
	var ids []code
	for _, i := range rows[:min(examples, len(rows))] {
		ids = append(ids, code(s.Plan.Rows[i].ImageID))
	}
	return say(usedBy, counted{len(rows), "image"}, listed(ids, len(rows)))
}
