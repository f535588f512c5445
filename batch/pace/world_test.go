package pace_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/pace"
)

const (
	rows    = 2000 // of a client
	workers = 16
	ceiling = 15 // calls a second, as shipped
)

// A server is a quota, and the rate that a client would reach who knew it.
type server struct {
	name  string
	quota string
	ideal float64 // calls a second
}

// servers are what an account may meet. The ideal of one that changes is the
// halved quota; of one with a neighbour, what that leaves on average.
var servers = []server{
	{"a  bucket 10/s, depth 10", "bucket:10/s,10", 10},
	{"a2 bucket 10/s, depth 100", "bucket:10/s,100", 10},
	{"b  window 600/min", "600/60s", 10},
	{"b2 sliding 600/60s", "sliding:600/60s", 10},
	{"c1 bucket 10/s, then 5/s", "bucket:10/s,10;then=5@100s", 5},
	{"c2 window 600, then 300/min", "600/60s;then=300@100s", 5},
	{"d1 bucket a and a neighbour", "bucket:10/s,10;neighbour=5/s,30s,30s", 7.5},
	{"d2 window b and a neighbour", "600/60s;neighbour=5/s,30s,30s", 7.5},
	{"e  window 1000/min", "1000/60s", 1000. / 60},
}

// A world is an account's quota and the clients who share it, in virtual time.
type world struct {
	skew time.Duration // of the server's clock, so that windows begin anywhere

	mu      sync.Mutex
	meter   ecssim.Meter
	refused int
}

func newWorld(t *testing.T, quota string, seed uint64) *world {
	t.Helper()
	q, err := ecssim.ParseQuota(quota)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	skew := time.Duration((2*random.Float64() - 1) * float64(time.Minute))
	return &world{skew: skew, meter: ecssim.NewMeter(q, time.Now().Add(skew))}
}

func (w *world) clock() time.Time { return time.Now().Add(w.skew) }

// call sends one call and waits for its answer. Only a refusal carries the
// server's time, as the engine passes it on with errors alone.
func (w *world) call(latency time.Duration) pace.Reply {
	time.Sleep(latency * 4 / 10)
	if w.take() {
		time.Sleep(latency * 6 / 10)
		return pace.Reply{Answer: pace.Accepted}
	}
	time.Sleep(20 * time.Millisecond)
	return pace.Reply{Answer: pace.Refused, Clock: w.clock().Truncate(time.Second)}
}

func (w *world) take() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	ok, _ := w.meter.Call(w.clock())
	if !ok {
		w.refused++
	}
	return ok
}

// A pacer admits the calls of one client.
type pacer interface {
	Enter(ctx context.Context) (pace.Ticket, error)
	Leave(t pace.Ticket, r pace.Reply)
}

// A law is one way to pace a client.
type law struct {
	name string
	new  func(random *rand.Rand) pacer
	// backoff is how long a row itself waits after its n-th refusal; nil if it
	// does not.
	backoff func(random *rand.Rand, n int) time.Duration
}

var ours = gate(ceiling)

func gate(ceiling float64) law {
	return law{name: "this gate", new: func(random *rand.Rand) pacer {
		g := pace.NewGate(ceiling)
		g.SetChance(random.Float64)
		return g
	}}
}

// A client sends rows through its pacer, as the workers of a lane do.
type client struct {
	*world
	pacer
	law

	mu     sync.Mutex
	random *rand.Rand
	left   int
	watch  watch
}

func (w *world) client(l law, n int, seed, stream uint64) *client {
	p := l.new(rand.New(rand.NewPCG(seed, stream<<1)))
	return &client{world: w, pacer: p, law: l, random: rand.New(rand.NewPCG(seed, stream<<1+1)), left: n}
}

// run sends all rows and returns how long that took.
func (c *client) run(t *testing.T) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for c.next() {
				c.row(t)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func (c *client) next() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left--
	return c.left >= 0
}

// row calls until it is not refused.
func (c *client) row(t *testing.T) {
	for n := 1; ; n++ {
		ticket, err := c.Enter(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		sent := c.sends(t)
		r := c.call(c.latency())
		c.opens(sent, r)
		c.Leave(ticket, r)
		c.shuts(sent, r)
		if r.Answer == pace.Accepted {
			return
		}
		if c.backoff != nil {
			c.mu.Lock()
			pause := c.backoff(c.random, n)
			c.mu.Unlock()
			time.Sleep(pause)
		}
	}
}

func (c *client) latency() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(0.12 * math.Exp(0.4*c.random.NormFloat64()) * float64(time.Second))
}

// A watch sees from outside whether the gate is shut: from the refusal of a
// call that was sent since it last opened, until one that was sent while it was
// shut is accepted.
type watch struct {
	epoch  int
	shut   bool
	probes int // in flight
}

// A sighting is what a call was sent under.
type sighting struct {
	epoch int
	shut  bool
}

// sends fails the test if a gate that is shut has two calls in flight.
func (c *client) sends(t *testing.T) sighting {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watch.shut {
		c.watch.probes++
	}
	if _, ok := c.pacer.(*pace.Gate); ok && c.watch.probes > 1 {
		t.Errorf("%d calls in flight that were sent while the gate was shut", c.watch.probes)
	}
	return sighting{c.watch.epoch, c.watch.shut}
}

// opens comes before the gate knows of a reply, shuts after it, so that at the
// same instant nothing passes a gate that is thought to be shut.
func (c *client) opens(s sighting, r pace.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.shut {
		c.watch.probes--
	}
	if s.shut && r.Answer == pace.Accepted {
		c.watch.shut = false
		c.watch.epoch++
	}
}

func (c *client) shuts(s sighting, r pace.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Answer == pace.Refused && s.epoch == c.watch.epoch {
		c.watch.shut = true
	}
}

// A score is how a run went.
type score struct {
	time    float64 // as a multiple of the ideal
	refused float64 // calls, as a share of the rows
	fair    float64 // the fastest client's time as a share of the slowest's
}

// play lets some clients with one law share a server.
func play(t *testing.T, s server, l law, clients int, seed uint64) (sc score) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, s.quota, seed)
		took := make([]time.Duration, clients)
		var wg sync.WaitGroup
		for i := range took {
			c := w.client(l, rows, seed, uint64(1+i))
			late := time.Duration(c.random.Int64N(int64(time.Second)))
			wg.Go(func() {
				time.Sleep(late)
				took[i] = c.run(t)
			})
		}
		wg.Wait()
		all, slowest := float64(clients*rows), slices.Max(took).Seconds()
		sc = score{slowest / (all / s.ideal), float64(w.refused) / all, slices.Min(took).Seconds() / slowest}
	})
	return sc
}

// A summary is the mean of some runs, and the worst of each figure.
type summary struct{ mean, worst score }

func plays(t *testing.T, s server, l law, clients, seeds int) (sum summary) {
	sum.worst.fair = 1
	for seed := range seeds {
		sc := play(t, s, l, clients, uint64(seed))
		sum.mean.add(sc, float64(seeds))
		sum.worst = score{max(sum.worst.time, sc.time), max(sum.worst.refused, sc.refused), min(sum.worst.fair, sc.fair)}
	}
	return sum
}

// add counts one of n scores of which s becomes the mean.
func (s *score) add(one score, n float64) {
	s.time += one.time / n
	s.refused += one.refused / n
	s.fair += one.fair / n
}
