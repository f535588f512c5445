package batch_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

const (
	account = "1000000000000001"
	region  = "cn-hangzhou"
	keyID   = "simulator"
	secret  = "simulator"
)

// A scene is a server with one or more lanes, the rows to apply, and how the run
// goes.
type scene struct {
	images  []ecssim.Image // of the account's only lane, unless regions are given
	regions map[string][]ecssim.Image
	rows    []manifest.Row
	faults  []ecssim.Fault
	server  ecssim.Config // besides accounts and faults

	wire    func(http.RoundTripper) http.RoundTripper // what lies before the server
	key     ecssim.Key
	keys    []ecssim.Key // of the account besides
	retry   batch.Retry  // DefaultRetry if zero
	workers int          // 16 if 0
	rate    float64      // 1000 if 0
	age     time.Duration
	lane    func(*batch.Lane)        // the last word on each lane
	observe func(batch.Event)        // besides the books
	hear    func(batch.LaneEvent)    // the same of lanes
	detail  func(batch.Detail)       // what happens to rows
	before  func(*stage, *plan.Plan) // just before the run
	journal batch.Journal
	wall    func() time.Time
	past    map[int]history.Past
	old     []*ecs.Attributes
}

// A stage is a scene that is being played.
type stage struct {
	t      *testing.T
	server *ecssim.Server
	lanes  []batch.Lane
	seen   time.Time
}

// A record is what a run left.
type record struct {
	*stage
	plan    *plan.Plan
	results []history.Result
	err     error
	took    time.Duration // from the start of the run
	told    troubles      // of lanes
}

// build puts the scene on its stage: the simulator behind the real client.
func (s *scene) build(t *testing.T) *stage {
	t.Helper()
	config := s.server
	if s.key.AccessKeyID == "" {
		s.key.AccessKeyID, s.key.Secret = keyID, secret
	}
	if s.regions == nil {
		s.regions = map[string][]ecssim.Image{region: s.images}
	}
	config.Accounts = []ecssim.Account{{ID: account, Keys: append([]ecssim.Key{s.key}, s.keys...), Regions: s.regions}}
	config.Faults = s.faults
	server, err := ecssim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	st := &stage{t: t, server: server}
	var carrier http.RoundTripper = server
	if s.wire != nil {
		carrier = s.wire(server)
	}
	for _, name := range sortedKeys(s.regions) {
		st.lanes = append(st.lanes, s.newLane(name, carrier))
	}
	return st
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *scene) newLane(region string, carrier http.RoundTripper) batch.Lane {
	rate := s.rate
	if rate == 0 {
		rate = 1000
	}
	lane := batch.Lane{
		Lane:  plan.Lane{Account: account, Region: region},
		Reads: pace.NewGate(rate), Writes: pace.NewGate(rate),
		Retry: s.retry,
		API: ecs.NewClient(region, ecs.Config{
			Credentials: ecs.Static{
				AccessKeyID: s.key.AccessKeyID, AccessKeySecret: ecs.NewSecret(s.key.Secret),
				SecurityToken: ecs.NewSecret(s.key.SecurityToken),
			},
			HTTP: &http.Client{Transport: carrier},
		}),
	}
	if lane.Retry == (batch.Retry{}) {
		lane.Retry = batch.DefaultRetry
	}
	if s.lane != nil {
		s.lane(&lane)
	}
	return lane
}

// play plans the rows on the images as listed and runs the plan.
func (s *scene) play(ctx context.Context, t *testing.T) *record {
	t.Helper()
	return s.playOn(ctx, s.build(t))
}

// playOn is play on a stage that is there.
func (s *scene) playOn(ctx context.Context, st *stage) *record {
	st.t.Helper()
	st.seen = time.Now()
	inventories, err := batch.Load(st.t.Context(), st.lanes)
	if err != nil {
		st.t.Fatal(err)
	}
	time.Sleep(s.age)
	return s.run(ctx, st, plan.New(requests(s.rows, st.lanes), inventories))
}

func requests(rows []manifest.Row, lanes []batch.Lane) []plan.Request {
	var all []plan.Request
	for i := range rows {
		at := slices.IndexFunc(lanes, func(l batch.Lane) bool { return rows[i].RegionID == "" || l.Region == rows[i].RegionID })
		all = append(all, plan.Request{Row: &rows[i], Lane: at})
	}
	return all
}

