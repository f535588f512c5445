package batch

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// confirm reads the images of applied rows once more and holds the rows against
// what is there now. It goes on in the grace when the run is told to stop. All
// images that are not as acknowledged are read in each round, so that one pause
// does for many; only the last round is believed.
func (l *laneRun) confirm(rows []int) {
	found := make(map[int]end)
	for n := 0; n < confirmReads && len(rows) > 0; n++ {
		var late error
		if n > 0 {
			late = wait(l.grace, confirmPause)
		}
		rows = l.contradicted(rows, late, found)
	}
	for _, row := range rows {
		if e := l.again(row, found[row]); !e.good() {
			l.contradict(row, e)
		} else {
			l.stands(row)
		}
	}
}

// contradicted reads the images of rows, many with one call, and decides those
// that are as acknowledged. It returns the others, with what was found. Once a
// read has failed, or if failed says so from the start, the rest is not read.
func (l *laneRun) contradicted(rows []int, failed error, found map[int]end) (rest []int) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(pagesOf(len(l.Lanes)))
	for some := range slices.Chunk(rows, ecs.PageSize) {
		mu.Lock()
		err := failed
		mu.Unlock()
		g.Go(func() error {
			var images map[string]ecs.Image
			if err == nil {
				images, err = l.lookAll(l.grace, l.ids(some))
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			}
			rest = append(rest, l.compared(some, images, err, found)...)
			return nil
		})
	}
	_ = g.Wait() // none fails
	slices.Sort(rest)
	return rest
}

// pagesOf bounds the pages that each of so many lanes reads side by side. All
// lanes may come to their end at once: together they hold no more replies then
// than when they were listed, if not even a page each is more.
func pagesOf(lanes int) int {
	return min(max(lanesAtOnce*pagesAtOnce/lanes, 1), pagesAtOnce)
}

func (l *laneRun) ids(rows []int) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = l.Plan.Rows[row].ImageID
	}
	return ids
}

// compared holds rows against their images, or err instead.
func (l *laneRun) compared(rows []int, images map[string]ecs.Image, err error, found map[int]end) (rest []int) {
	for _, row := range rows {
		image, ok := images[l.Plan.Rows[row].ImageID]
		if ok && l.confirmed(row, image) {
			continue
		}
		why := err
		if err == nil && !ok {
			why = errGone
		}
		found[row] = l.contradiction(row, image, why)
		rest = append(rest, row)
	}
	return rest
}

// applied lists the rows of the chains that were applied, in plan order.
func (l *laneRun) applied(chains []int) []int {
	var rows []int
	for _, index := range chains {
		steps := l.Plan.Chains[index].Steps
		last := lastSteps(steps)
		for i, step := range steps {
			if last[i] && l.results[step.Row].Outcome == plan.Applied {
				rows = append(rows, step.Row)
			}
		}
	}
	return rows
}

// confirmed decides a row if the image is as desired.
func (l *laneRun) confirmed(row int, image ecs.Image) bool {
	if image.Changes(ecs.Attributes(l.Plan.Rows[row].Want)) != (ecs.Attributes{}) {
		return false
	}
	l.stands(row)
	return true
}

// stands decides a row as it was acknowledged: all its edits are made.
func (l *laneRun) stands(row int) {
	l.results[row].Edited, l.results[row].Unsure = 0, 0
	l.events.put(row, Decided)
}

// again does a row once more whose image reads as before, or under its
// temporary name, for longer than reads lag behind: an acknowledged call was
// lost after all, or an earlier one of the same ring has landed late. It is read
// once more after that; a second contradiction stands.
func (l *laneRun) again(row int, e end) end {
	planned := &l.Plan.Rows[row]
	w := &worker{laneRun: l}
	set := planned.Old.Changes(ecs.Attributes(planned.Want))
	if e.code != history.CodeNotVisible && e.outcome != plan.Stranded {
		return e
	}
	step := plan.Step{Row: row, Set: &set}
	w.chain = plan.Chain{Lane: planned.Lane, Steps: []plan.Step{step}}
	if done := w.step(l.grace, step); !done.good() {
		return e
	}
	image, err := l.look(l.grace, planned.ImageID)
	if err == nil && image.Changes(ecs.Attributes(planned.Want)) == (ecs.Attributes{}) {
		return end{outcome: plan.Applied}
	}
	return l.contradiction(row, image, err)
}

// contradiction is the end of a row whose image is not as acknowledged.
func (l *laneRun) contradiction(row int, image ecs.Image, err error) end {
	id := l.Plan.Rows[row].ImageID
	if err == nil {
		l.sees(row, image.Attributes, false)
	}
	switch {
	case errors.Is(err, errGone):
		return end{outcome: plan.Conflict, code: history.CodeGone, message: id + " was deleted after it was changed"}
	case err != nil:
		return unconfirmed(err)
	case l.Plan.Rows[row].Want.ImageName != "" && image.ImageName == temporaryName(l.Lane.Lane, &l.Plan.Rows[row]):
		return stranded(l.Lane.Lane, &l.Plan.Rows[row])
	case l.asBefore(row, image):
		return end{outcome: plan.Unknown, code: history.CodeNotVisible, message: "the API acknowledged it, but " + id + " still reads as before"}
	default:
		return end{outcome: plan.Conflict, code: history.CodeDrift, message: fmt.Sprintf(
			"it was applied; then somebody else changed %s, now named %q", id, image.ImageName)}
	}
}

// asBefore tells whether each of the row's values reads as it was or as it
// shall be.
func (l *laneRun) asBefore(row int, image ecs.Image) bool {
	old := *l.Plan.Rows[row].Old
	for field, want := range ecs.Attributes(l.Plan.Rows[row].Want).All() {
		got := *image.Field(field)
		if want != "" && !field.Same(got, want) && !field.Same(got, *old.Field(field)) {
			return false
		}
	}
	return true
}

// contradict gives a row that was acknowledged another end.
func (l *laneRun) contradict(row int, e end) {
	r := &l.results[row]
	r.Outcome, r.Code, r.Message, r.Finished = e.outcome, e.code, e.message, now()
	if e.outcome == plan.Unknown { // what was acknowledged is not there, or cannot be read
		r.Edited, r.Unsure = 0, r.Edited|r.Unsure
	}
	l.events.put(row, Decided)
}
