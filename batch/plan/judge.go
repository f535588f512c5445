package plan

import (
	"fmt"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// find finds every row's image and holds back rows that have none or share one.
func (b *board) find() {
	for i := range b.entries {
		e := &b.entries[i]
		if len(e.row.Invalid) > 0 {
			e.hold(Refused, invalid(e.row))
		}
		h := b.lookUp(e)
		if h == nil {
			continue
		}
		e.image, e.row.Old = h.Image, &h.Attributes
		if e.row.ImageID == "" {
			e.row.ImageID = h.ID
		}
		e.own = b.ownName(e)
		b.claim(e, h)
	}
	for i := range b.entries {
		b.recall(&b.entries[i])
	}
}

// lookUp returns the row's image. If there is none, it holds the row back and
// returns nil. A name that a saved plan has found no image by is not looked up
// again: its rows stand for the images of then.
func (b *board) lookUp(e *entry) *holder {
	id, name := e.row.ImageID, e.row.Condition().ImageName
	var h *holder
	switch {
	case id != "":
		h = b.byID[id]
	case name != "" && b.saved == nil:
		h = b.lookUpName(e)
	}
	if h == nil {
		e.hold(Refused, b.notFound(id, name, e.row.Want.ImageName))
	}
	return h
}

// lookUpName finds an image by the name it has, or by the temporary name under
// which an earlier run left it on its way to the desired name.
func (b *board) lookUpName(e *entry) *holder {
	name, want := e.row.Condition().ImageName, e.row.Want.ImageName
	if twin := b.doubled[name]; twin != nil {
		e.hold(Refused, problem(NameNotUnique, twin.ID, "%s and %s are both named %q", b.byName[name].ID, twin.ID, name))
		return nil
	}
	if h := b.byName[name]; h != nil || want == "" {
		return h
	}
	h := b.parked[temporaryStem(want)]
	if h != nil && h.ImageName == b.temporaryName(h.Image, want) {
		return h
	}
	return nil
}

func (b *board) notFound(id, name, want string) *Problem {
	phrase := b.lane.Lane.phrase()
	switch {
	case b.foreign[id]:
		return problem(NotOurs, id, "%s in %s is not an image of account %s", id, b.lane.Lane.Region, b.lane.Lane.Account)
	case id != "":
		return problem(NoSuchImage, id, "no image %s in %s", id, phrase)
	}
	p := problem(NoSuchImage, "", "no image in %s is named %q", phrase, name)
	if h := b.byName[want]; h != nil {
		p.ImageID = h.ID
		p.Message += fmt.Sprintf("; %s is already named %q", h.ID, want)
	} else if like := b.alikeNow(name); like != nil {
		p = problem(NoSuchImage, like.ID, "no image in %s is named %s; %s is named %s",
			phrase, reveal(name, like.ImageName), like.ID, reveal(like.ImageName, name))
	}
	return p
}

// claim records that the row names the image. If two rows do, both are refused,
// unless one is invalid anyway.
func (b *board) claim(e *entry, h *holder) {
	first := h.entry
	broken := len(e.row.Invalid) > 0
	switch {
	case first == nil, len(first.row.Invalid) > 0 && !broken:
		h.entry = e
	case !broken && len(first.row.Invalid) == 0:
		first.hold(Refused, repeated(h.ID, e.row.Line))
		e.hold(Refused, repeated(h.ID, first.row.Line))
	}
}

// ownName reports whether the image has the row's own temporary name: an earlier
// run parked it. If so, the row's old name becomes the one from before.
func (b *board) ownName(e *entry) bool {
	want := e.row.Want.ImageName
	if want == "" || !IsTemporary(e.image.ImageName) || e.image.ImageName != b.temporaryName(e.image, want) {
		return false
	}
	old := e.image.Attributes
	old.ImageName = e.row.Condition().ImageName
	if b.saved != nil {
		old.ImageName = b.saved.Rows[e.index].Old.ImageName
	}
	e.row.Old = &old
	return true
}

// judge decides what each row means by itself. It holds back rows whose image is
// not as expected, and rows whose desired name is reserved or wanted twice.
func (b *board) judge() {
	b.wanted = emptied(b, b.wanted, len(b.entries))
	for i := range b.entries {
		e := &b.entries[i]
		if e.held() {
			continue
		}
		b.judgeRow(e)
		if !e.moves() {
			continue
		}
		if other := b.wanted[e.set.ImageName]; other != nil {
			e.hold(Refused, wantedTwice(e, other))
			other.hold(Refused, wantedTwice(other, e))
			continue
		}
		b.wanted[e.set.ImageName] = e
	}
	b.blockSaved()
}

func (b *board) judgeRow(e *entry) {
	if e.row.Want == (manifest.Values{}) && e.image.ImageName != "" {
		e.hold(Conflict, namedSince(e))
		return
	}
	e.set = changes(e.image, &e.row.Want)
	if e.set == nil {
		e.row.Verdict = Unchanged
		return
	}
	if p := b.unexpected(e); p != nil {
		e.hold(Conflict, p)
		return
	}
	if IsTemporary(e.set.ImageName) {
		e.hold(Refused, problem(ReservedName, "", "%s would get the name %q, which looks like a temporary name",
			e.row.ImageID, e.set.ImageName))
		return
	}
	e.row.Verdict = Planned
}

// changes returns what must be sent to make the image as wanted, nil if nothing.
// If that is all that is wanted, it is the manifest's own copy.
func changes(image *ecs.Image, want *manifest.Values) *ecs.Attributes {
	all := (*ecs.Attributes)(want)
	switch set := image.Changes(*all); set {
	case ecs.Attributes{}:
		return nil
	case *all:
		return all
	default:
		own := set
		return &own
	}
}

// unexpected returns the condition that does not hold or, with a saved plan,
// what has changed since; nil if all is as expected. The row's own temporary
// name is as expected.
//
// The conditions of a saved plan held when it was made, and are not checked
// again: its own edits may break one, such as a condition on a value that is sent
// before the name.
func (b *board) unexpected(e *entry) *Problem {
	if b.saved != nil {
		return b.drift(e)
	}
	expected := ecs.Attributes(e.row.Condition())
	for a, want := range expected.All() {
		got := *e.image.Field(a)
		if want == "" || a.Same(got, want) || a == ecs.ImageName && e.own {
			continue
		}
		return problem(ConditionNotMet, "", "%s, the row expects %s", hasValue(e.row.ImageID, a, got, want), reveal(want, got))
	}
	return nil
}
