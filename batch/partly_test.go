package batch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A cut ends a process once its journal has so many records.
type cut int

const (
	stopped    cut = iota // it is told to stop
	killed                // its last call is done
	killedIdle            // its last call never arrives
)

// A partly is a job of two rings whose members also have other edits, done by one
// process after the other with one journal.
type partly struct {
	t *testing.T
	*stage
	notebook
	sealed *plan.Plan
	dead   atomic.Bool // nothing arrives any more
	when   int         // records, after which stop is called
	stop   func()
	// dice decide what becomes of calls; nil if all are done.
	dice *rand.Rand
	// meddled are the attributes of ours that somebody else has changed.
	meddled ecs.Fields
}

func (p *partly) Commit(r history.Record) error { return p.Append(r) }

func (p *partly) Append(r history.Record) error {
	err := p.notebook.Append(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.records) == p.when && p.stop != nil {
		p.stop()
	}
	return err
}

func (p *partly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("x-acs-action") != "ModifyImageAttribute" {
		return p.server.RoundTrip(r)
	}
	if p.dead.Load() {
		return nil, errors.New("the process is dead")
	}
	if p.dice == nil {
		return p.server.RoundTrip(r)
	}
	switch p.dice.IntN(5) {
	case 0:
		httptrace.ContextClientTrace(r.Context()).WroteRequest(httptrace.WroteRequestInfo{})
		return nil, errors.New("lost before it was done")
	case 1:
		if response, err := p.server.RoundTrip(r); err == nil {
			response.Body.Close()
		}
		return nil, errors.New("lost after it was done")
	case 2:
		body := io.NopCloser(strings.NewReader(`{"Code":"UnsupportedParameter","Message":"no","RequestId":"R"}`))
		return &http.Response{StatusCode: http.StatusBadRequest, Header: make(http.Header), Request: r, Body: body}, nil
	default:
		return p.server.RoundTrip(r)
	}
}

var partlyOld = []ecssim.Image{
	described("m-1:a", "one"), described("m-2:b", "two"), described("m-3:c", "three"), described("m-4:d", ""),
}

func described(text, about string) ecssim.Image {
	i := image(text)
	i.Description = about
	return i
}

func newPartly(t *testing.T) *partly {
	t.Helper()
	p := &partly{t: t}
	s := scene{images: partlyOld, wire: func(http.RoundTripper) http.RoundTripper { return p }}
	p.stage = s.build(t)
	wanted := rows("m-1:b", "m-2:a", "m-3:d", "m-4:c")
	for i := range wanted {
		wanted[i].Want.Description = "new " + wanted[i].ImageID
	}
	p.sealed = plan.New(requests(wanted, p.lanes), p.list())
	return p
}

// list reads the images, as every process does first.
func (p *partly) list() []plan.Inventory {
	p.seen = time.Now()
	listed, err := batch.Load(p.t.Context(), p.lanes)
	if err != nil {
		p.t.Fatal(err)
	}
	return listed
}

// process works on a plan until it is cut off after so many more records, or to the
// end if that is 0.
func (p *partly) process(next *plan.Plan, how cut, after int) *record {
	ctx, cancel := context.WithCancelCause(p.t.Context())
	defer cancel(nil)
	p.room, p.when, p.stop = 0, 0, nil
	if after > 0 {
		p.when = len(p.records) + after
		switch how {
		case stopped:
			p.stop = func() { cancel(errSignal) }
		case killedIdle:
			p.room, p.stop = p.when, func() { p.dead.Store(true) }
		case killed:
			p.room = p.when
		}
	}
	s := scene{workers: 1, journal: p, past: replay(p.records).Past(), old: p.old()}
	r := s.run(ctx, p.stage, next)
	p.dead.Store(false)
	p.stop = nil
	if whole := after == 0 || how == stopped; whole {
		if diff := cmp.Diff(r.results, p.rebuilt()); diff != "" {
			p.t.Errorf("results rebuilt from the journal (-run +rebuilt):\n%s", diff)
		}
	}
	p.checkListed()
	return r
}

func (p *partly) rebuilt() []history.Result { return rebuilt(p.sealed, p.records) }

// old are the values from before the run.
func (p *partly) old() (all []*ecs.Attributes) {
	for _, row := range p.sealed.Rows {
		all = append(all, row.Old)
	}
	return all
}

// left returns the plan for what is left, once no call can land any more.
func (p *partly) left() *plan.Plan {
	time.Sleep(time.Until(replay(p.records).SettledAt(batch.DefaultRetry.Settle)))
	return plan.Rest(p.sealed, p.list())
}

