package plan

import (
	"errors"
	"strings"

	"imgrename/batch/ecs"
)

// New decides what the rows mean for the images in lanes. Every row gets a
// verdict; the planned ones are put in order. New never fails: what cannot be
// done is the verdict of the row that asks for it. Time and memory grow in
// proportion to rows and images. New panics if a Request.Lane is not an index
// into lanes.
//
// Inventories of one lane (two profiles may belong to one account) count as
// one: the first that could be read stands for all, and all their rows get its
// index.
func New(rows []Request, lanes []Inventory) *Plan {
	return newBoard(nil, (*board).strand).build(rows, lanes)
}

// build makes a plan. If the board has a saved plan, its rows are held to that.
func (b *board) build(rows []Request, lanes []Inventory) *Plan {
	p := &Plan{
		Lanes: make([]Lane, len(lanes)), Rows: make([]Row, len(rows)),
		Chains: make([]Chain, 0, len(rows)), // growing the slice would copy it again and again
	}
	if b.saved != nil {
		p.Parked = b.saved.Parked
	}
	for i := range lanes {
		p.Lanes[i] = lanes[i].Lane
	}
	speaker := speakers(lanes)
	unknown := new(ecs.Attributes)
	for i, r := range rows {
		r.Lane = speaker[r.Lane]
		p.Rows[i] = Row{Request: r, ImageID: r.ImageID, Old: unknown}
		if b.saved != nil {
			p.Rows[i].ImageID, p.Rows[i].Old = b.saved.Rows[i].ImageID, b.saved.Rows[i].Old
		}
	}
	members := byLane(p)
	b.plan = p
	for lane, members := range members {
		if len(members) == 0 {
			continue
		}
		b.set(lane, &lanes[lane], members)
		b.decide()
		b.release()
	}
	if 2*len(p.Chains) < len(rows) {
		p.Chains = append([]Chain(nil), p.Chains...)
	}
	lookElsewhere(p, lanes, b.saved)
	return p
}

// speakers returns, for each inventory, the one that stands for its lane.
func speakers(lanes []Inventory) []int {
	first := make(map[Lane]int, len(lanes))
	for i := range lanes {
		j, ok := first[lanes[i].Lane]
		if !ok || lanes[j].Unread != nil && lanes[i].Unread == nil {
			first[lanes[i].Lane] = i
		}
	}
	speaker := make([]int, len(lanes))
	for i := range lanes {
		speaker[i] = first[lanes[i].Lane]
	}
	return speaker
}

// byLane returns the indexes of each lane's rows, in manifest order.
func byLane(p *Plan) [][]int32 {
	sizes := make([]int, len(p.Lanes))
	for i := range p.Rows {
		sizes[p.Rows[i].Lane]++
	}
	all := make([]int32, len(p.Rows))
	lanes := make([][]int32, len(p.Lanes))
	for i, n := range sizes {
		lanes[i], all = all[:0:n], all[n:]
	}
	for i := range p.Rows {
		lane := p.Rows[i].Lane
		lanes[lane] = append(lanes[lane], int32(i))
	}
	return lanes
}

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
	b.first = len(b.plan.Chains)
	b.chain()
	b.leave(b)
	b.survey()
	b.sortFamilies()
	b.assess()
	b.warn()
}

// strand marks rows that are held back while their image has its temporary
// name: that matters more than what holds them back.
func (b *board) strand() {
	for i := range b.entries {
		if e := &b.entries[i]; e.own && e.held() {
			e.strand()
		}
	}
}

func (e *entry) strand() {
	if e.row.Verdict != Stranded { // a saved plan may say so already
		e.row.Verdict, e.row.Problem = Stranded, stranded(e)
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
	if errors.Is(err, ErrNotFree) {
		p.Code = LaneNotFree
	}
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

// lookElsewhere tells rows whose image is missing which other lane of the plan
// has it. What a saved plan says of a row stays as it is.
func lookElsewhere(p *Plan, lanes []Inventory, saved *Plan) {
	missing := make(map[string][]*Row)
	for i := range p.Rows {
		r := &p.Rows[i]
		recalled := saved != nil && saved.Rows[i].Problem != nil
		if r.Problem != nil && r.Problem.Code == NoSuchImage && r.ImageID != "" && !recalled {
			missing[r.ImageID] = append(missing[r.ImageID], r)
		}
	}
	if len(missing) == 0 {
		return
	}
	for i := range lanes {
		for j := range lanes[i].Images {
			id := lanes[i].Images[j].ID
			for _, r := range missing[id] {
				asked := p.Lanes[r.Lane]
				if asked == lanes[i].Lane {
					continue // another reading of the lane
				}
				r.Problem = misplaced(id, asked, lanes[i].Lane)
				delete(missing, id)
			}
		}
	}
}

func misplaced(id string, asked, found Lane) *Problem {
	if asked.Account != found.Account {
		return problem(NotOurs, id, "%s in %s is not an image of account %s: it is in %s",
			id, asked.Region, asked.Account, found.phrase())
	}
	return problem(NoSuchImage, id, "no image %s in %s: it is in %s", id, asked.phrase(), found.phrase())
}
