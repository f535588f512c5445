package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"imgrename/batch/ecs"
)

// warn adds the lane's warnings to the plan.
func (b *board) warn() {
	b.note(Shared, "shared with other accounts", b.planned(func(e *entry) bool { return e.image.Shared }))
	b.note(Public, "published to all accounts", b.planned(func(e *entry) bool { return e.image.Public }))
	for a := range (ecs.Attributes{}).All() {
		b.note(WasEmpty, a.String()+" was empty and cannot be emptied again", b.setting(a, func(e *entry) bool {
			return *e.image.Field(a) == "" && !oneWay(a, e.set)
		}))
	}
	b.warnAlike()
	b.warnScript(ecs.ImageName)
	b.warnScript(ecs.ImageFamily)
	b.warnParked()
}

// oneWay reports whether setting the attribute is a risk of its own, which says
// more than that it was empty.
func oneWay(a ecs.Attribute, set *ecs.Attributes) bool {
	return a == ecs.LicenseType || a == ecs.ImdsSupport && set.ImdsSupport == "v2"
}

// warnAlike warns of names that will look alike, or differ only in case, if the
// plan makes one of them, and of renames that change no more than that. The
// API's pages do not say whether it takes names in another case for the same.
func (b *board) warnAlike() {
	if b.edits.ImageName == "" {
		return
	}
	b.note(CaseOnly, "the new name differs from the old one only in case", b.setting(ecs.ImageName, func(e *entry) bool {
		return onlyCase(e.set.ImageName, e.image.ImageName)
	}))
	b.warnSameLook()
	alike := b.alike()
	for _, key := range slices.Sorted(maps.Keys(alike)) {
		b.add(b.alikeNotice(alike[key]))
	}
}

// warnSameLook warns of renames after which the name looks as before.
func (b *board) warnSameLook() {
	found := b.setting(ecs.ImageName, func(e *entry) bool {
		name, old := e.set.ImageName, e.image.ImageName
		return look(name) == look(old) && !onlyCase(name, old)
	})
	if found == nil {
		return
	}
	n := b.noticeOf(LookAlike, "", found)
	said := make([]string, len(found))
	for i, e := range found {
		name, old := e.set.ImageName, e.image.ImageName
		said[i] = fmt.Sprintf("%s %s → %s", e.row.ImageID, reveal(old, name), reveal(name, old))
	}
	n.Text = "the new name looks like the old one: " + enumerate(said)
	b.add(n)
}

// onlyCase reports whether two names differ only in case.
func onlyCase(a, b string) bool { return strings.EqualFold(a, b) }

// alike groups the images whose names will look alike, if the plan renames one
// of them. Names are unique, so at least one of a group is not as look returns
// it: if all names are, there is nothing to look up.
func (b *board) alike() map[string][]*holder {
	alike := make(map[string][]*holder)
	for i := range b.holders {
		name := b.holders[i].after().ImageName
		if key := look(name); key != name && key != "" {
			alike[key] = nil
		}
	}
	if len(alike) == 0 {
		return nil
	}
	for i := range b.holders {
		h := &b.holders[i]
		key := look(h.after().ImageName)
		if group, ok := alike[key]; ok {
			alike[key] = append(group, h)
		}
	}
	maps.DeleteFunc(alike, func(_ string, group []*holder) bool {
		return len(group) < 2 || !slices.ContainsFunc(group, (*holder).moves)
	})
	return alike
}

// moves reports whether the plan changes the image's name.
func (h *holder) moves() bool { return h.entry != nil && h.entry.moves() }

func (b *board) alikeNotice(group []*holder) Notice {
	n := Notice{Kind: CaseOnly, Lane: b.at, Text: "names will differ only in case: "}
	first := group[0].after().ImageName
	if slices.ContainsFunc(group, func(h *holder) bool { return !onlyCase(h.after().ImageName, first) }) {
		n.Kind, n.Text = LookAlike, "names will look alike: "
	}
	said := make([]string, len(group))
	for i, h := range group {
		n.ImageIDs = append(n.ImageIDs, h.ID)
		if h.moves() {
			n.Rows = append(n.Rows, h.entry.index)
		}
		name, other := h.after().ImageName, first
		if i == 0 {
			other = group[1].after().ImageName
		}
		shown := strconv.Quote(name)
		if n.Kind == LookAlike {
			shown = reveal(name, other)
		}
		said[i] = fmt.Sprintf("%s (%s)", shown, h.ID)
	}
	slices.Sort(n.Rows)
	n.Text += enumerate(said)
	return n
}

// warnScript warns of letters in a name or a family that may look like others.
func (b *board) warnScript(a ecs.Attribute) {
	found := b.setting(a, func(e *entry) bool { return strings.IndexFunc(*e.set.Field(a), otherLetter) >= 0 })
	if found == nil {
		return
	}
	n := b.noticeOf(OtherScript, "", found)
	said := make([]string, len(found))
	for i, e := range found[:min(len(found), 4)] {
		value := *e.set.Field(a)
		said[i] = fmt.Sprintf("%s %q (%s)", e.row.ImageID, value, scriptOf(value))
	}
	n.Text = fmt.Sprintf("letters in %s that are neither Latin nor Han: %s", a, enumerate(said))
	b.add(n)
}

func otherLetter(r rune) bool {
	return r > unicode.MaxASCII && unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Han)
}

// scriptOf names the script of the first letter that is neither Latin nor Han.
// A letter is in one script, so the order of the tables does not matter.
func scriptOf(s string) string {
	letter := []rune(s[strings.IndexFunc(s, otherLetter):])[0]
	for name, table := range unicode.Scripts {
		if unicode.Is(table, letter) {
			return name
		}
	}
	return "unknown script"
}

// warnParked warns of images that an earlier run left under temporary names. One
// that its own row takes further is part of the plan and not mentioned.
func (b *board) warnParked() {
	if len(b.parked) == 0 {
		return
	}
	for i := range b.holders {
		h := &b.holders[i]
		e := h.entry
		heals := h.moves()
		if !IsTemporary(h.ImageName) || heals && e.own {
			continue
		}
		n := Notice{Kind: LeftParked, Lane: b.at, ImageIDs: []string{h.ID}}
		n.Text = fmt.Sprintf("%s is under the temporary name %q of another run", h.ID, h.ImageName)
		if heals {
			n.Rows = []int{e.index}
			n.Text += fmt.Sprintf("; line %d gives it the name %q", e.row.Line, e.set.ImageName)
		}
		b.add(n)
	}
}
