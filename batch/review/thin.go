package review

import "slices"

// lanesForThin is how many lanes a plan has at least for one to be conspicuous.
const lanesForThin = 4

// thinShare divides: a rule is thin in a lane that has a quarter of the expected
// rows or less, if at least four are expected, and not in more than a quarter of
// the lanes.
const thinShare = 4

// addThin adds to each of the largest rules the lanes in which it has
// conspicuously few rows: a quarter of what the lane's images lead to expect, if
// that is several.
func (d *draft) addThin() {
	lanes := d.lanesWithRows()
	if len(lanes) < lanesForThin {
		return
	}
	usual := median(lanes, d.Images)
	for i := range d.Rules[:min(len(d.Rules), tried)] {
		rule := &d.Rules[i]
		counts := rule.ByLane(d.plan)
		rule.Thin = d.thin(lanes, counts, usual, median(lanes, counts))
	}
}

func (d *draft) lanesWithRows() (lanes []int) {
	rows := make([]int, len(d.plan.Lanes))
	for i := range d.plan.Rows {
		rows[d.plan.Rows[i].Lane]++
	}
	for lane, n := range rows {
		if n > 0 {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// thin returns the lanes with few of a rule's rows, of which a lane with the
// usual number of images has expected.
func (d *draft) thin(lanes, counts []int, usual, expected int) (found []int) {
	for _, lane := range lanes {
		images := min(d.Images[lane], usual)
		if expected*images >= thinShare*usual && thinShare*counts[lane]*usual <= expected*images {
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
