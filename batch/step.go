package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

const (
	// freshFor is how old the sight of an image may be that a write rests on.
	// The API has no conditional write: this bounds the gap in which somebody
	// else's edit could be overwritten unseen.
	freshFor = 10 * time.Second

	// nameWait is how long to wait for a name that an image of the same plan
	// is about to free, or has freed and a reader still sees there.
	nameWait = 10 * time.Second

	// forbiddenInARow is how many rows may be refused for lack of permission
	// before the lane is given up: one may concern its image, many do not.
	forbiddenInARow = 5

	// retryPause is the wait before an image or a name is looked at again.
	retryPause = time.Second
)

// An attempt is a step under way: what was sent and what is known of it.
type attempt struct {
	*worker
	plan.Step
	id        string
	sent      int       // calls that may have been applied or were acknowledged
	unclear   int       // those of them without a clear answer
	tries     int       // against Retry.Attempts
	lastSent  time.Time // the last unclear one
	refreshed bool      // credentials were fetched anew
	nameSince time.Time // since when the name has been found taken
}

// step brings one image to the step's values and says how that ended. It is
// decided from the image as it is: a step that finds its work done is done.
func (w *worker) step(ctx context.Context, s plan.Step) end {
	a := &attempt{worker: w, Step: s, id: w.Plan.Rows[s.Row].ImageID}
	if e := a.settleEarlier(ctx); e != nil {
		return *e
	}
	for {
		e, again := a.once(ctx)
		if !again {
			a.remember(e)
			return e
		}
	}
}

// settleEarlier waits until no earlier, different call to the image can land
// any more.
func (a *attempt) settleEarlier(ctx context.Context) *end {
	since, ok := a.unsettled[a.id]
	if !ok {
		return nil
	}
	if err := wait(ctx, time.Until(since.Add(a.Retry.Settle))); err != nil {
		return stopped(err)
	}
	delete(a.unsettled, a.id)
	return nil
}

// remember notes a call that may still land: several were sent, at least one
// of them had no answer, and which of them took cannot be told.
func (a *attempt) remember(e end) {
	if a.unclear > 1 || a.unclear == 1 && (a.sent > 1 || !e.good()) {
		a.unsettled[a.id] = a.lastSent
	}
}

// once makes one call and judges its answer; again says that the step goes on.
func (a *attempt) once(ctx context.Context) (e end, again bool) {
	if down := a.down.Load(); down != nil {
		return refused(down), false
	}
	ticket, err := a.Writes.Enter(ctx)
	if err != nil {
		return a.stop(ctx, err), false
	}
	if a.unclear == 0 && time.Since(a.Seen) > freshFor {
		if e := a.compare(ctx); e != nil {
			a.Writes.Leave(ticket, pace.Unanswered, 0)
			return *e, false
		}
	}
	id, err := a.API.ModifyImageAttribute(context.WithoutCancel(ctx), a.id, *a.Set)
	class := ecs.Classify(err)
	a.Writes.Leave(ticket, answer(class), hint(err))
	return a.judge(ctx, class, id, err)
}

// judge decides what an answer means for the step.
func (a *attempt) judge(ctx context.Context, class ecs.Class, requestID string, err error) (e end, again bool) {
	result := &a.results[a.Row]
	if class != ecs.Throttled {
		result.Attempts++
	}
	if class != ecs.Forbidden && class != ecs.Unsent && class != ecs.Ambiguous && class != ecs.Throttled {
		a.forbidden.Store(0)
	}
	switch class {
	case ecs.Applied:
		a.sent++
		return end{outcome: plan.Applied, requestID: requestID}, false
	case ecs.Throttled:
		return end{}, true
	case ecs.Expired:
		if !a.refreshed {
			a.refreshed = true
			return end{}, true
		}
		return a.giveUpLane(err), false
	case ecs.Down:
		return a.giveUpLane(err), false
	case ecs.Forbidden:
		if a.forbidden.Add(1) >= forbiddenInARow {
			return a.giveUpLane(err), false
		}
		return refused(err), false
	case ecs.Duplicated:
		return a.nameTaken(ctx, err)
	case ecs.Busy, ecs.Unsent:
		return a.later(ctx, err)
	case ecs.Ambiguous:
		a.sent++
		a.unclear++
		a.lastSent = time.Now()
		return a.readBack(ctx, err)
	default:
		return refused(err), false
	}
}

// refused is the end of a row to which the API certainly said no.
func refused(err error) end {
	e := end{outcome: plan.Failed}
	e.code, e.message = reasonOf(err)
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		e.requestID = api.RequestID
	}
	return e
}

// giveUpLane ends the row and, with it, all rows of the lane that come after.
func (a *attempt) giveUpLane(err error) end {
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		a.down.CompareAndSwap(nil, api)
	}
	return refused(err)
}

// stop ends the step because no further call may be made for it.
func (a *attempt) stop(ctx context.Context, err error) end {
	if a.unclear > 0 {
		return a.unknown(err)
	}
	if errors.Is(err, pace.ErrThrottledOut) {
		return end{outcome: plan.Pending, code: codeThrottledOut, message: err.Error()}
	}
	return *stopped(err)
}

func (a *attempt) unknown(err error) end {
	e := end{outcome: plan.Unknown}
	e.code, e.message = reasonOf(err)
	if e.code == codeOther {
		e.code = codeLost
	}
	return e
}

