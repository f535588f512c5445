package batch_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

var (
	seeds = flag.Uint64("seeds", 400, "random runs to make")
	seed  = flag.Uint64("seed", 0, "make this random run only")
)

// TestChaos runs random chains, rings and plain rows under random faults. What
// the server does to a call depends on the seed and on the call, not on the order
// of the workers, so that a seed repeats its run except for the jitter of a
// throttled gate.
func TestChaos(t *testing.T) {
	first, last := uint64(1), *seeds
	if *seed > 0 {
		first, last = *seed, *seed
	}
	var totals plan.Totals
	for n := first; n <= last && !t.Failed(); n++ {
		synctest.Test(t, func(t *testing.T) {
			r := newChaos(n).play(t)
			for outcome, count := range history.Totals(r.results) {
				totals[outcome] += count
			}
			if t.Failed() {
				t.Logf("replay: go test ./batch -run TestChaos -seed %d\n%s", n, r.story())
			}
		})
	}
	if *seed > 0 || t.Failed() {
		return
	}
	// A test that never gets into trouble shows nothing.
	for _, outcome := range []plan.Outcome{plan.Applied, plan.Failed, plan.Blocked, plan.Pending, plan.Unknown, plan.Stranded} {
		if totals[outcome] == 0 {
			t.Errorf("no row ever ended as %s", outcome)
		}
	}
	t.Logf("%d seeds: %v", last, totals)
}

// A chaos is one random run.
type chaos struct {
	*rand.Rand
	scene
	cancel    time.Duration // 0: never
	maxOutage time.Duration // as in batch.Retry
}

func newChaos(seed uint64) *chaos {
	c := &chaos{Rand: rand.New(rand.NewPCG(seed, 1)), maxOutage: 30 * time.Minute}
	c.server.Seed = seed
	c.addGroups()
	c.Shuffle(len(c.rows), func(i, j int) { c.rows[i], c.rows[j] = c.rows[j], c.rows[i] })
	c.addFaults()
	c.retry = batch.Retry{Attempts: 1 + c.IntN(5), Settle: time.Minute, MaxOutage: c.maxOutage}
	c.workers = 1 + c.IntN(4)
	c.rate = []float64{5, 15, 1000}[c.IntN(3)]
	c.age = time.Duration(c.IntN(20)) * time.Second
	c.server.Latency = ecssim.Latency{Median: 100 * time.Millisecond, Spread: 0.5}
	if c.IntN(3) == 0 {
		c.server.Open.ReadLag = time.Duration(c.IntN(4000)) * time.Millisecond
	}
	if c.IntN(3) == 0 {
		c.server.Open.OwnName = ecssim.OwnNameDuplicated
	}
	if c.IntN(4) == 0 {
		c.server.Quotas = map[string]ecssim.Quota{"ModifyImageAttribute": {Shape: ecssim.ClockWindow, Limit: float64(1 + c.IntN(10)), Window: time.Minute}}
	}
	if c.IntN(4) == 0 {
		c.cancel = 1 + time.Duration(c.IntN(60_000))*time.Millisecond
	}
	return c
}

// addGroups adds plain rows, paths and rings, and images without a row.
func (c *chaos) addGroups() {
	for range 1 + c.IntN(6) {
		start, size, closed := len(c.images), 1+c.IntN(4), c.IntN(2) == 0
		for i := range size {
			at := start + i
			c.images = append(c.images, image(fmt.Sprintf("m-%02d:name-%02d", at, at)))
			next := fmt.Sprintf("name-%02d", at+1)
			switch {
			case i == size-1 && closed && size > 1:
				next = fmt.Sprintf("name-%02d", start)
			case i == size-1:
				next = fmt.Sprintf("new-%02d", at)
			}
			r := row(fmt.Sprintf("m-%02d:%s", at, next))
			if c.IntN(4) == 0 {
				r.Want.Description = fmt.Sprintf("text %d", at)
			}
			c.rows = append(c.rows, r)
		}
		c.images = append(c.images, image(fmt.Sprintf("m-%02d:other-%02d", len(c.images), len(c.images))))
	}
}

