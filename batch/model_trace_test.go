package batch_test

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// modelGrace does not end when anything else happens.
const modelGrace = 10*time.Second + 37*time.Millisecond

// lives is how many processes a trace may have. The last one is not cut short.
const lives = 3

// An ablation removes one of the engine's precautions, from outside.
type ablation struct {
	noSettle    bool // calls count as settled at once
	noReadBack  bool // a call without an answer reads as applied, once
	noCompare   bool // the listing stays fresh for ever
	noUnwinding bool // the plan does not say that a ring is open
	noWayHome   bool // a resume knows no way home
}

// A trace is one run and its resumes. A script decides what becomes of each call:
// it has the number of a fate for each, and 0 beyond its end.
type trace struct {
	*stand
	*world
	script  []int
	widths  []int // how many fates each call could have had
	states  map[uint64]struct{}
	seed    maphash.Seed
	journal uint64 // hash of the records
	records []history.Record

	plan     *plan.Plan // the process's
	life     int
	dead     bool // the process has crashed
	stopped  bool // or was told to stop
	rerun    bool // all is over, and it is tried once more
	stop     context.CancelCauseFunc
	seen     map[string]time.Time // when each image was last read
	believed map[string]ecs.Attributes
	met      [fateKinds]int // faults of each kind
	fates    []fate         // a place to list them
	results  []history.Result

	started    time.Time
	wordy      bool
	story      []string
	violations []violation
}

// A violation is an invariant that does not hold.
type violation struct{ invariant, what string }

func (t *trace) violate(invariant, format string, args ...any) {
	v := violation{invariant, fmt.Sprintf(format, args...)}
	t.violations = append(t.violations, v)
	t.tell("VIOLATION %s: %s", v.invariant, v.what)
}

func (t *trace) tell(format string, args ...any) {
	if t.wordy {
		t.story = append(t.story, fmt.Sprintf("%8.3fs ", time.Since(t.started).Seconds())+fmt.Sprintf(format, args...))
	}
}

// A stand is how all traces of a scene begin: the images and their plan.
type stand struct {
	*modelScene
	world  world
	saved  *plan.Plan
	spoken []string // the names that the plan speaks of
}

const stranger = "m-9" // the image with which an outsider takes names

// stand makes the plan.
func (s *modelScene) stand() *stand {
	st := &stand{modelScene: s, world: world{ownName: s.ownName}}
	for _, text := range append(slices.Clone(s.has), stranger+":other") {
		i := image(text)
		st.world.images = append(st.world.images, ecs.Image{ID: i.ID, Attributes: ecs.Attributes{ImageName: i.Name, Status: ecs.Available}})
	}
	var wanted []plan.Request
	for _, text := range s.wants {
		wanted = append(wanted, plan.Request{Row: modelRow(text)})
	}
	st.saved = plan.New(wanted, []plan.Inventory{{Lane: modelLane, Images: st.world.images}})
	for i := range st.saved.Rows {
		row := &st.saved.Rows[i]
		for _, name := range []string{row.Old.ImageName, row.Want.ImageName, temporaryOf(row)} {
			if !slices.Contains(st.spoken, name) {
				st.spoken = append(st.spoken, name)
			}
		}
	}
	return st
}

// start begins a trace.
func (st *stand) start(script []int) *trace {
	t := &trace{
		stand: st, world: st.world.copy(), script: script, started: time.Now(),
		seen: make(map[string]time.Time), believed: make(map[string]ecs.Attributes),
	}
	t.ours, t.touched = make(map[string]int), make(map[string]time.Time)
	for _, image := range t.images {
		t.seen[image.ID] = t.started
	}
	return t
}

var modelLane = plan.Lane{Account: account, Region: region}

func temporaryOf(row *plan.Row) string {
	return plan.TemporaryName(account, region, row.ImageID, row.Want.ImageName)
}

func modelRow(text string) *manifest.Row {
	var id, name, description string
	_, _ = fmt.Sscanf(text, "%s %s %s", &id, &name, &description)
	return &manifest.Row{ImageID: id, Want: manifest.Values{ImageName: legal(name), Description: description}}
}

