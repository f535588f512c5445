package review

import "slices"

// manyWords is how many small families or groups that differ in words only are
// one rule with a word.
const manyWords = 10

// alike is the families that differ only in what is dropped on the left.
type alike struct {
	small int // how many of them are small
	rows  int // and the rows of those
	into  int // the family that they are merged into; -1 if there is none yet
}

// mergeFamilies merges families that differ only in what is dropped on the left:
// the random part of web-5f3a9c, say. There must be many small ones; larger ones
// join them, but none that is larger than all those together.
func (s *survey) mergeFamilies(few int) {
	keys, all := s.alike(few)
	for i, key := range keys {
		a := all[key]
		if a == nil || a.small < manyWords || s.families[i].count > a.rows {
			continue
		}
		if a.into < 0 {
			a.into = len(s.families)
			s.families = append(s.families, family{key: key, merged: true})
		}
		s.families[a.into].join(&s.families[i])
	}
	for i := len(keys); i < len(s.families); i++ {
		slices.Sort(s.families[i].edits)
	}
}

// alike returns each family's key with words for what is dropped, empty if it
// drops none, and how many have that key.
func (s *survey) alike(few int) (keys []string, all map[string]*alike) {
	keys, all = make([]string, len(s.families)), make(map[string]*alike)
	for i := range s.families {
		f := &s.families[i]
		p := parse(f.key)
		if f.count == 0 || !dropWords(&p) {
			continue
		}
		keys[i] = p.key()
		if all[keys[i]] == nil {
			all[keys[i]] = &alike{into: -1}
		}
		if f.count <= few {
			all[keys[i]].small++
			all[keys[i]].rows += f.count
		}
	}
	return keys, all
}

// join moves another family's edits to f.
func (f *family) join(other *family) {
	f.edits = append(f.edits, other.edits...)
	f.count += other.count
	other.edits, other.count = nil, 0
}

// dropWords makes a word of each run of letters and digits that is dropped on the
// left, and reports whether there is one.
func dropWords(p *pattern) (found bool) {
	left := p.left
	p.left = nil
	add := func(it item) {
		if it.kind == word && len(p.left) > 0 && p.left[len(p.left)-1].kind == word {
			return
		}
		found = found || it.kind == word
		p.left = append(p.left, it)
	}
	for _, it := range left {
		switch it.kind {
		case literal:
			for _, t := range tokens(nil, it.text) {
				if t.class == separator {
					add(item{kind: literal, text: t.in(it.text)})
				} else {
					add(item{kind: word})
				}
			}
		case number:
			add(item{kind: word})
		default:
			add(it)
		}
	}
	return found
}

// mergeGroups merges small groups that keep a part of the old value and differ
// in one word of the right side.
func (s *survey) mergeGroups(few int) {
	members := make(map[string][]int)
	for i := range s.groups {
		if g := &s.groups[i]; len(g.edits) <= few {
			for _, at := range g.pattern.words() {
				key := g.pattern.withWord(at).key()
				members[key] = append(members[key], i)
			}
		}
	}
	for i := range s.groups {
		if n := len(s.groups[i].edits); n == 0 || n > few {
			continue
		}
		if p, all := s.mostAlike(s.groups[i].pattern, members); len(all) >= manyWords {
			s.groups = append(s.groups, s.unite(p, all))
		}
	}
}

// mostAlike returns the pattern with a word that most groups have which are not
// merged yet.
func (s *survey) mostAlike(p pattern, members map[string][]int) (best pattern, all []int) {
	merged := func(i int) bool { return len(s.groups[i].edits) == 0 }
	for _, at := range p.words() {
		wild := p.withWord(at)
		key := wild.key()
		members[key] = slices.DeleteFunc(members[key], merged)
		if len(members[key]) > len(all) {
			best, all = wild, members[key]
		}
	}
	return best, all
}

func (s *survey) unite(p pattern, members []int) group {
	one := group{pattern: p}
	for _, i := range members {
		one.edits = append(one.edits, s.groups[i].edits...)
		s.groups[i].edits = nil
	}
	slices.Sort(one.edits)
	return one
}

// maxWords is how many words of a right side are tried.
const maxWords = 4

// words returns the words of the right side, as the index of an item and the
// token in it. There are none if nothing is kept: names made up by hand have no
// pattern.
func (p *pattern) words() (at [][2]int) {
	if !slices.ContainsFunc(p.right, func(it item) bool { return it.kind == star }) {
		return nil
	}
	for i, it := range p.right {
		if it.kind != literal {
			continue
		}
		for j, t := range tokens(nil, it.text) {
			if (t.class == letters || t.class == han) && len(at) < maxWords {
				at = append(at, [2]int{i, j})
			}
		}
	}
	return at
}

// withWord returns the pattern with {word} for one of its words.
func (p *pattern) withWord(at [2]int) pattern {
	it := p.right[at[0]]
	t := tokens(nil, it.text)[at[1]]
	right := slices.Clone(p.right[:at[0]])
	if before := it.text[:t.start]; before != "" {
		right = append(right, item{kind: literal, text: before})
	}
	right = append(right, item{kind: word})
	if after := it.text[t.end:]; after != "" {
		right = append(right, item{kind: literal, text: after})
	}
	return pattern{p.left, append(right, p.right[at[0]+1:]...)}
}
