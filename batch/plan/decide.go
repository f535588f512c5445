package plan

import (
	"errors"
	"strings"

	"imgrename/batch/ecs"
)

// decide plans the lane: what each row means by itself, then which row waits
// for which, then the order, then what a person should know.
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

// strand marks rows that are held back while their image has its temporary
// name: that matters more than what holds them back.
func (b *board) strand() {
	for i := range b.entries {
		if e := &b.entries[i]; e.own && e.held() {
			e.row.Verdict, e.row.Problem = Stranded, stranded(e)
		}
	}
}

// giveUp holds back all rows of a lane that could not be read, for that reason
// unless they have their own.
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

// unread returns the verdict on the rows of a lane that could not be listed.
func unread(err error) (Outcome, *Problem) {
	p := &Problem{Code: Unreachable, Message: err.Error()}
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		p.Code = e.ReportCode()
		p.Message = strings.Replace(p.Message, ": "+p.Code, "", 1) // reports show it beside the message
	}
	switch ecs.Classify(err) {
	case ecs.Refused, ecs.Forbidden, ecs.Down:
		return Failed, p
	default:
		return Pending, p
	}
}