// play lets one process after the other work on the plan until one is neither
// cut short nor told to stop, and then one more: after that all must be done, and
// no image stranded that could go anywhere.
func (t *trace) play() {
	seen, p := time.Now(), t.saved
	if f := t.pick(t.planFates()); f.kind == meddleBefore {
		t.tell("%s", f)
		t.meddle(time.Now(), f.other)
	}
	time.Sleep(t.age)
	for t.life = 1; ; t.life++ {
		if t.run(p, seen, replay(t.records).Past()) {
			break
		}
		time.Sleep(time.Second)
		t.tell("process %d", t.life+1)
		seen, p = t.resume()
	}
	good, stuck := t.checkEnd(), t.strandedAny()
	if !good && !stuck {
		return
	}
	t.rerun = true
	writes := len(t.records)
	t.tell("and one more")
	seen, p = t.resume()
	t.run(p, seen, replay(t.records).Past())
	if good && len(t.records) != writes {
		t.violate("I13", "a finished run, resumed, writes %v", t.records[writes:])
	}
	if stuck {
		t.checkStranded()
	}
}

func (t *trace) strandedAny() bool {
	return slices.ContainsFunc(t.results, func(r history.Result) bool { return r.Outcome == plan.Stranded })
}

// resume lists and plans what is left. If the process dies meanwhile, there is
// nothing left for it to do.
func (t *trace) resume() (time.Time, *plan.Plan) {
	t.dead, t.stopped = false, false
	if !t.hasty && !*modelHasty {
		time.Sleep(time.Until(t.settled()))
	}
	seen := time.Now()
	listed, err := batch.Load(context.Background(), []batch.Lane{t.lane()})
	if t.dead {
		return seen, new(plan.Plan)
	}
	if err != nil || listed[0].Unread != nil {
		t.violate("model", "listing: %v %v", err, listed[0].Unread)
	}
	if t.noWayHome {
		return seen, plan.Compare(t.saved, listed)
	}
	return seen, plan.Rest(t.saved, listed)
}

// settled is when the listing for a resume may begin: no call can land any more,
// and no read lags behind the last call.
func (t *trace) settled() (at time.Time) {
	if n := len(t.records); n > 0 {
		at = t.records[n-1].At.Add(10 * time.Second)
	}
	if t.noSettle {
		return at
	}
	if late := replay(t.records).LastLate().Add(time.Minute); late.After(at) {
		at = late
	}
	return at
}

func (t *trace) lane() batch.Lane {
	retry := batch.Retry{Attempts: 5, Settle: time.Minute}
	if t.noSettle {
		retry.Settle = 0
	}
	return batch.Lane{
		Lane: modelLane, API: modelAPI{t}, Retry: retry,
		Reads: pace.NewGate(1e6), Writes: pace.NewGate(1e6),
	}
}

// run runs one process from its plan on, and reports whether it came to an end.
func (t *trace) run(p *plan.Plan, seen time.Time, past map[int]history.Past) (ended bool) {
	if t.dead {
		return false
	}
	if t.noCompare {
		seen = time.Now().Add(24 * time.Hour)
	}
	if t.noUnwinding {
		p = forgetRings(p)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	t.stop, t.plan = cancel, p
	decided := make([]int, len(p.Rows))
	job := batch.Job{
		Plan: p, Lanes: []batch.Lane{t.lane()}, Workers: 1, Seen: seen, Grace: modelGrace,
		Journal: modelJournal{t}, Past: past,
		Observe: func(e batch.Event, _ history.Result) {
			if e.Kind == batch.Decided {
				decided[e.Row]++
			}
		},
	}
	results, _ := job.Run(ctx)
	if t.dead {
		return false
	}
	t.results = results
	for i, n := range decided {
		t.tell("%s is %s %s: %s", p.Rows[i].ImageID, results[i].Outcome, results[i].Code, results[i].Message)
		if n != 1 {
			t.violate("I11", "row %d was decided %d times", i, n)
		}
	}
	t.checkReport(!t.stopped)
	return !t.stopped
}

// forgetRings returns the plan without the marks of open rings and of parking.
func forgetRings(p *plan.Plan) *plan.Plan {
	forgetful := *p
	forgetful.Chains = nil
	for _, c := range p.Chains {
		steps := make([]plan.Step, len(c.Steps))
		for i, s := range c.Steps {
			steps[i] = plan.Step{Row: s.Row, Set: s.Set}
		}
		c.Steps, c.Ring, c.Open = steps, false, false
		forgetful.Chains = append(forgetful.Chains, c)
	}
	return &forgetful
}
