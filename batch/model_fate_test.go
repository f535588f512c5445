package batch_test

import (
	"fmt"
	"slices"
	"time"

	"imgrename/batch/ecs"
)

// A fate is what becomes of one call.
type fate struct {
	kind  fateKind
	by    time.Duration // how late it lands
	other meddling      // what an outsider does, before or after
}

type fateKind uint8

const (
	fine fateKind = iota
	lostBefore
	lostAfter
	late         // no answer, and it lands later
	refusal      // certain: this call
	down         // certain: every call of the account, but here only this one
	stale        // a read sees what was before
	crashBefore  // the process ends, nothing was sent
	crashAfter   // the process ends, the call was applied
	crashLate    // the process ends, the call lands later
	stopSignal   // the run is told to stop while the call is under way
	meddleBefore // an outsider acts just before the call
	meddleAfter  // and just after it
	fateKinds
)

var fateNames = [fateKinds]string{
	"", "lost before", "lost after", "late", "refused", "down", "stale", "crash before", "crash after",
	"crash, late", "stop", "outsider before:", "outsider after:",
}

func (f fate) String() string {
	text := fateNames[f.kind]
	if f.by > 0 {
		text += fmt.Sprint(" by ", f.by)
	}
	if f.other.id != "" {
		text += " " + f.other.id + "→" + f.other.name + f.other.about
	}
	return text
}

// A meddling is what an outsider does: an image gets another name or description.
type meddling struct{ id, name, about string }

// Two moments at which a call may land: while the process that sent it sends
// others, and so long before the end of the settle time that even a stale read at
// its end shows it.
var landings = []time.Duration{2200 * time.Millisecond, 54300 * time.Millisecond}

// writeFates lists what may become of a write. The first is always that it works,
// so that every fate but 0 is a fault.
func (t *trace) writeFates(set ecs.Attributes) []fate {
	fates := append(t.fates[:0], fate{}, fate{kind: lostBefore}, fate{kind: lostAfter})
	for _, by := range landings {
		fates = append(fates, fate{kind: late, by: by})
	}
	fates = append(fates, fate{kind: refusal}, fate{kind: down})
	if t.life < lives {
		fates = append(fates, fate{kind: crashBefore}, fate{kind: crashAfter}, fate{kind: stopSignal})
		for _, by := range landings {
			fates = append(fates, fate{kind: crashLate, by: by})
		}
	}
	fates = t.meddlings(fates, meddleBefore, "")
	fates = t.meddlings(fates, meddleAfter, set.ImageName)
	t.fates = fates
	return fates
}

// planFates lists what may become of a plan while a person looks at it.
func (t *trace) planFates() []fate {
	t.fates = t.meddlings(append(t.fates[:0], fate{}), meddleBefore, "")
	return t.fates
}

// readFates lists what may become of a read.
func (t *trace) readFates(q modelQuery) []fate {
	fates := append(t.fates[:0], fate{})
	now := time.Now().Add(-t.lag)
	if !samePage(q.choose(t.at(now)), q.choose(t.at(now.Add(-staleBy)))) {
		fates = append(fates, fate{kind: stale})
	}
	if t.life < lives {
		fates = append(fates, fate{kind: crashBefore})
	}
	fates = t.meddlings(fates, meddleBefore, "")
	t.fates = fates
	return fates
}

func samePage(a, b ecs.Page) bool {
	return slices.EqualFunc(a.Images, b.Images, func(a, b ecs.Image) bool { return a.ID == b.ID && a.Attributes == b.Attributes })
}

// meddlings adds what an outsider may do: rename one of the images in the plan, in
// some scenes describe it, or take a name in the plan that no image has. After a
// call that takes a name, that is not free either.
func (t *trace) meddlings(fates []fate, kind fateKind, taken string) []fate {
	for _, row := range t.saved.Rows {
		if t.image(row.ImageID).ImageName != foreignName(row.ImageID) {
			fates = append(fates, fate{kind: kind, other: meddling{id: row.ImageID, name: foreignName(row.ImageID)}})
		}
		if t.described && t.image(row.ImageID).Description != foreignText {
			fates = append(fates, fate{kind: kind, other: meddling{id: row.ImageID, about: foreignText}})
		}
	}
	for _, name := range t.spoken {
		if name != taken && t.holder(name) == "" {
			fates = append(fates, fate{kind: kind, other: meddling{id: stranger, name: name}})
		}
	}
	return fates
}

// foreignName is what an outsider calls an image.
func foreignName(id string) string { return "else-" + id }

// foreignText is how an outsider describes an image.
const foreignText = "theirs"
