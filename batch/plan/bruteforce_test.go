package plan_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A puzzle is up to seven images with distinct names, some of which want other
// names: want[i] is the number of a name, or -1. Image i has name i.
type puzzle struct{ want []int }

func (z puzzle) wants(i int) bool { return z.want[i] >= 0 && z.want[i] != i }

// best is the largest set of moves after which no two images share a name, by
// trying all sets. Wants that contradict each other are out from the start.
func (z puzzle) best() uint {
	var best uint
	for set := uint(0); set < 1<<len(z.want); set++ {
		if z.possible(set) && bits.OnesCount(set) > bits.OnesCount(best) {
			best = set
		}
	}
	return best
}

func (z puzzle) possible(set uint) bool {
	names := make(map[int]bool)
	for i := range z.want {
		name := i
		if set>>i&1 == 1 {
			if !z.wants(i) || z.contested(i) {
				return false
			}
			name = z.want[i]
		}
		if names[name] {
			return false
		}
		names[name] = true
	}
	return true
}

func (z puzzle) contested(i int) bool {
	for j := range z.want {
		if j != i && z.wants(j) && z.want[j] == z.want[i] {
			return true
		}
	}
	return false
}

// cheapest is the least number of calls that carry out a set of moves, by a
// breadth-first search over all states: each image has its old name, its
// temporary one or the desired one.
func (z puzzle) cheapest(set uint) int {
	type state [7]int
	const temporary = 100
	var start, end state
	for i := range z.want {
		start[i], end[i] = i, i
		if set>>i&1 == 1 {
			end[i] = z.want[i]
		}
	}
	level, seen := []state{start}, map[state]bool{start: true}
	for calls := 0; len(level) > 0; calls++ {
		var next []state
		for _, s := range level {
			if s == end {
				return calls
			}
			for i := range z.want {
				for _, name := range []int{i, z.want[i], temporary + i} {
					after := s
					after[i] = name
					if free(s[:len(z.want)], name) && name >= 0 && !seen[after] {
						seen[after] = true
						next = append(next, after)
					}
				}
			}
		}
		level = next
	}
	return -1
}

func free(names []int, name int) bool {
	for _, n := range names {
		if n == name {
			return false
		}
	}
	return true
}

func (z puzzle) plan() *plan.Plan {
	var images []ecs.Image
	var rows []manifest.Row
	for i, want := range z.want {
		id := fmt.Sprint("m-", i)
		images = append(images, image(id, fmt.Sprint("name-", i)))
		if want >= 0 {
			rows = append(rows, rename(id, fmt.Sprint("name-", want)))
		}
	}
	return plan.New(requests(rows...), lane(images...))
}

// check compares the plan with what trying everything finds.
func (z puzzle) check() error {
	p, best := z.plan(), z.best()
	row := 0
	for i, want := range z.want {
		if want < 0 {
			continue
		}
		got := p.Rows[row].Verdict
		row++
		if expected := z.verdict(i, best); got != expected {
			return fmt.Errorf("%v: image %d is %v, want %v", z.want, i, got, expected)
		}
	}
	if want := z.cheapest(best); p.Calls() != want {
		return fmt.Errorf("%v: %d calls, %d are enough", z.want, p.Calls(), want)
	}
	return nil
}

// verdict is what the contract says of a move, be it in the best set or not.
func (z puzzle) verdict(i int, best uint) plan.Outcome {
	switch {
	case !z.wants(i):
		return plan.Unchanged
	case best>>i&1 == 1:
		return plan.Planned
	case z.contested(i):
		return plan.Refused
	case z.wants(z.want[i]): // its holder would move, but is not in the set
		return plan.Blocked
	default:
		return plan.Refused
	}
}

// TestBruteForce tries every puzzle of up to four images and two free names,
// and random ones of up to seven.
func TestBruteForce(t *testing.T) {
	for n := 1; n <= 4; n++ {
		z := puzzle{make([]int, n)}
		for i := range z.want {
			z.want[i] = -1
		}
		for ok := true; ok; ok = z.next(n + 2) {
			if err := z.check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	random := 3_000
	if testing.Short() {
		random = 200
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range random {
		if err := randomPuzzle(r.IntN).check(); err != nil {
			t.Fatal(err)
		}
	}
}

// next counts through all wants below names; it returns false after the last.
func (z puzzle) next(names int) bool {
	for i := range z.want {
		if z.want[i]++; z.want[i] < names {
			return true
		}
		z.want[i] = -1
	}
	return false
}

// randomPuzzle is mostly a permutation, with holes and strays.
func randomPuzzle(roll func(int) int) puzzle {
	z := puzzle{make([]int, 1+roll(7))}
	for i := range z.want {
		z.want[i] = i
	}
	for i := range z.want {
		j := roll(len(z.want))
		z.want[i], z.want[j] = z.want[j], z.want[i]
	}
	for i := range z.want {
		if roll(5) == 0 {
			z.want[i] = roll(len(z.want)+3) - 1
		}
	}
	return z
}
