package review

import "slices"

// manyWords is how many small families or groups that differ in words only are
// one rule with a word.
const manyWords = 10

// mergeFamilies merges families that differ only in what is dropped on the left:
// the random part of web-5f3a9c, say. There must be many small ones; larger ones
// join them, but none that is larger than all those together.
func (s *survey) mergeFamilies(few int) {
	type like struct {
		small, rows int // small families, and their rows
		into        int
	}
	likes := make(map[string]*like)
	keys := make([]string, len(s.families)) // with words for what is dropped
	for i := range s.families {
		f := &s.families[i]
		p := parse(f.key)
		if f.count == 0 || !dropWords(&p) {
			continue
		}
		keys[i] = p.key()
		l := likes[keys[i]]
		if l == nil {
			l = &like{into: -1}
			likes[keys[i]] = l
		}
		if f.count <= few {
			l.small, l.rows = l.small+1, l.rows+f.count
		}
	}
	for i, key := range keys {
		l := likes[key]
		if l == nil || l.small < manyWords || s.families[i].count > l.rows {
			continue
		}
		if l.into < 0 {
			l.into = len(s.families)
			s.families = append(s.families, family{key: key, merged: true})
		}
		s.families[l.into].join(&s.families[i])
	}
	for i := range s.families[len(keys):] {
		slices.Sort(s.families[len(keys)+i].edits)
	}
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
		g := &s.groups[i]
		if len(g.edits) == 0 || len(g.edits) > few {
			continue
		}
		var best pattern
		var all []int
		for _, at := range g.pattern.words() {
			p := g.pattern.withWord(at)
			left := slices.DeleteFunc(members[p.key()], func(i int) bool { return len(s.groups[i].edits) == 0 })
			members[p.key()] = left
			if len(left) >= manyWords && len(left) > len(all) {
				best, all = p, slices.Clone(left)
			}
		}
		if all != nil {
			s.groups = append(s.groups, s.unite(best, all))
		}
	}
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
