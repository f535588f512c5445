package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"imgrename/batch/ecs"
)

// warn adds the lane's warnings to the plan.
func (b *board) warn() {
	b.note(Shared, "shared with other accounts", b.planned(func(e *entry) bool { return e.image.Shared }))
	for a := range (ecs.Attributes{}).All() {
		b.note(WasEmpty, a.String()+" was empty and cannot be emptied again", b.setting(a, func(e *entry) bool {
			return *e.image.Field(a) == "" && !oneWay(a, e.set)
		}))
	}
	b.warnCase()
	b.warnScript(ecs.ImageName)
	b.warnScript(ecs.ImageFamily)
	b.warnParked()
}

// oneWay reports whether setting the attribute is a risk of its own, which says
// more than that it was empty.
func oneWay(a ecs.Attribute, set *ecs.Attributes) bool {
	return a == ecs.LicenseType || a == ecs.ImdsSupport && set.ImdsSupport == "v2"
}

// warnCase warns of names that will differ only in case, if the plan makes one
// of them, and of renames that change only the case. The API's pages do not say
// whether it takes such names for the same.
func (b *board) warnCase() {
	if b.edits.ImageName == "" {
		return
	}
	b.note(CaseOnly, "the new name differs from the old one only in case", b.setting(ecs.ImageName, func(e *entry) bool {
		return fold(e.set.ImageName) == fold(e.image.ImageName)
	}))
	alike := b.alike()
	for _, key := range slices.Sorted(maps.Keys(alike)) {
		b.add(b.caseNotice(alike[key]))
	}
}

// alike groups the images whose names will differ only in case, if the plan
// renames one of them. Names are unique, so at least one of a group is not in
// lower case: if all names are, there is nothing to look up.
func (b *board) alike() map[string][]*holder {
	alike := make(map[string][]*holder)
	for i := range b.holders {
		name := b.holders[i].after().ImageName
		if key := fold(name); key != name {
			alike[key] = nil
		}
	}
	if len(alike) == 0 {
		return nil
	}
	for i := range b.holders {
		h := &b.holders[i]
		key := fold(h.after().ImageName)
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

func (b *board) caseNotice(group []*holder) Notice {
	n := Notice{Kind: CaseOnly, Lane: b.at}
	names := make([]string, len(group))
	for i, h := range group {
		n.ImageIDs = append(n.ImageIDs, h.ID)
		if h.moves() {
			n.Rows = append(n.Rows, h.entry.index)
		}
		names[i] = fmt.Sprintf("%q (%s)", h.after().ImageName, h.ID)
	}
	slices.Sort(n.Rows)
	n.Text = "names will differ only in case: " + enumerate(names)
	return n
}

func fold(name string) string { return strings.ToLower(name) }

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
