package review

// A block is a run of tokens that the old and the new name have in common: the
// part of a name that a rule writes as *.
type block struct {
	old, new int // the first token in each
	length   int // in tokens
	weight   int // in bytes, separators not counted
}

// maxBlocks is how many blocks two names may have in common.
const maxBlocks = 8

// A pair is an old and a new value with their tokens. It is reused for all.
type pair struct {
	old, new             string
	oldTokens, newTokens []token
	oldUsed, newUsed     uint64 // tokens that are in a block
	blocks               []block
	runs                 [2][maxTokens + 1]run // that end at each old token, for this and the last new one
}

func (p *pair) set(old, new string) {
	p.old, p.new = old, new
	p.oldTokens, p.newTokens = tokens(p.oldTokens[:0], old), tokens(p.newTokens[:0], new)
	p.oldUsed, p.newUsed = 0, 0
	p.blocks = p.blocks[:0]
	if p.whole() {
		return
	}
	oldSolid, newSolid := solidOf(p.oldTokens), solidOf(p.newTokens)
	for len(p.blocks) < maxBlocks && oldSolid&^p.oldUsed != 0 && newSolid&^p.newUsed != 0 {
		b := p.longest()
		if b.weight == 0 {
			return
		}
		p.take(b)
	}
}

// whole takes one block if the new value is the end of the old one, or has it at
// its end, as in most plans: nothing weighs more.
func (p *pair) whole() bool {
	o, n := len(p.oldTokens), len(p.newTokens)
	length := min(o, n)
	if length == 0 || length == maxTokens {
		return false
	}
	b := block{o - length, n - length, length, 0}
	for i := range length {
		t := p.newTokens[b.new+i]
		if t.in(p.new) != p.oldTokens[b.old+i].in(p.old) {
			return false
		}
		if t.class != separator {
			b.weight += int(t.end - t.start)
		}
	}
	if b.weight > 0 {
		p.take(b)
	}
	return true
}

// solidOf returns the set of tokens that are no separators.
func solidOf(tokens []token) (set uint64) {
	for i := range tokens {
		if tokens[i].class != separator {
			set |= 1 << i
		}
	}
	return set
}

// take marks a block's tokens, but for separators at its ends: they may belong
// to what is dropped beside it.
func (p *pair) take(b block) {
	for p.oldTokens[b.old].class == separator {
		b.old, b.new, b.length = b.old+1, b.new+1, b.length-1
	}
	for p.oldTokens[b.old+b.length-1].class == separator {
		b.length--
	}
	run := uint64(1)<<b.length - 1
	p.oldUsed |= run << b.old
	p.newUsed |= run << b.new
	p.blocks = append(p.blocks, b)
}

// longest returns the common run of unused tokens that weighs most: of several,
// the first in the new name, then in the old one. It takes at most maxTokens²
// steps.
func (p *pair) longest() (best block) {
	clear(p.runs[1][:])
	for j := range p.newTokens {
		n := &p.newTokens[j]
		runs, last := &p.runs[j&1], &p.runs[j&1^1]
		if p.newUsed>>j&1 == 1 {
			clear(runs[:])
			continue
		}
		for i := range p.oldTokens {
			o := &p.oldTokens[i]
			if n.sign != o.sign || p.oldUsed>>i&1 == 1 || n.in(p.new) != o.in(p.old) {
				runs[i+1] = run{}
				continue
			}
			r := last[i]
			r.length++
			if n.class != separator {
				r.weight += n.end - n.start
			}
			if runs[i+1] = r; int(r.weight) > best.weight {
				best = block{i + 1 - int(r.length), j + 1 - int(r.length), int(r.length), int(r.weight)}
			}
		}
	}
	return best
}

// A run is the common tokens that end at two tokens.
type run struct{ length, weight int32 }