// run runs a plan and checks that each row gets exactly one final outcome, which
// is observed exactly once and as the results have it.
func (s *scene) run(ctx context.Context, st *stage, p *plan.Plan) *record {
	st.t.Helper()
	if s.before != nil {
		s.before(st, p)
	}
	workers := s.workers
	if workers == 0 {
		workers = 16
	}
	decided, acknowledged := make([]int, len(p.Rows)), make([]int, len(p.Rows))
	told := make([]history.Result, len(p.Rows))
	heard := troubles{t: st.t, lanes: len(st.lanes)}
	job := batch.Job{
		Plan: p, Lanes: st.lanes, Workers: workers, Seen: st.seen, Grace: 10 * time.Second,
		Journal: s.journal, Past: s.past, Old: s.old, Wall: s.wall,
		Observe: func(e batch.Event, r history.Result) {
			if e.Kind == batch.Decided {
				decided[e.Row]++
				told[e.Row] = r
			} else {
				acknowledged[e.Row]++
			}
			if s.observe != nil {
				s.observe(e)
			}
		},
		ObserveLane: func(e batch.LaneEvent) {
			heard.note(e)
			if s.hear != nil {
				s.hear(e)
			}
		},
		ObserveDetail: s.detail,
	}
	start := time.Now()
	results, err := job.Run(ctx)
	r := &record{stage: st, plan: p, results: results, err: err, took: time.Since(start), told: heard}
	if len(results) != len(p.Rows) {
		st.t.Fatalf("%d results for %d rows", len(results), len(p.Rows))
	}
	for i, result := range results {
		if result.Outcome == plan.Undecided || result.Outcome == plan.Planned {
			st.t.Errorf("row %d ends as %s", i, result.Outcome)
		}
		if decided[i] != 1 || acknowledged[i] > 1 {
			st.t.Errorf("row %d was decided %d times, acknowledged %d times", i, decided[i], acknowledged[i])
		}
		if diff := cmp.Diff(told[i], result); diff != "" {
			st.t.Errorf("row %d: told and returned differ:\n%s", i, diff)
		}
	}
	return r
}

// legal doubles a name of one letter, since a legal one has at least two: so tests
// can use a and b.
func legal(name string) string {
	if len(name) == 1 {
		return name + name
	}
	return name
}

// image makes an image from "id:name".
func image(text string) ecssim.Image {
	id, name, _ := strings.Cut(text, ":")
	return ecssim.Image{ID: id, Name: legal(name), Created: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func images(texts ...string) (all []ecssim.Image) {
	for _, text := range texts {
		all = append(all, image(text))
	}
	return all
}

// row makes a row from "id:desired name".
func row(text string) manifest.Row {
	id, name, _ := strings.Cut(text, ":")
	return manifest.Row{ImageID: id, Want: manifest.Values{ImageName: legal(name)}}
}

func rows(texts ...string) (all []manifest.Row) {
	for _, text := range texts {
		all = append(all, row(text))
	}
	return all
}

// write makes a fault for the writes to one image.
func write(kind ecssim.Kind, id string, times int) ecssim.Fault {
	return ecssim.Fault{Kind: kind, Image: id, Times: times, Action: "write"}
}

// want compares what a run left with what is expected.
func (r *record) want(outcomes, codes, attempts, names string) {
	r.t.Helper()
	if got := r.outcomes(); got != outcomes {
		r.t.Errorf("outcomes: got %s, want %s\n%s", got, outcomes, r.messages())
	}
	if got := r.codes(); got != codes {
		r.t.Errorf("codes: got %s, want %s\n%s", got, codes, r.messages())
	}
	if got := r.attempts(); got != attempts {
		r.t.Errorf("attempts: got %s, want %s", got, attempts)
	}
	if got := r.names(); got != names {
		r.t.Errorf("names: got %s, want %s", got, names)
	}
}

// A crowd counts the calls under way.
type crowd struct {
	http.RoundTripper
	mu        sync.Mutex
	now, most int
}

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("x-acs-action") == "ModifyImageAttribute" {
		c.add(1)
		defer c.add(-1)
	}
	return c.RoundTripper.RoundTrip(r)
}

func (c *crowd) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}