var chaosKinds = []ecssim.Kind{
	"lost-before", "lost-after", "reset-before", "reset-after", "cut-body-before", "cut-body-after", "cut-head-after",
	"internal-error", "internal-error-after", "unavailable", "unavailable-after", "conflict", "conflict-after",
	"bad-gateway", "bad-gateway-after", "html", "html-after", "nonce-used-after", "request-cut",
	"refused", "tls-cut", "throttle", "rejected-throttling", "late-answer",
}

func (c *chaos) addFaults() {
	for range c.IntN(5) {
		f := ecssim.Fault{Kind: chaosKinds[c.IntN(len(chaosKinds))], Chance: 0.02 + 0.4*c.Float64()*c.Float64(), Action: "write"}
		if c.IntN(4) == 0 {
			f.Action = "any"
		}
		if f.Kind == "late-answer" {
			f.By = time.Duration(c.IntN(20_000)+1) * time.Millisecond
		}
		c.faults = append(c.faults, f)
	}
	late := c.IntN(2) == 0
	if late { // later than any client waits, sooner than the settle time
		by := time.Duration(c.IntN(60_000)+1) * time.Millisecond
		c.faults = append(c.faults, ecssim.Fault{Kind: "late-write", By: by, Chance: 0.02 + 0.4*c.Float64()})
	}
	if c.IntN(3) == 0 {
		c.faults = append(c.faults, ecssim.Fault{Kind: "refuse", Code: "UnsupportedParameter", Action: "write", Chance: 0.15})
	}
	if c.IntN(4) == 0 && !late { // both together are later than the settle time; and reads lag behind
		chance, by := 0.3*c.Float64(), time.Duration(c.IntN(54_000)+1)*time.Millisecond
		c.wire = func(next http.RoundTripper) http.RoundTripper {
			return &gateway{RoundTripper: next, dice: rand.New(rand.NewPCG(c.Uint64(), 2)), chance: chance, by: by}
		}
	}
	// The plan has to be made in peace.
	for i := range c.faults {
		c.faults[i].At = time.Second
	}
	c.addOutage()
}

// addOutage cuts the network for some minutes, or for too long.
func (c *chaos) addOutage() {
	outage := rand.New(rand.NewPCG(c.server.Seed, 3)) // apart, so that other draws stay
	if outage.IntN(4) > 0 {
		return
	}
	at, length := time.Second+time.Duration(outage.IntN(30_000))*time.Millisecond, time.Duration(1+outage.IntN(300))*time.Second
	c.faults = append(c.faults, gone(at, length))
	c.maxOutage = []time.Duration{0, time.Minute, 30 * time.Minute, 30 * time.Minute}[outage.IntN(4)]
}

// A gateway gives up at once on some writes and passes them on later.
type gateway struct {
	http.RoundTripper
	chance float64
	by     time.Duration

	mu   sync.Mutex
	dice *rand.Rand
}

func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	strikes := g.dice.Float64() < g.chance
	g.mu.Unlock()
	if !strikes || r.Header.Get("x-acs-action") != "ModifyImageAttribute" {
		return g.RoundTripper.RoundTrip(r)
	}
	time.AfterFunc(g.by, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), ecs.DefaultTimeout)
		defer cancel()
		late := r.Clone(ctx)
		if response, err := g.RoundTripper.RoundTrip(late); err == nil {
			response.Body.Close()
		}
	})
	return &http.Response{
		StatusCode: http.StatusGatewayTimeout, Header: make(http.Header), Request: r,
		Body: io.NopCloser(strings.NewReader("<html>504 Gateway Time-out</html>")),
	}, nil
}

