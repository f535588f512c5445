package plan

import (
	"errors"
	"strings"

	"imgrename/batch/ecs"
)

// decide plans the lane: what each row means by itself, then who waits for
// whom, then the order, then what a person should know of it.
func (b *board) decide() {
	if b.lane.Unread != nil {
		b.giveUp()
		return
	}
	b.find()
	if b.large() {
		b.byID = nil
	}
	b.judge()
	b.link()
	b.block()
	first := len(b.plan.Chains)
	b.chain()
	b.strand()
	b.survey()
	b.sortFamilies(first)
	b.assess()
	b.warn()
}

// strand tells the rows apart that are held back while their image is under
// its temporary name: that has to be said, not that they wait for something.
func (b *board) strand() {
	for i := range b.entries {
		if e := &b.entries[i]; e.own && e.held() {
			e.row.Verdict, e.row.Problem = Stranded, left(e)
		}
	}
}

// giveUp gives all rows of a lane that could not be read the same verdict.
func (b *board) giveUp() {
	verdict, problem := unread(b.lane.Unread)
	for i := range b.entries {
		e := &b.entries[i]
		if len(e.row.Invalid) > 0 {
			e.hold(Refused, invalid(e.row))
		}
		b.recall(e)
		e.hold(verdict, problem)
	}
}

// unread is the verdict on the rows of a lane that could not be listed.
func unread(err error) (Outcome, *Problem) {
	p := &Problem{Code: Unreachable, Message: err.Error()}
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		p.Code = e.ReportCode()
		p.Message = strings.Replace(p.Message, ": "+p.Code, "", 1) // it stands beside the message
	}
	switch ecs.Classify(err) {
	case ecs.Refused, ecs.Forbidden, ecs.Down:
		return Failed, p
	default:
		return Pending, p
	}
}
