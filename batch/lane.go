package batch

import (
	"context"
	"errors"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// An API is what the engine calls in the cloud, for one account in one region.
// It must be safe for concurrent use and must not retry by itself.
type API interface {
	// Credentials returns keys for the next write. They are fetched before a write
	// has its turn, however long that takes, so that nothing delays it then.
	Credentials(ctx context.Context) (ecs.Credentials, error)
	ModifyImageAttribute(ctx context.Context, keys ecs.Credentials, id string, set ecs.Attributes) (requestID string, err error)
	// VerifyImageAttribute asks about a write and changes nothing.
	VerifyImageAttribute(ctx context.Context, id string, set ecs.Attributes) error
	DescribeImages(ctx context.Context, q ecs.Query) (ecs.Page, error)
}

// A Lane is where the calls of one account in one region go, and how fast.
// Reads and writes have separate quotas.
type Lane struct {
	plan.Lane
	API API // reads, and writes unless Writers has the row's profile
	// Writers are the APIs that write rows of other profiles of the account.
	Writers map[string]API
	Reads   *pace.Gate
	Writes  *pace.Gate
	Retry   Retry
	// Reach is how long reads wait for the network before there is a plan.
	Reach *Reach
	// Err is why a lane without an API cannot be used: its credentials or its
	// account. It is nil for a lane in which there is nothing to do.
	Err error

	breaker *breaker // while a run is under way
	turns   turns    // of the calls of all lanes, while they are listed
}

// reply is what a call's result says about the quota.
func reply(class ecs.Class, err error) pace.Reply {
	r := pace.Reply{Answer: pace.Accepted}
	switch class {
	case ecs.Throttled:
		r.Answer = pace.Refused
	case ecs.Unsent, ecs.Ambiguous:
		r.Answer = pace.Unanswered
	}
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		r.Hint, r.Clock = e.RetryAfter, e.Date
	}
	return r
}

// guarded returns the lane with a circuit breaker, if it is to wait for the end
// of outages.
func (l Lane) guarded(w *watch) Lane {
	l.Reach = nil
	if l.Retry.MaxOutage > 0 {
		l.breaker = newBreaker(l.Retry.MaxOutage, l.probe)
		l.breaker.watch = w
	}
	return l
}

// probe makes one read. Only that there is an answer matters, not what it says.
func (l Lane) probe(ctx context.Context) error {
	ticket, err := l.Reads.Enter(ctx)
	if err != nil {
		return err
	}
	_, err = l.API.DescribeImages(ctx, ecs.Query{})
	l.Reads.Leave(ticket, reply(ecs.Classify(err), err))
	return err
}

// watch begins to watch the lane; put is called with its events.
func (l Lane) watch(put func(LaneEvent)) *watch {
	w := &watch{put: put}
	l.Reads.Watch(w.gate)
	l.Writes.Watch(w.gate)
	return w
}

// unwatch ends the watch of the lane: put is not called after it.
func (l Lane) unwatch(w *watch) {
	l.Reads.Watch(nil)
	l.Writes.Watch(nil)
	w.end()
}

// watching says when the lane's reads are throttled for long, until stop is
// called.
func (l Lane) watching() (stop func()) {
	if l.Reach == nil {
		return func() {}
	}
	w := &watch{put: func(e LaneEvent) {
		if e.State == Throttled {
			l.Reach.tell(Delay{Lane: l.Lane, State: Throttled, Most: pace.Patience})
		}
	}}
	l.Reads.Watch(w.gate)
	return func() {
		l.Reads.Watch(nil)
		w.end()
	}
}

// temporaryName is the name under which the row's image is parked, by this run
// or an earlier one.
func (l Lane) temporaryName(row *plan.Row) string {
	return plan.TemporaryName(l.Account, l.Region, row.ImageID, row.Want.ImageName)
}

// asDesired reports whether the image has all the values that the row wants.
func asDesired(row *plan.Row, image ecs.Image) bool {
	return image.Changes(ecs.Attributes(row.Want)) == ecs.Attributes{}
}