func (c *chaos) play(t *testing.T) *record {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	c.before = func(*stage, *plan.Plan) {
		if c.cancel > 0 {
			time.AfterFunc(c.cancel, func() { cancel(errSignal) })
		}
	}
	c.age += time.Second
	r := c.scene.play(ctx, t)
	if c.cancel > 0 && r.took > c.cancel && r.took-c.cancel > 10*time.Second+ecs.DefaultTimeout+5*time.Second {
		t.Errorf("it went on for %s after the signal", r.took-c.cancel)
	}
	time.Sleep(5 * time.Minute) // what is under way lands
	c.checkRows(t, r)
	c.checkHistory(t, r)
	return r
}

// checkRows compares the rows' outcomes with the images at the end.
func (c *chaos) checkRows(t *testing.T, r *record) {
	now, old := make(map[string]ecssim.Image), make(map[string]ecssim.Image)
	for i, image := range r.server.Images(account, region) {
		now[image.ID], old[image.ID] = image, c.images[i]
	}
	for i, row := range c.rows {
		is, was, result := now[row.ImageID], old[row.ImageID], r.results[i]
		delete(now, row.ImageID)
		temporary := plan.TemporaryName(account, region, row.ImageID, row.Want.ImageName)
		asDesired := is.Name == row.Want.ImageName && (row.Want.Description == "" || is.Description == row.Want.Description)
		asBefore := is.Name == was.Name && is.Description == was.Description
		if result.Edited.Has(ecs.Description) {
			asBefore = is.Name == was.Name && is.Description == row.Want.Description
		}
		var right bool
		switch result.Outcome {
		case plan.Applied, plan.Unchanged:
			right = asDesired
		case plan.Failed, plan.Blocked, plan.Refused, plan.Pending:
			right = asBefore
		case plan.Unknown:
			right = is.Name == was.Name || is.Name == temporary || is.Name == row.Want.ImageName
		case plan.Stranded:
			right = is.Name == temporary
		case plan.Conflict, plan.Undecided, plan.Planned: // there is nobody else here
		}
		if !right {
			t.Errorf("%s is %s, but %q %q (was %q, should be %q %q)", row.ImageID, result.Outcome,
				is.Name, is.Description, was.Name, row.Want.ImageName, row.Want.Description)
		}
	}
	for id, image := range now {
		if image.Name != old[id].Name {
			t.Errorf("%s, which no row speaks of, is named %s", id, image.Name)
		}
	}
}

// checkHistory checks what was sent: only names that the image may have, and no
// other name while a call may still land.
func (c *chaos) checkHistory(t *testing.T, r *record) {
	allowed := make(map[string]string)
	for i, row := range c.rows {
		allowed[row.ImageID] = strings.Join([]string{
			"", row.Want.ImageName, r.plan.Rows[i].Old.ImageName,
			plan.TemporaryName(account, region, row.ImageID, row.Want.ImageName), "",
		}, " ")
	}
	earlier := make(map[string][]ecssim.Call)
	for _, call := range r.writes() {
		id, name := call.Parameters["ImageId"], call.Parameters["ImageName"]
		if call.Verdict == ecssim.Unreached {
			continue
		}
		if name != "" && !strings.Contains(allowed[id], " "+name+" ") {
			t.Errorf("%s was to be named %q", id, name)
		}
		for _, before := range earlier[id] {
			if other := before.Parameters["ImageName"]; other != name && before.Landed.After(call.Arrived) {
				t.Errorf("%s: %q was sent while %q had not landed", id, name, other)
			}
		}
		earlier[id] = append(earlier[id], call)
	}
}

// story tells what happened, call by call.
func (r *record) story() string {
	var b strings.Builder
	start := r.seen
	for _, call := range r.server.History() {
		fmt.Fprintf(&b, "%9.3fs", call.Arrived.Sub(start).Seconds())
		if call.Landed.After(call.Arrived) {
			fmt.Fprintf(&b, " (%9.3fs)", call.Landed.Sub(start).Seconds())
		}
		fmt.Fprintf(&b, " %s %s %s → %s %s %s\n", call.Action[:6], call.Parameters["ImageId"],
			call.Parameters["ImageName"], call.Verdict, call.Code, call.Fault)
	}
	return b.String() + r.messages()
}
