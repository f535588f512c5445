package batch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// confirm reads the images of applied rows once more and decides the rows by
// what is there. If the run is told to stop, it goes on within the grace. Each
// round reads all images that are not yet as acknowledged, so that one pause
// serves many; only the last round is believed.
func (l *laneRun) confirm(rows []int) {
	found := make(map[int]end)
	for n := 0; n < confirmReads && len(rows) > 0; n++ {
		var stop error
		if n > 0 {
			stop = wait(l.grace, confirmPause)
		}
		rows = l.check(rows, stop, found)
	}
	for _, row := range rows {
		if e := l.redo(row, found[row]); e.good() {
			l.accept(row, e.message)
		} else {
			l.overrule(row, e)
		}
	}
}

// check reads the images of rows, many with one call, and accepts the rows that
// are as acknowledged. It returns the others, and in found how they would end.
// After a failed read, or if failed is not nil, it reads no more.
func (l *laneRun) check(rows []int, failed error, found map[int]end) (rest []int) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(pagesOf(len(l.run.Lanes)))
	for page := range slices.Chunk(rows, ecs.PageSize) {
		mu.Lock()
		err := failed
		mu.Unlock()
		g.Go(func() error {
			var images map[string]ecs.Image
			if err == nil {
				images, err = l.ahead.readEach(l.grace, l.Lane, l.ids(page))
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			}
			rest = append(rest, l.checkPage(page, images, err, found)...)
			return nil
		})
	}
	_ = g.Wait() // none fails
	slices.Sort(rest)
	return rest
}

// pagesOf bounds the pages that each of so many lanes reads side by side. All
// lanes may come to their end at once: together they then hold 512 replies at
// most, unless a page each is more already.
func pagesOf(lanes int) int {
	return min(max(readsAtOnce*pagesAtOnce/lanes, 1), pagesAtOnce)
}

func (l *laneRun) ids(rows []int) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = l.run.Plan.Rows[row].ImageID
	}
	return ids
}

// checkPage is check for the rows of a page; err is why images lacks some that
// could not be read.
func (l *laneRun) checkPage(rows []int, images map[string]ecs.Image, err error, found map[int]end) (rest []int) {
	for _, row := range rows {
		planned := &l.run.Plan.Rows[row]
		image, ok := images[planned.ImageID]
		if ok && asDesired(planned, image) {
			l.accept(row, "")
			continue
		}
		var why error
		if !ok {
			why = cmp.Or(err, errGone)
		}
		found[row] = l.mismatch(row, image, why)
		rest = append(rest, row)
	}
	return rest
}

// accept decides a row as it was acknowledged: all its edits are made. message
// says how that is known, if not by reading.
func (l *laneRun) accept(row int, message string) {
	r := &l.run.results[row]
	r.Edited, r.Unsure, r.Message = 0, 0, message
	l.run.events.put(row, Decided)
}

// overrule gives a row that was acknowledged another end.
func (l *laneRun) overrule(row int, e end) {
	r := &l.run.results[row]
	r.Outcome, r.Code, r.Message, r.Finished = e.outcome, e.code, e.message, now()
	if e.outcome == plan.Unknown { // what was acknowledged is not there, or cannot be read
		r.Edited, r.Unsure = 0, r.Edited|r.Unsure
	}
	l.run.events.put(row, Decided)
}

// redo does a row once more if its image reads as before, or has its temporary
// name, for longer than reads lag behind writes: an acknowledged call was lost
// after all, or an earlier one of the same ring has landed late. The image is
// read once more after that; a second mismatch is final. A row that lacks only
// what the API never shows is left as it was acknowledged.
func (l *laneRun) redo(row int, e end) end {
	if l.neverShown(e.lacks) {
		return acknowledged
	}
	if e.code != history.CodeNotVisible && e.outcome != plan.Stranded {
		return e
	}
	planned := &l.run.Plan.Rows[row]
	set := planned.Old.Changes(ecs.Attributes(planned.Want))
	step := plan.Step{Row: row, Set: &set}
	c := &chainRun{run: l.run, lane: l, chain: &plan.Chain{Lane: planned.Lane, Steps: []plan.Step{step}}}
	if done := c.step(l.grace, step); !done.good() {
		return e
	}
	image, err := l.readImage(l.grace, planned.ImageID)
	if err == nil && asDesired(planned, image) {
		return end{outcome: plan.Applied}
	}
	if e = l.mismatch(row, image, err); l.neverShown(e.lacks) {
		return acknowledged
	}
	return e
}

// acknowledged is the end of a row that the API has acknowledged and cannot
// prove.
var acknowledged = end{outcome: plan.Applied, message: "acknowledged; the API does not show this attribute"}

// maybeHidden are the attributes that some editions of the API do not show. The
// others are shown by all.
var maybeHidden = ecs.Fields(0).With(ecs.BootMode).With(ecs.LicenseType).With(ecs.NvmeSupport).With(ecs.ImdsSupport)

// neverShown reports whether the API shows none of the attributes: no image of
// the lane has a value. To know that, the lane is listed once in a run, and only
// if there is a row that depends on it.
func (l *laneRun) neverShown(lacks ecs.Fields) bool {
	if lacks == 0 || lacks&^maybeHidden != 0 {
		return false
	}
	if !l.listed {
		l.listed = true
		if images, err := l.List(l.grace); err == nil {
			l.hidden = maybeHidden
			for i := range images {
				l.hidden &^= images[i].Fields()
			}
		}
	}
	return lacks&^l.hidden == 0
}

// mismatch is the end of a row whose image is not as acknowledged, or could not
// be read.
func (l *laneRun) mismatch(row int, image ecs.Image, err error) end {
	planned := &l.run.Plan.Rows[row]
	if err == nil {
		l.run.noteRead(row, image.Attributes, false)
	}
	switch {
	case errors.Is(err, errGone):
		return end{outcome: plan.Conflict, code: history.CodeGone, message: planned.ImageID + " was deleted after it was changed"}
	case err != nil:
		return unconfirmed(err)
	case planned.Want.ImageName != "" && image.ImageName == l.temporaryName(planned):
		return l.stranded(planned)
	case asBefore(planned, image):
		return end{
			outcome: plan.Unknown, code: history.CodeNotVisible, lacks: image.Changes(ecs.Attributes(planned.Want)).Fields(),
			message: "the API acknowledged it, but " + planned.ImageID + " still reads as before",
		}
	default:
		return end{outcome: plan.Conflict, code: history.CodeDrift, message: fmt.Sprintf(
			"it was applied; then somebody else changed %s, now named %q", planned.ImageID, image.ImageName)}
	}
}

// asBefore reports whether each of the row's values reads as it was or as it
// shall be.
func asBefore(row *plan.Row, image ecs.Image) bool {
	for field, want := range ecs.Attributes(row.Want).All() {
		got := *image.Field(field)
		if want != "" && !field.Same(got, want) && !field.Same(got, *row.Old.Field(field)) {
			return false
		}
	}
	return true
}
