package batch_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
)

// away is a network that is away from cn-a to cn-z until a time, given by region.
type away struct {
	http.RoundTripper
	until map[string]time.Time // zero: for ever
	err   error
}

func (a *away) RoundTrip(r *http.Request) (*http.Response, error) {
	end, ok := a.until[r.URL.Query().Get("RegionId")]
	if ok && (end.IsZero() || time.Now().Before(end)) {
		return nil, a.err
	}
	return a.RoundTripper.RoundTrip(r)
}

// Before there is a plan, a network that is away is waited for: up to Max while no
// lane has been answered, and for 15 s more once one has.
func TestReach(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	unknown := &net.DNSError{Err: "no such host", Name: "ecs.example", IsNotFound: true}
	const never = time.Duration(-1)
	for _, test := range []struct {
		name   string
		most   time.Duration
		err    error
		away   map[string]time.Duration
		unread string // the lanes that are not read
		least  time.Duration
		most2  time.Duration
		told   string
	}{
		{"nobody is away", time.Hour, refused, nil, "", 0, 0, ""},
		{
			"20 seconds", 30 * time.Minute, refused,
			map[string]time.Duration{"cn-hangzhou": 20 * time.Second, "cn-beijing": 20 * time.Second},
			"", 20 * time.Second, 36 * time.Second, "unreachable",
		},
		{
			"DNS that knows nobody for a while", 30 * time.Minute, unknown,
			map[string]time.Duration{"cn-hangzhou": time.Minute, "cn-beijing": time.Minute},
			"", time.Minute, 77 * time.Second, "unreachable",
		},
		{
			"for longer than the limit", 30 * time.Minute, refused,
			map[string]time.Duration{"cn-hangzhou": never, "cn-beijing": never},
			"cn-beijing cn-hangzhou", 30 * time.Minute, 30 * time.Minute, "unreachable",
		},
		{
			"one lane for ever", 30 * time.Minute, refused,
			map[string]time.Duration{"cn-beijing": never},
			"cn-beijing", 15 * time.Second, 15 * time.Second, "unreachable",
		},
		{
			"one lane for ever, the other for a while", 30 * time.Minute, refused,
			map[string]time.Duration{"cn-beijing": never, "cn-hangzhou": 100 * time.Second},
			"cn-beijing", 115 * time.Second, 131 * time.Second, "unreachable",
		},
		{
			"one lane for ten seconds", 30 * time.Minute, refused,
			map[string]time.Duration{"cn-beijing": 10 * time.Second},
			"", 10 * time.Second, 15 * time.Second, "unreachable",
		},
		{
			"with a limit below 15 s", 5 * time.Second, refused,
			map[string]time.Duration{"cn-beijing": never},
			"cn-beijing", 5 * time.Second, 5 * time.Second, "unreachable",
		},
		{"with no limit", 0, refused, map[string]time.Duration{"cn-beijing": 20 * time.Second}, "cn-beijing", 0, 14 * time.Second, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				until := make(map[string]time.Time)
				for region, d := range test.away {
					if until[region] = start.Add(d); d == never {
						until[region] = time.Time{}
					}
				}
				var told []string
				reach := &batch.Reach{Max: test.most, Tell: func(d batch.Delay) {
					told = append(told, d.State.String())
					if !strings.Contains(d.Err.Error(), test.err.Error()) || d.Most > test.most || d.Lane.Account != account {
						t.Errorf("told of %+v", d)
					}
				}}
				s := scene{
					regions: ecssim.Generate(3, "cn-hangzhou", "cn-beijing"),
					wire: func(next http.RoundTripper) http.RoundTripper {
						return &away{RoundTripper: next, until: until, err: test.err}
					},
					lane: func(l *batch.Lane) { l.Reach = reach },
				}
				inventories, err := batch.Load(t.Context(), s.build(t).lanes)
				if err != nil {
					t.Fatal(err)
				}
				if got := unreadOf(inventories); got != test.unread {
					t.Errorf("not read: %q, want %q", got, test.unread)
				}
				if took := time.Since(start); took < test.least || took > test.most2 {
					t.Errorf("took %s, want %s to %s", took, test.least, test.most2)
				}
				if got := strings.Join(slices.Compact(told), " "); len(told) > 2 || got != test.told {
					t.Errorf("told of %q, want %q", got, test.told)
				}
			})
		})
	}
}

func unreadOf(inventories []plan.Inventory) string {
	var names []string
	for _, inventory := range inventories {
		if inventory.Unread != nil {
			names = append(names, inventory.Lane.Region)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// A region that is on no list and whose host DNS does not know is not waited for.
func TestReachOfARegionThatIsATypingError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := scene{
			regions: ecssim.Generate(1, "cn-hangzou"),
			wire: func(next http.RoundTripper) http.RoundTripper {
				err := &net.DNSError{Err: "no such host", IsNotFound: true}
				return &away{RoundTripper: next, until: map[string]time.Time{"cn-hangzou": {}}, err: err}
			},
			lane: func(l *batch.Lane) { l.Reach = &batch.Reach{Max: time.Hour} },
		}
		inventories, err := batch.Load(t.Context(), s.build(t).lanes)
		if err != nil || inventories[0].Unread == nil {
			t.Errorf("%v, %+v", err, inventories)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// More lanes than are read at once wait, and those behind them are read meanwhile.
func TestReachIsInNobodysWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, until := time.Now(), make(map[string]time.Time)
		var names []string
		for i := range 200 {
			names = append(names, "cn-"+strings.Repeat("x", i+1))
		}
		for _, name := range names[:150] {
			until[name] = time.Time{}
		}
		reach := &batch.Reach{Max: time.Hour}
		s := scene{
			regions: ecssim.Generate(1, names...),
			wire: func(next http.RoundTripper) http.RoundTripper {
				return &away{RoundTripper: next, until: until, err: errors.New("no route")}
			},
			lane: func(l *batch.Lane) { l.Reach = reach },
		}
		inventories, err := batch.Load(t.Context(), s.build(t).lanes)
		if n := len(strings.Fields(unreadOf(inventories))); err != nil || n != 150 {
			t.Errorf("%d lanes not read: %v", n, err)
		}
		if took := time.Since(start); took != batch.LateAnswer {
			t.Errorf("took %s, want %s", took, batch.LateAnswer)
		}
	})
}

// The end of the context ends the wait at once.
func TestReachEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		start := time.Now()
		time.AfterFunc(20*time.Second, func() { cancel(errSignal) })
		s := scene{
			images: images("m-1:a"), faults: []ecssim.Fault{gone(0, 0)},
			lane: func(l *batch.Lane) { l.Reach = &batch.Reach{Max: time.Hour} },
		}
		if _, err := batch.Load(ctx, s.build(t).lanes); err != errSignal || time.Since(start) != 20*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// A lane that is throttled before there is a plan says so.
func TestReachTellsOfThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []batch.Delay
		s := scene{
			images: images("m-1:a"), faults: []ecssim.Fault{{Kind: "throttle", Times: 4}},
			lane: func(l *batch.Lane) {
				l.Reach = &batch.Reach{Tell: func(d batch.Delay) { told = append(told, d) }}
			},
		}
		inventories, err := batch.Load(t.Context(), s.build(t).lanes)
		if err != nil || inventories[0].Unread != nil {
			t.Errorf("%v, %+v", err, inventories)
		}
		if len(told) != 1 || told[0].State != batch.Throttled || told[0].Most != 15*time.Minute {
			t.Errorf("told of %+v", told)
		}
	})
}