// attributes are those of an image that the rows set.
func attributes(i ecssim.Image) ecs.Attributes {
	return ecs.Attributes{ImageName: i.Name, Description: i.Description}
}

// checkListed checks that undo puts back or lists whatever is not as before.
func (p *partly) checkListed() {
	back, kept := history.Undo(p.sealed, p.rebuilt())
	for i, image := range p.server.Images(account, region) {
		var known ecs.Fields
		for _, row := range back {
			if row.ImageID == image.ID {
				known |= ecs.Attributes(row.Want).Fields()
			}
		}
		for _, k := range kept {
			for a := range (ecs.Attributes{}).All() {
				if k.ImageID == image.ID && k.Column == a.String() {
					known = known.With(a)
				}
			}
		}
		is, was := attributes(image), attributes(partlyOld[i])
		for a := range is.All() {
			if *is.Field(a) != *was.Field(a) && *is.Field(a) == *(*ecs.Attributes)(&p.sealed.Rows[i].Want).Field(a) && !known.Has(a) {
				p.t.Errorf("%s of %s was %q and is %q, and undo knows nothing of it\n%s", a, image.ID, *was.Field(a), *is.Field(a), p.story())
			}
		}
	}
}

// checkEdited checks that the report of a row that is not done names exactly the
// edits that were made.
func (p *partly) checkEdited(results []history.Result) {
	for i, image := range p.server.Images(account, region) {
		r, is, was := results[i], attributes(image), attributes(partlyOld[i])
		want := ecs.Attributes(p.sealed.Rows[i].Want)
		for a := range is.All() {
			edited := *is.Field(a) == *want.Field(a) && *is.Field(a) != *was.Field(a)
			theirs := *is.Field(a) != *want.Field(a) && *is.Field(a) != *was.Field(a)
			if r.Outcome == plan.Applied || r.Outcome == plan.Unchanged {
				edited = false
			}
			doubt := theirs || r.Outcome == plan.Unknown
			if r.Edited.Has(a) && !edited || edited && !r.Edited.Has(a) && !(doubt && r.Unsure.Has(a)) || r.Unsure.Has(a) && !doubt {
				p.t.Errorf("%s is %s, edited: %s, unsure: %s; its %s was %q and is %q\n%s",
					image.ID, r.Outcome, r.Edited, r.Unsure, a, *was.Field(a), *is.Field(a), p.story())
			}
		}
	}
}

// undo applies what undo writes and returns what it could not put back, by id.
func (p *partly) undo() map[string]ecs.Fields {
	back, kept := history.Undo(p.sealed, p.rebuilt())
	s := scene{rows: back}
	r := s.run(p.t.Context(), p.stage, plan.New(requests(back, p.lanes), p.list()))
	not := make(map[string]ecs.Fields)
	for _, k := range kept {
		for a := range (ecs.Attributes{}).All() {
			if k.Column == a.String() || k.Column == "" {
				not[k.ImageID] = not[k.ImageID].With(a)
			}
		}
	}
	for i, result := range r.results {
		if result.Outcome != plan.Applied && result.Outcome != plan.Unchanged {
			not[back[i].ImageID] |= ecs.Attributes(back[i].Want).Fields()
		}
	}
	return not
}

// checkUndone checks that every image has its old values again, except what was
// listed and what somebody else has set and we have not touched.
func (p *partly) checkUndone(not map[string]ecs.Fields) {
	for i, image := range p.server.Images(account, region) {
		is, was := attributes(image), attributes(partlyOld[i])
		for a := range is.All() {
			if *is.Field(a) != *was.Field(a) && !not[image.ID].Has(a) && (*is.Field(a) != "theirs" || p.meddled.Has(a)) {
				p.t.Errorf("after undo %s of %s is %q, was %q\n%s", a, image.ID, *is.Field(a), *was.Field(a), p.story())
			}
		}
	}
}

