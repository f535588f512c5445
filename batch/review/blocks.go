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
	lengths, weights     [2][maxTokens + 1]int // of the runs that end at each old token
}

func (p *pair) set(old, new string) {
	p.old, p.new = old, new
	p.oldTokens, p.newTokens = tokens(p.oldTokens[:0], old), tokens(p.newTokens[:0], new)
	p.oldUsed, p.newUsed = 0, 0
	p.blocks = p.blocks[:0]
	for len(p.blocks) < maxBlocks {
		b := p.longest()
		if b.weight == 0 {
			return
		}
		p.take(b)
	}
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
	for j, n := range p.newTokens {
		lengths, weights := &p.lengths[j&1], &p.weights[j&1]
		lastLengths, lastWeights := &p.lengths[j&1^1], &p.weights[j&1^1]
		if j == 0 {
			clear(lastLengths[:])
			clear(lastWeights[:])
		}
		for i, o := range p.oldTokens {
			if n.class != o.class || n.end-n.start != o.end-o.start || p.newUsed>>j&1 == 1 || p.oldUsed>>i&1 == 1 ||
				n.in(p.new) != o.in(p.old) {
				lengths[i+1], weights[i+1] = 0, 0
				continue
			}
			length, weight := lastLengths[i]+1, lastWeights[i]
			if n.class != separator {
				weight += int(n.end - n.start)
			}
			lengths[i+1], weights[i+1] = length, weight
			if weight > best.weight {
				best = block{i - length + 1, j - length + 1, length, weight}
			}
		}
	}
	return best
}
