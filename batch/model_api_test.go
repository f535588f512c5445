package batch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
)

const (
	modelWay     = 500 * time.Millisecond // of a write, each direction
	modelReading = 300 * time.Millisecond // of a read, each direction
)

// A modelAPI answers one process of a trace. Once the process has crashed,
// its callers never return: that is what a crash looks like from inside.
type modelAPI struct{ *trace }

var (
	errLostAnswer = &ecs.Error{Action: "ModifyImageAttribute", Sent: true, Err: errors.New("connection reset")}
	errRefusal    = &ecs.Error{Action: "ModifyImageAttribute", Status: 400, Code: "InvalidImageName.Malformed", Sent: true}
	errNameTaken  = &ecs.Error{Action: "ModifyImageAttribute", Status: 400, Code: "InvalidImageName.Duplicated", Sent: true}
	errDown       = &ecs.Error{Action: "ModifyImageAttribute", Status: 403, Code: "Forbidden.AccessKeyDisabled", Sent: true}
)

func (modelAPI) Credentials(context.Context) (ecs.Credentials, error) {
	return ecs.Credentials{}, nil
}

func (a modelAPI) ModifyImageAttribute(_ context.Context, _ ecs.Credentials, id string, set ecs.Attributes) (string, error) {
	t := a.trace
	t.liveOrGone()
	t.land(time.Now())
	t.checkSend(id, set)
	f := t.pick(t.writeFates(set))
	t.tell("write %s %s%s: %s", id, set.ImageName, set.Description, f)
	switch f.kind {
	case crashBefore:
		t.crash()
	case crashLate, late:
		t.pending = append(t.pending, pendingCall{time.Now().Add(f.by), id, set})
		if f.kind == crashLate {
			t.crash()
		}
	case meddleBefore:
		t.meddle(time.Now(), f.other)
	case stopSignal:
		t.stopped = true
		t.stop(errSignal)
	}
	time.Sleep(modelWay)
	t.land(time.Now())
	err := t.arrive(id, set, f)
	if f.kind == crashAfter {
		t.crash()
	}
	time.Sleep(modelWay)
	t.land(time.Now())
	if f.kind == meddleAfter {
		t.meddle(time.Now(), f.other)
	}
	if err != nil {
		t.tell("  → %s", ecs.Classify(err))
		if ecs.Classify(err) == ecs.Ambiguous && t.noReadBack {
			t.believed[id] = set
		}
		return "", err
	}
	return "request", nil
}

// arrive is what the server does with a call.
func (t *trace) arrive(id string, set ecs.Attributes, f fate) error {
	switch f.kind {
	case lostBefore, late:
		return errLostAnswer
	case refusal:
		return errRefusal
	case down:
		return errDown
	}
	ok := t.edit(time.Now(), id, set)
	switch {
	case f.kind == lostAfter:
		return errLostAnswer
	case !ok:
		return errNameTaken
	}
	return nil
}

// VerifyImageAttribute is not for runs.
func (modelAPI) VerifyImageAttribute(context.Context, string, ecs.Attributes) error {
	panic("a run asks nothing beforehand")
}

func (a modelAPI) DescribeImages(_ context.Context, q ecs.Query) (ecs.Page, error) {
	t := a.trace
	t.liveOrGone()
	time.Sleep(modelReading)
	t.land(time.Now())
	f := t.pick(t.readFates(modelQuery(q)))
	asOf := time.Now().Add(-t.lag)
	switch f.kind {
	case crashBefore:
		t.tell("read: %s", f)
		t.crash()
	case stale:
		asOf = asOf.Add(-staleBy)
	case meddleBefore:
		t.meddle(time.Now(), f.other)
	}
	page := modelQuery(q).choose(t.at(asOf))
	for i, image := range page.Images {
		t.seen[image.ID] = asOf
		if set, ok := t.believed[image.ID]; ok && len(q.IDs) > 0 {
			page.Images[i].Attributes = image.Apply(set)
			delete(t.believed, image.ID)
		}
	}
	t.tell("read %v %s: %s → %s", q.IDs, q.Name, f, shortly(page.Images))
	time.Sleep(modelReading)
	return page, nil
}

func shortly(images []ecs.Image) (text string) {
	for _, image := range images {
		text += fmt.Sprintf("%s:%s ", image.ID, image.ImageName)
	}
	return text
}

// A modelJournal is the trace's journal, to which every process appends.
type modelJournal struct{ *trace }

// Commit is a moment at which the process may crash with nothing written.
func (j modelJournal) Commit(r history.Record) error {
	t := j.trace
	t.liveOrGone()
	fates := append(t.fates[:0], fate{})
	if t.life < lives {
		fates = append(fates, fate{kind: crashBefore})
	}
	t.fates = fates
	if t.pick(fates).kind == crashBefore {
		t.tell("crash before the intent is written")
		t.crash()
	}
	t.write(r)
	return nil
}

// Append keeps only answers: how rows ended is for reports.
func (j modelJournal) Append(r history.Record) error {
	if r.Kind != history.Ended {
		j.liveOrGone()
		j.write(r)
	}
	return nil
}

// crash ends the process: the calling goroutine ends, and so does any that calls
// after it.
func (t *trace) crash() {
	t.dead = true
	runtime.Goexit()
}

func (t *trace) liveOrGone() {
	if t.dead {
		runtime.Goexit()
	}
}
