package lifecycle_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

const (
	account = "1000000000000001"
	region  = "cn-hangzhou"
)

// A world is a cloud and a state folder, which outlive the processes that work
// there. It lives in a bubble of virtual time.
type world struct {
	*testing.T
	server *ecssim.Server
	state  string // the folder
	writes *pace.Gate
	said   []lifecycle.Event
	copies []string // of reports: the rows' outcomes
	boot   string
	jumped time.Duration // how far the wall clock was set forward
}

// newWorld has images a to f, named like their ids twice.
func newWorld(t *testing.T, faults ...ecssim.Fault) *world {
	t.Helper()
	var images []ecssim.Image
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		images = append(images, ecssim.Image{ID: "m-" + id, Name: id + id, Created: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
	server, err := ecssim.New(ecssim.Config{
		Accounts: []ecssim.Account{{
			ID: account, Keys: []ecssim.Key{{AccessKeyID: "key", Secret: "secret"}},
			Regions: map[string][]ecssim.Image{region: images},
		}},
		Latency: ecssim.Latency{Median: 100 * time.Millisecond}, Faults: faults,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{T: t, server: server, writes: pace.NewGate(1000), state: filepath.Join(t.TempDir(), "state"), boot: "one"}
}

// A process is one Life in a world.
type process struct {
	*world
	lifecycle.Life
	// at is called with each event, on the goroutine that tells it.
	at func(lifecycle.Event)
}

func (w *world) process() *process {
	p := &process{world: w}
	p.Life = lifecycle.Life{
		Connect: w.connect, Reports: w, Code: func(s history.Standing) int { return int(s) },
		Consent: func(context.Context, *lifecycle.Draft, []runs.Info) error { return nil },
		Tell: func(e lifecycle.Event) {
			if _, ok := e.(lifecycle.Row); !ok {
				w.said = append(w.said, e)
			}
			if p.at != nil {
				p.at(e)
			}
		},
		Boot: w.boot, Up: w.up,
		Workers: 2, Settle: time.Minute, Grace: 10 * time.Second, Tool: "test",
	}
	return p
}

// up is how long the host has been up.
func (w *world) up() time.Duration {
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // as every bubble does
	return time.Since(began) + time.Hour - w.jumped
}

func (w *world) connect(_ context.Context, rows []manifest.Row) (*lifecycle.Connection, error) {
	lane := batch.Lane{
		Lane: plan.Lane{Account: account, Region: region}, Retry: batch.DefaultRetry,
		Reads: pace.NewGate(1000), Writes: w.writes,
		API: ecs.NewClient(region, ecs.Config{
			Credentials: ecs.Static{AccessKeyID: "key", AccessKeySecret: ecs.NewSecret("secret")},
			HTTP:        &http.Client{Transport: w.server},
		}),
	}
	c := &lifecycle.Connection{Lanes: []batch.Lane{lane}, Close: func() {}}
	for i := range rows {
		c.Requests = append(c.Requests, plan.Request{Row: &rows[i]})
	}
	return c, nil
}

func (w *world) Own(out io.Writer, e *lifecycle.Ending) error {
	_, err := io.WriteString(out, outcomes(e))
	return err
}

func (w *world) Copies(e *lifecycle.Ending) error {
	w.copies = append(w.copies, outcomes(e))
	return nil
}

// outcomes are those of the rows, one word each.
func outcomes(e *lifecycle.Ending) string {
	var words []string
	for _, r := range e.Results {
		words = append(words, r.Outcome.String())
	}
	return strings.Join(words, " ")
}

// errKilled is what a process panics with that is killed.
var errKilled = errors.New("killed")

// apply applies rows, each "id:new name", as one process. It returns nil, nil if
// the process was killed.
func (p *process) apply(ctx context.Context, rows ...string) (e *lifecycle.Ending, err error) {
	p.Helper()
	return p.applySource(ctx, sourceOf(rows...))
}

// sourceOf is a manifest of rows.
func sourceOf(rows ...string) (source lifecycle.Source) {
	for i, text := range rows {
		id, name, _ := strings.Cut(text, ":")
		source.Rows = append(source.Rows, manifest.Row{
			Line: i + 2, ImageID: "m-" + id, RegionID: region, Want: manifest.Values{ImageName: name},
		})
	}
	return source
}

// save plans rows and returns the plan as it is read from its file.
func (w *world) save(rows ...string) *plan.Saved {
	w.Helper()
	p := w.process()
	d, err := p.Draft(w.Context(), sourceOf(rows...))
	if err == nil {
		err = p.List(w.Context(), d)
	}
	var file bytes.Buffer
	if err == nil {
		_, err = plan.Encode(&file, d.Plan, plan.FileInfo{Tool: "test", Created: time.Now()})
	}
	saved, err2 := plan.Decode(&file)
	if err := errors.Join(err, err2); err != nil {
		w.Fatal(err)
	}
	return saved
}

func (p *process) applySource(ctx context.Context, source lifecycle.Source) (e *lifecycle.Ending, err error) {
	p.Helper()
	if p.State, err = runs.Open(p.state); err != nil {
		p.Fatal(err)
	}
	defer p.State.Close()
	defer func() {
		if r := recover(); r != nil && r != errKilled {
			panic(r)
		}
	}()
	d, err := p.Draft(ctx, source)
	if err != nil {
		p.Fatal(err)
	}
	return p.Apply(ctx, d)
}

// leave leaves an unfinished run of rows behind: it is stopped when the first row
// is decided.
func (w *world) leave(rows ...string) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	w.writes = pace.NewGate(0.01) // the next write would have to wait
	defer func() { w.writes = pace.NewGate(1000) }()
	p := w.process()
	p.Workers, p.Grace = 1, 0
	p.at = func(e lifecycle.Event) {
		if row, ok := e.(lifecycle.Row); ok && row.Kind == batch.Acknowledged {
			cancel()
		}
	}
	if e, err := p.apply(ctx, rows...); err != nil || history.Worst(e.Results) < history.Unfinished {
		w.Fatalf("left nothing: %v", err)
	}
	w.said, w.copies = nil, nil
}

// names are the names of the images, in the order of their ids.
func (w *world) names() string {
	var names []string
	for _, image := range w.server.Images(account, region) {
		names = append(names, image.Name)
	}
	return strings.Join(names, " ")
}

// sent counts the calls that reached the server and would change something.
func (w *world) sent() (n int) {
	for _, c := range w.server.History() {
		if c.Action == "ModifyImageAttribute" {
			n++
		}
	}
	return n
}

// steps are those that the world has been told of, a word each.
func (w *world) steps() (words []string) {
	for _, e := range w.said {
		if s, ok := e.(lifecycle.Step); ok {
			words = append(words, s.String())
		}
	}
	return words
}

// unfinished returns the runs that are not at their end.
func (w *world) unfinished() []runs.Info {
	w.Helper()
	state, err := runs.Open(w.state)
	if err != nil {
		w.Fatal(err)
	}
	defer state.Close()
	left, err := state.Unfinished()
	if err != nil {
		w.Fatal(err)
	}
	return left
}

// has reports whether an event of its type was told.
func has[T lifecycle.Event](w *world) bool {
	return slices.ContainsFunc(w.said, func(e lifecycle.Event) bool { _, ok := e.(T); return ok })
}
