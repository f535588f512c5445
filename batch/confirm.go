package batch

import (
	"context"
	"fmt"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// Reads may lag behind writes by some seconds: a read that contradicts what the
// API acknowledged is repeated before it is believed.
const (
	confirmReads = 6
	confirmPause = 2 * time.Second
)

// confirm lists the lane once more and holds its applied rows against what is
// there now.
func (l *laneRun) confirm(ctx context.Context, chains []int) {
	rows := l.applied(chains)
	if len(rows) == 0 {
		return
	}
	if ctx.Err() != nil {
		ctx = l.grace
	}
	images := make(map[string]ecs.Image)
	listed, err := l.List(ctx)
	for _, image := range listed {
		images[image.ID] = image
	}
	for _, row := range rows {
		result := &l.results[row]
		if err != nil {
			_, why := reasonOf(err)
			result.Outcome, result.Code = plan.Unknown, codeUnconfirmed
			result.Message = "the API acknowledged it, but it could not be read back: " + why
		} else if image, ok := images[l.Plan.Rows[row].ImageID]; !ok || !l.asDesired(row, image) {
			l.contradicted(ctx, row)
		}
		l.events <- Event{row, Decided}
	}
}

// applied lists the rows of the chains that were applied, in plan order.
func (l *laneRun) applied(chains []int) []int {
	var rows []int
	for _, index := range chains {
		for i, step := range l.Plan.Chains[index].Steps {
			if lastOf(l.Plan.Chains[index].Steps, i) && l.results[step.Row].Outcome == plan.Applied {
				rows = append(rows, step.Row)
			}
		}
	}
	return rows
}

func (r *run) asDesired(row int, image ecs.Image) bool {
	return image.Changes(ecs.Attributes(r.Plan.Rows[row].Want)) == ecs.Attributes{}
}

// contradicted decides a row whose image is not as the API acknowledged.
func (l *laneRun) contradicted(ctx context.Context, row int) {
	result := &l.results[row]
	var image ecs.Image
	var err error
	for range confirmReads {
		image, err = l.look(ctx, l.Plan.Rows[row].ImageID)
		if err == nil && l.asDesired(row, image) {
			return
		}
		if wait(ctx, confirmPause) != nil {
			break
		}
	}
	planned := l.Plan.Rows[row]
	switch {
	case err == errGone:
		result.Outcome, result.Code = plan.Conflict, codeGone
		result.Message = "it was applied; the image was deleted after"
	case err != nil:
		result.Outcome, result.Code = plan.Unknown, codeUnconfirmed
		_, result.Message = reasonOf(err)
	case image.Changes(*planned.Old) == ecs.Attributes{}:
		result.Outcome, result.Code = plan.Unknown, codeUnconfirmed
		result.Message = "the API acknowledged it, but the image still reads as before"
	default:
		result.Outcome, result.Code = plan.Conflict, codeDrift
		result.Message = fmt.Sprintf("it was applied; then somebody else changed the image, now named %s", image.ImageName)
	}
}
