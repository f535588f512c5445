package batch

import (
	"context"
	"fmt"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

const (
	// nameWait is how long to wait for a name that an image of the same plan
	// is about to free, or has freed and a reader still sees there.
	nameWait = 10 * time.Second

	// namePause is the wait before a name is asked for again.
	namePause = time.Second
)

// nameTaken judges a name that the API says is held: by the image itself,
// after a call of ours whose answer was lost; by an image of the same plan,
// which will free it or has just done so; or by a stranger.
func (a *attempt) nameTaken(ctx context.Context, err error) end {
	own, lookErr := a.sight(ctx)
	switch {
	case lookErr != nil: // the holder may tell
	case a.reached(own):
		return a.found()
	case !a.expected(own):
		return a.drifted(own)
	case own.ImageName == a.Set.ImageName && a.nameSince.IsZero():
		a.nameSince = time.Now()
		return end{} // the name is there: what else there is goes without it
	}
	holder := a.holder(ctx, a.Set.ImageName)
	if holder != "" && !a.moves(holder) {
		return end{
			outcome: plan.Conflict, code: history.CodeNameTaken,
			message: fmt.Sprintf("%s took the name %q", holder, a.Set.ImageName),
		}
	}
	if a.nameSince.IsZero() {
		a.nameSince = time.Now()
	}
	if time.Since(a.nameSince) >= nameWait {
		return refused(err)
	}
	if cause := wait(ctx, namePause); cause != nil {
		return stopped(cause)
	}
	return end{}
}

// holder is the id of the lane's image that has exactly this name, as far as
// it can be read. The API's own filter is a fuzzy one.
func (a *attempt) holder(ctx context.Context, name string) string {
	for number := 1; ; number++ {
		page, err := a.describe(ctx, ecs.Query{Name: name, Page: number})
		if err != nil {
			return ""
		}
		for _, image := range page.Images {
			if image.ImageName == name {
				return image.ID
			}
		}
		if len(page.Images) == 0 || number*ecs.PageSize >= page.Total {
			return ""
		}
	}
}

// moves tells whether the image is one that this chain moves.
func (w *worker) moves(id string) bool {
	for _, step := range w.chain.Steps {
		if w.Plan.Rows[step.Row].ImageID == id {
			return true
		}
	}
	return false
}
