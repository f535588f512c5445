package plan

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
)

// A Difference is a row in which two plans differ.
type Difference struct {
	// Then and Now are the row in the earlier and in the later plan; one of them
	// is -1 if the row is new, or gone.
	Then, Now int
	// Text is what differs, empty if the row is new or gone.
	Text string
}

// Since returns what a plan has beside an earlier one, which may have been
// approved: rows that are new or gone, other values, other verdicts. Rows are
// told apart by lane and image. Their order, their notes and what the manifest
// says about other columns make no difference, nor does how the plan gets there.
// The result is in the order of the later plan; rows that are gone come last.
func (p *Plan) Since(earlier *Plan) []Difference {
	then := make(map[rowKey][]int, len(earlier.Rows))
	for i := range earlier.Rows {
		key := earlier.rowKey(i)
		then[key] = append(then[key], i)
	}
	var all []Difference
	met := make([]bool, len(earlier.Rows))
	for i := range p.Rows {
		key := p.rowKey(i)
		known := then[key]
		if len(known) == 0 {
			all = append(all, Difference{-1, i, ""})
			continue
		}
		then[key], met[known[0]] = known[1:], true
		if text := differs(&earlier.Rows[known[0]], &p.Rows[i]); text != "" {
			all = append(all, Difference{known[0], i, text})
		}
	}
	for i := range met {
		if !met[i] {
			all = append(all, Difference{i, -1, ""})
		}
	}
	return all
}

// A rowKey tells the rows of a plan apart, but for those that are refused because
// another row is about the same image.
type rowKey struct {
	lane       Lane
	image, old string // old is the name by which no image was found
}

func (p *Plan) rowKey(i int) rowKey {
	row := &p.Rows[i]
	key := rowKey{lane: p.Lanes[row.Lane], image: row.ImageID}
	if key.image == "" {
		key.old = row.Condition().ImageName
	}
	return key
}

// differs says what is otherwise about a row, "" if nothing is.
func differs(then, now *Row) string {
	var facts []string
	if then.Verdict != now.Verdict {
		facts = append(facts, fmt.Sprintf("is %s, was %s", now.Verdict, then.Verdict))
	}
	before, after := ecs.Attributes(then.Want), ecs.Attributes(now.Want)
	for a, want := range after.All() {
		was := *before.Field(a)
		if want != was {
			facts = append(facts, fmt.Sprintf("%s: asks for %s, not for %s", a, shown(want, was, "no change"), shown(was, want, "no change")))
		}
		old, had := *now.Old.Field(a), *then.Old.Field(a)
		if (want != "" || was != "") && old != had && then.Verdict == now.Verdict {
			facts = append(facts, fmt.Sprintf("%s: the image has %s, had %s", a, shown(old, had, "empty"), shown(had, old, "empty")))
		}
	}
	return strings.Join(facts, "; ")
}

// shown is a value beside another one that may look like it.
func shown(value, other, none string) string {
	if value == "" {
		return none
	}
	return reveal(value, other)
}