// A run that was cut off anywhere, and whose resume was too, can be closed or
// finished and then undone: no change is forgotten, whichever process made it.
func TestPartsAreKnownAndUndone(t *testing.T) {
	about := ecs.Fields(0).With(ecs.Description)
	for _, first := range []cut{stopped, killed, killedIdle} {
		for _, second := range []int{0, 1, 3, 6} { // records until the first resume is cut off
			for _, abandon := range []bool{false, true} {
				name := fmt.Sprintf("%v, resume cut after %d, abandoned %v", []string{"stopped", "killed", "killed idle"}[first], second, abandon)
				t.Run(name, func(t *testing.T) {
					for n := 1; n <= 24; n++ {
						synctest.Test(t, func(t *testing.T) {
							p := newPartly(t)
							p.process(p.sealed, first, n)
							if second > 0 {
								p.process(p.left(), first, second)
							}
							next := p.left()
							if abandon {
								next = next.OnlyOpen()
							}
							r := p.process(next, first, 0)
							p.checkEdited(r.results)
							want := map[string]ecs.Fields{}
							if now := p.server.Images(account, region)[3]; now.Description != "" {
								want["m-4"] = about // it was empty
							}
							not := p.undo()
							if diff := cmp.Diff(want, not); diff != "" {
								t.Errorf("not put back (-want +got):\n%s\n%s\n%s", diff, p.story(), r.messages())
							}
							p.checkUndone(not)
							if t.Failed() {
								t.Fatalf("after %d records", n)
							}
						})
					}
				})
			}
		}
	}
}

// Somebody else changes an image between two processes: what is still as the run
// left it is put back, the rest is listed.
func TestPartsBesideSomebodyElse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*ecssim.Image)
	}{
		{"renamed", func(i *ecssim.Image) { i.Name = "theirs" }},
		{"described", func(i *ecssim.Image) { i.Description = "theirs" }},
	} {
		for _, how := range []cut{stopped, killed, killedIdle} {
			for _, abandon := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %d %v", tt.name, how, abandon), func(t *testing.T) {
					for n := 1; n <= 24; n++ {
						for at := range partlyOld {
							synctest.Test(t, func(t *testing.T) {
								p := newPartly(t)
								p.process(p.sealed, how, n)
								time.Sleep(2 * time.Minute) // nothing of ours lands any more
								id := p.meddle(at, tt.change)
								next := p.left()
								if abandon {
									next = next.OnlyOpen()
								}
								r := p.process(next, how, 0)
								p.checkEdited(r.results)
								not := p.undo()
								p.checkUndone(not)
								p.checkOthers(not, id, r)
								if t.Failed() {
									t.Fatalf("after %d records, %s:\n%s\n%s", n, id, p.story(), r.messages())
								}
							})
						}
					}
				})
			}
		}
	}
}

// Answers get lost and calls are refused, in process after process.
func TestPartsOfUnknownFate(t *testing.T) {
	var totals plan.Totals
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			p := newPartly(t)
			p.dice = rand.New(rand.NewPCG(seed, 1))
			next, how := p.sealed, cut(p.dice.IntN(3))
			for range p.dice.IntN(3) {
				p.process(next, how, 1+p.dice.IntN(24))
				next = p.left()
			}
			if p.dice.IntN(2) == 0 {
				next = next.OnlyOpen()
			}
			r := p.process(next, how, 0)
			time.Sleep(2 * time.Minute) // nothing of ours lands any more
			p.checkEdited(r.results)
			for outcome, count := range history.Totals(r.results) {
				totals[outcome] += count
			}
			p.dice = nil
			p.checkUndone(p.undo())
			if t.Failed() {
				t.Fatalf("seed %d:\n%s\n%s", seed, p.story(), r.messages())
			}
		})
	}
	for _, outcome := range []plan.Outcome{plan.Applied, plan.Failed, plan.Blocked, plan.Pending} {
		if totals[outcome] == 0 {
			t.Errorf("no row ever ended as %s", outcome)
		}
	}
	t.Log(totals)
}

// meddle lets somebody else change an image.
func (p *partly) meddle(at int, change func(*ecssim.Image)) (id string) {
	image := p.server.Images(account, region)[at]
	ours := attributes(partlyOld[at]).Changes(attributes(image))
	change(&image)
	p.meddled = attributes(image).Changes(ours).Fields()
	if err := p.server.Put(account, region, image); err != nil {
		p.t.Fatal(err)
	}
	return image.ID
}

// checkOthers checks what is left: only what somebody else has touched, what waits
// for that under a temporary name, and a description that was empty.
func (p *partly) checkOthers(not map[string]ecs.Fields, theirs string, r *record) {
	for i, row := range p.sealed.Rows {
		left := not[row.ImageID]
		if row.Old.Description == "" {
			left = left.Without(ecs.Description)
		}
		open := slices.Contains([]plan.Outcome{plan.Stranded, plan.Unknown}, r.results[i].Outcome)
		if left != 0 && row.ImageID != theirs && !open {
			p.t.Errorf("%s of %s is not put back, which is %s", left, row.ImageID, r.results[i].Outcome)
		}
	}
}