// later waits before the next attempt, after a call that certainly was not
// applied but may be the next time.
func (a *attempt) later(ctx context.Context, err error) (e end, again bool) {
	a.tries++
	if a.tries >= a.Retry.Attempts {
		e := refused(err)
		if ecs.Classify(err) == ecs.Unsent {
			e.outcome = plan.Pending // never left this host: the lane is out of reach
		}
		if a.unclear > 0 {
			return a.unknown(err), false
		}
		return e, false
	}
	if cause := wait(ctx, a.Retry.delay(a.tries)); cause != nil {
		return a.stop(ctx, cause), false
	}
	return end{}, true
}

// readBack finds out what became of a call without a clear answer.
func (a *attempt) readBack(ctx context.Context, err error) (e end, again bool) {
	a.tries++
	image, lookErr := a.look(context.WithoutCancel(ctx), a.id)
	if lookErr == nil && a.reached(image) {
		return end{outcome: plan.Applied}, false
	}
	if a.tries < a.Retry.Attempts {
		if cause := wait(ctx, a.Retry.delay(a.tries)); cause != nil {
			return a.unknown(err), false
		}
		return end{}, true
	}
	return a.settle(ctx, err), false
}

// settle decides a step whose attempts are spent: only after the settle time
// does a read tell for certain that none of them was applied.
func (a *attempt) settle(ctx context.Context, err error) end {
	if wait(ctx, time.Until(a.lastSent.Add(a.Retry.Settle))) != nil {
		return a.unknown(err)
	}
	image, lookErr := a.look(ctx, a.id)
	switch {
	case lookErr != nil:
		return a.unknown(err)
	case a.reached(image):
		return end{outcome: plan.Applied}
	case a.expected(image):
		a.unclear = 0
		return refused(err)
	default:
		return a.drifted(image)
	}
}

// compare reads the image and says how the step ends if it must not be sent:
// the image is as desired already, or not as it was planned.
func (a *attempt) compare(ctx context.Context) *end {
	image, err := a.look(ctx, a.id)
	switch {
	case errors.Is(err, errGone):
		return &end{outcome: plan.Failed, code: codeGone, message: err.Error()}
	case err != nil && ctx.Err() != nil:
		return stopped(context.Cause(ctx))
	case err != nil:
		e := refused(err)
		e.outcome = plan.Pending
		return &e
	case a.reached(image):
		return &end{outcome: plan.Unchanged}
	case !a.expected(image):
		e := a.drifted(image)
		return &e
	}
	return nil
}

// reached tells whether the image has all the values of the step.
func (a *attempt) reached(image ecs.Image) bool {
	return image.Changes(*a.Set) == ecs.Attributes{}
}

// expected tells whether the image has the values that the step would change,
// or already has the new one, and keeps the row's conditions.
func (a *attempt) expected(image ecs.Image) bool {
	return a.firstDrift(image) == ""
}

// firstDrift names the first attribute that is neither as it was nor as it
// shall be.
func (a *attempt) firstDrift(image ecs.Image) string {
	before := a.values(a.Row)
	conditions := ecs.Attributes(a.Plan.Rows[a.Row].Current)
	for field, desired := range a.Set.All() {
		got, was := *image.Field(field), *before.Field(field)
		if desired != "" && !field.Same(got, desired) && !field.Same(got, was) && !(field == ecs.ImageName && a.ownTemporary(got)) {
			return drift(field, got, was)
		}
	}
	for field, condition := range conditions.All() {
		got, was := *image.Field(field), *before.Field(field)
		if condition != "" && field != ecs.ImageName && !field.Same(got, was) {
			return drift(field, got, was)
		}
	}
	return ""
}

// ownTemporary tells whether a name is the one under which the row's image is
// parked: an earlier run may have left it there.
func (a *attempt) ownTemporary(name string) bool {
	return name == plan.TemporaryName(a.Account, a.Region, a.id, a.Plan.Rows[a.Row].Want.ImageName)
}

func drift(field ecs.Attribute, got, was string) string {
	return fmt.Sprintf("%s is %q, not %q any more", field, got, was)
}

func (a *attempt) drifted(image ecs.Image) end {
	return end{outcome: plan.Conflict, code: codeDrift, message: a.firstDrift(image)}
}

// nameTaken judges a name that the API says is held: by the image itself,
// after a call of ours whose answer was lost; by an image of the same plan,
// which will free it or has just done so; or by a stranger.
func (a *attempt) nameTaken(ctx context.Context, err error) (e end, again bool) {
	own, lookErr := a.look(ctx, a.id)
	if lookErr == nil && a.reached(own) {
		return end{outcome: plan.Applied}, false
	}
	holder := a.holder(ctx, a.Set.ImageName)
	if holder != "" && !a.planned(holder) {
		return end{
			outcome: plan.Conflict, code: codeNameTaken,
			message: fmt.Sprintf("%s took the name %s", holder, a.Set.ImageName),
		}, false
	}
	if a.nameSince.IsZero() {
		a.nameSince = time.Now()
	}
	if time.Since(a.nameSince) >= nameWait {
		return refused(err), false
	}
	if cause := wait(ctx, retryPause); cause != nil {
		return a.stop(ctx, cause), false
	}
	return end{}, true
}

// holder is the id of the lane's image that has exactly this name, as far as
// it can be read.
func (a *attempt) holder(ctx context.Context, name string) string {
	page, err := a.describe(ctx, ecs.Query{Name: name})
	if err != nil {
		return ""
	}
	for _, image := range page.Images {
		if image.ImageName == name {
			return image.ID
		}
	}
	return ""
}

// planned tells whether the image is one that this chain moves.
func (a *attempt) planned(id string) bool {
	for _, step := range a.chain.Steps {
		if a.Plan.Rows[step.Row].ImageID == id {
			return true
		}
	}
	return false
}
