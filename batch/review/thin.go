package review

import "slices"

// In a plan of fewer lanes none is conspicuous, and what more than a quarter of
// the lanes have is not either.
const (
	lanesForThin = 4
	thinShare    = 4
)

// addThin adds to each rule the lanes in which it has conspicuously few rows: a
// quarter of what the lane's size among the others lets expect, if that is
// several rows.
func (d *draft) addThin() {
	p := d.plan
	rows := make([]int, len(p.Lanes))
	for i := range p.Rows {
		rows[p.Rows[i].Lane]++
	}
	var lanes []int
	for lane, n := range rows {
		if n > 0 {
			lanes = append(lanes, lane)
		}
	}
	if len(lanes) < lanesForThin {
		return
	}
	usual := median(lanes, rows)
	for i := range d.Rules {
		rule := &d.Rules[i]
		counts := rule.ByLane(p)
		rule.Thin = thin(lanes, rows, counts, usual, median(lanes, counts))
	}
}

// thin returns the lanes with few of a rule's rows. usual is how many rows a lane
// has, and expected how many of the rule's.
func thin(lanes, rows, counts []int, usual, expected int) (found []int) {
	for _, lane := range lanes {
		size := min(max(rows[lane], 1), usual)
		if expected*size >= thinShare*usual && thinShare*counts[lane]*usual <= expected*size {
			found = append(found, lane)
		}
	}
	if thinShare*len(found) > len(lanes) {
		return nil
	}
	return found
}

func median(lanes, counts []int) int {
	sorted := make([]int, len(lanes))
	for i, lane := range lanes {
		sorted[i] = counts[lane]
	}
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
