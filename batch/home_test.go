package batch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A homecoming is a ring that is open when its process is killed, what somebody
// else does then, and the processes that take the run up.
type homecoming struct {
	*rand.Rand
	*stage
	notebook
	of     scene
	saved  *plan.Plan
	served int // writes that still arrive
	others []string
}

// TestChaosBesideSomebodyElse kills runs of random rings at any call. Somebody else
// renames, removes and edits images then. Whoever takes the run up, to finish or to
// close it, leaves no image under a temporary name for which there is another.
func TestChaosBesideSomebodyElse(t *testing.T) {
	first, last := uint64(1), *seeds
	if *seed > 0 {
		first, last = *seed, *seed
	}
	var totals plan.Totals
	for n := first; n <= last && !t.Failed(); n++ {
		synctest.Test(t, func(t *testing.T) {
			for outcome, count := range history.Totals(newHomecoming(t, n).play()) {
				totals[outcome] += count
			}
			if t.Failed() {
				t.Logf("replay: go test ./batch -run TestChaosBesideSomebodyElse -seed %d", n)
			}
		})
	}
	for _, outcome := range []plan.Outcome{plan.Applied, plan.Conflict, plan.Blocked, plan.Refused, plan.Pending, plan.Stranded} {
		if totals[outcome] == 0 && last >= 400 && !t.Failed() {
			t.Errorf("no row ever ended as %s", outcome)
		}
	}
	t.Logf("%d seeds: %v", last, totals)
}

func newHomecoming(t *testing.T, seed uint64) *homecoming {
	h := &homecoming{Rand: rand.New(rand.NewPCG(seed, 7))}
	size := 2 + h.IntN(4)
	for i := range size {
		h.of.images = append(h.of.images, image(fmt.Sprintf("m-%d:name-%d", i, i)))
		r := row(fmt.Sprintf("m-%d:name-%d", i, (i+1)%size))
		if h.IntN(3) == 0 {
			r.Want.Description = fmt.Sprint("text ", i)
		}
		h.of.rows = append(h.of.rows, r)
	}
	h.of.images = append(h.of.images, image("m-8:tail"), image("m-9:other"))
	if h.IntN(2) == 0 { // a row that waits for the ring is not of it
		h.of.rows = append(h.of.rows, row("m-8:end"))
	}
	h.of.wire = func(http.RoundTripper) http.RoundTripper { return h }
	h.of.workers, h.of.age = 1, time.Duration(h.IntN(15))*time.Second
	h.stage = h.of.build(t)
	h.of.journal = h
	h.saved = plan.New(requests(h.of.rows, h.lanes), h.list())
	return h
}

// RoundTrip passes a request on unless the process is dead.
func (h *homecoming) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("x-acs-action") == "ModifyImageAttribute" {
		if h.served == 0 {
			return nil, errFull
		}
		h.served--
	}
	return h.server.RoundTrip(r)
}

func (h *homecoming) list() []plan.Inventory {
	h.seen = time.Now()
	listed, err := batch.Load(h.t.Context(), h.lanes)
	if err != nil {
		h.t.Fatal(err)
	}
	return listed
}

// play kills the run, and perhaps a resume, and returns how the rows end.
func (h *homecoming) play() []history.Result {
	h.process(h.saved, 1+h.IntN(h.saved.Calls()))
	if h.IntN(3) == 0 {
		h.meddle()
		h.process(h.rest(), 1+h.IntN(3))
	}
	for range 1 + h.IntN(3) {
		h.meddle()
	}
	r := h.process(h.rest(), -1)
	if h.t.Failed() || h.strays(r) {
		h.t.Errorf("%v\n%s\n%s\n%s", h.others, h.notebook.story(), r.story(), r.messages())
	}
	h.checkNames()
	return r.results
}

// process works on a plan until it is killed, after so many writes; to the end if
// they are negative. What a killed process has not journalled yet is lost.
func (h *homecoming) process(p *plan.Plan, writes int) *record {
	ctx, kill := context.WithCancelCause(h.t.Context())
	defer kill(nil)
	h.served, h.room = writes, 0
	h.of.before = func(*stage, *plan.Plan) {}
	if writes >= 0 {
		h.room = len(h.records) + 2*writes - h.IntN(2) // the last answer may be missing
	}
	h.of.past = replay(h.records).Past()
	h.of.old = nil
	for i := range h.saved.Rows {
		h.of.old = append(h.of.old, h.saved.Rows[i].Old)
	}
	return h.of.run(ctx, h.stage, p)
}

// rest plans what is left, to finish the run or to close it.
func (h *homecoming) rest() *plan.Plan {
	time.Sleep(time.Until(replay(h.records).SettledAt(batch.DefaultRetry.Settle)))
	p := plan.Rest(h.saved, h.list())
	if h.IntN(2) == 0 {
		return p.OnlyOpen()
	}
	return p
}

// meddle does to an image what somebody else may do.
func (h *homecoming) meddle() {
	all := h.server.Images(account, region)
	i := all[h.IntN(len(all))]
	switch h.IntN(6) {
	case 0:
		h.server.Remove(account, region, i.ID)
		h.others = append(h.others, i.ID+" is removed")
		return
	case 1:
		i.Description = "theirs"
	case 2:
		i.Status = ecs.Deprecated
	case 3:
		i.Name = fmt.Sprint("theirs-", i.ID)
	case 4:
		i.Name = fmt.Sprint("name-", h.IntN(5))
	case 5: // one that no row speaks of takes a name
		i = all[len(all)-1]
		i.Name = fmt.Sprint("name-", h.IntN(2))
	}
	if err := h.server.Put(account, region, i); err == nil {
		h.others = append(h.others, fmt.Sprintf("%s is %s %s %s", i.ID, i.Name, i.Description, i.Status))
	}
}

// strays reports whether an image is parked although it could have its old or its
// desired name, or although its row does not say so.
func (h *homecoming) strays(r *record) bool {
	holders := make(map[string]string)
	all := h.server.Images(account, region)
	for _, i := range all {
		holders[i.Name] = i.ID
	}
	for i := range h.saved.Rows {
		row := &h.saved.Rows[i]
		if holders[temporaryOf(row)] != row.ImageID {
			if r.results[i].Outcome == plan.Stranded {
				return true
			}
			continue
		}
		if r.results[i].Outcome != plan.Stranded || holders[row.Old.ImageName] == "" || holders[row.Want.ImageName] == "" {
			return true
		}
	}
	return false
}

// checkNames checks that each image was sent its old name, its desired one and its
// own temporary one only.
func (h *homecoming) checkNames() {
	allowed := make(map[string]string)
	for i := range h.saved.Rows {
		row := &h.saved.Rows[i]
		allowed[row.ImageID] = strings.Join([]string{"", row.Old.ImageName, row.Want.ImageName, temporaryOf(row), ""}, " ")
	}
	for _, call := range h.server.History() {
		name := call.Parameters["ImageName"]
		if call.Action == "ModifyImageAttribute" && name != "" && !strings.Contains(allowed[call.Parameters["ImageId"]], " "+name+" ") {
			h.t.Errorf("%s was to be named %q", call.Parameters["ImageId"], name)
		}
	}
}