// What is read of an image says more than the answers to calls.
func TestPartsAsRead(t *testing.T) {
	theirs := func(st *stage, name, about string) {
		st.t.Helper()
		if err := st.server.Put(account, region, described("m-1:"+name, about)); err != nil {
			st.t.Error(err)
		}
	}
	tests := []struct {
		name    string
		faults  []ecssim.Fault
		at      time.Duration // when somebody else acts
		then    func(*stage)
		retry   batch.Retry
		age     time.Duration
		outcome plan.Outcome // of m-1
		edited  string
		unsure  string
		about   string // its description in the end
	}{
		{
			name: "somebody renames the image", at: 1500 * time.Millisecond, age: time.Minute,
			then:    func(st *stage) { theirs(st, "theirs", "new") },
			outcome: plan.Conflict, edited: "description", about: "new",
		},
		{
			name: "somebody changes what we have edited too", at: 1500 * time.Millisecond, age: time.Minute,
			then:    func(st *stage) { theirs(st, "theirs", "other") },
			outcome: plan.Conflict, unsure: "description", about: "other",
		},
		{
			name: "the edit lands late on an image that somebody renames", at: 5 * time.Second, age: time.Minute,
			faults:  []ecssim.Fault{{Kind: "late-write", By: 40 * time.Second, Image: "m-1", Action: "write"}},
			then:    func(st *stage) { theirs(st, "theirs", "old") },
			outcome: plan.Conflict, edited: "description", about: "new",
		},
		{
			name: "the way back has no answer and is read at last", retry: batch.Retry{Attempts: 1, Settle: time.Minute},
			faults: []ecssim.Fault{
				refuse("m-2", 0),
				{Kind: "internal-error-after", Image: "m-1", After: 2, Times: 1, Action: "write"},
				{Kind: "unavailable", Image: "m-1", Action: "read", Times: 2},
			},
			outcome: plan.Blocked, edited: "description", about: "new",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := new(notebook)
				s := scene{
					images: []ecssim.Image{described("m-1:a", "old"), image("m-2:b")}, rows: rows("m-1:b", "m-2:a"),
					faults: test.faults, retry: test.retry, age: test.age, journal: n,
				}
				s.rows[0].Want.Description = "new"
				s.server.Latency.Median = time.Second
				s.before = func(st *stage, _ *plan.Plan) {
					if test.then != nil {
						time.AfterFunc(test.at, func() { test.then(st) })
					}
				}
				r := s.play(t.Context(), t)
				got := r.results[0]
				if got.Outcome != test.outcome || got.Edited.String() != test.edited || got.Unsure.String() != test.unsure {
					t.Errorf("%s, edited %q, unsure of %q; want %s, %q and %q\n%s\n%s",
						got.Outcome, got.Edited, got.Unsure, test.outcome, test.edited, test.unsure, r.messages(), r.story())
				}
				if is := r.server.Images(account, region)[0].Description; is != test.about {
					t.Errorf("the description is %q, want %q", is, test.about)
				}
				if diff := cmp.Diff(r.results, rebuilt(r.plan, n.records)); diff != "" {
					t.Errorf("results rebuilt from the journal (-run +rebuilt):\n%s", diff)
				}
			})
		})
	}
}

// What an earlier process did stays known if its lane cannot be listed or its image
// is gone.
func TestPartsOutOfSight(t *testing.T) {
	for _, tt := range []struct {
		name    string
		how     cut
		records int
		gone    bool
		outcome plan.Outcome
		edited  string
		unsure  string
	}{
		{"acknowledged, not listed", killed, 2, false, plan.Pending, "description", ""},
		{"no answer, not listed", killed, 1, false, plan.Pending, "", "description"},
		{"acknowledged, gone", killed, 2, true, plan.Refused, "description", ""},
		{"no answer, gone", killed, 1, true, plan.Refused, "", "description"},
		{"parked, not listed", killed, 6, false, plan.Pending, "description", "image_name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPartly(t)
				p.process(p.sealed, tt.how, tt.records)
				row := p.records[tt.records-1].Row
				if tt.gone {
					p.server.Remove(account, region, p.sealed.Rows[row].ImageID)
				}
				next := p.left()
				if !tt.gone {
					next = plan.Rest(p.sealed, []plan.Inventory{{Lane: p.lanes[0].Lane, Unread: errors.New("no route")}})
				}
				got := p.process(next, tt.how, 0).results[row]
				if got.Outcome != tt.outcome || got.Edited.String() != tt.edited || got.Unsure.String() != tt.unsure {
					t.Errorf("%s, edited %q, unsure of %q; want %s, %q and %q\n%s",
						got.Outcome, got.Edited, got.Unsure, tt.outcome, tt.edited, tt.unsure, p.story())
				}
			})
		})
	}
}
