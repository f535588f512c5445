package batch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// A turnstile does something before the n-th request.
type turnstile struct {
	http.RoundTripper
	requests int
	before   func(n int)
}

func (s *turnstile) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	s.before(s.requests)
	return s.RoundTripper.RoundTrip(r)
}

// pageByPage delays a page of a listing until the one before was read, so that the
// order is known.
type pageByPage struct {
	http.RoundTripper
	mu   sync.Mutex
	turn sync.Cond // on mu
	last int       // the page that was read last
}

func inOrder(next http.RoundTripper) http.RoundTripper {
	o := &pageByPage{RoundTripper: next}
	o.turn.L = &o.mu
	return o
}

func (o *pageByPage) RoundTrip(r *http.Request) (*http.Response, error) {
	page, err := strconv.Atoi(r.URL.Query().Get("PageNumber"))
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for page > o.last+1 {
		o.turn.Wait()
	}
	response, err := o.RoundTripper.RoundTrip(r)
	o.last = page
	o.turn.Broadcast()
	return response, err
}

func TestListReadsAWholeLaneOrNothing(t *testing.T) {
	tests := []struct {
		name    string
		images  int
		faults  []ecssim.Fault
		before  func(st *stage, page int) // somebody else, between pages
		want    int                       // images
		reads   int
		took    time.Duration // but for the gate
		failure string
	}{
		{name: "an empty lane", images: 0, want: 0, reads: 1},
		{name: "one page", images: 100, want: 100, reads: 1},
		{name: "three pages", images: 250, want: 250, reads: 3},
		{name: "a page shifted forth", images: 250, faults: []ecssim.Fault{{Kind: "page-skipped", After: 1, Times: 1}}, want: 250, reads: 6, took: 2 * time.Second},
		{name: "a page shifted back", images: 250, faults: []ecssim.Fault{{Kind: "page-repeated", After: 1, Times: 1}}, want: 250, reads: 6, took: 2 * time.Second},
		{
			name: "an image comes in between", images: 250, want: 251, reads: 6, took: 2 * time.Second,
			before: func(st *stage, page int) {
				if page == 2 {
					st.put("m-new", "new")
				}
			},
		},
		{
			name: "an image goes in between", images: 250, want: 249, reads: 6, took: 2 * time.Second,
			before: func(st *stage, page int) {
				if page == 3 {
					st.server.Remove(account, region, st.server.Images(account, region)[0].ID)
				}
			},
		},
		{
			name: "no peace", images: 250, reads: 21, took: 8 * time.Second,
			before: func(st *stage, page int) {
				if page%2 == 0 {
					st.put(fmt.Sprintf("m-new%d", page), fmt.Sprintf("new-%d", page))
				}
			},
			failure: "no listing of cn-hangzhou was whole in 5 tries: TotalCount was 258 to 260, its pages held 260 images, not the same as the time before",
		},
		{name: "a page fails for a while", images: 250, faults: []ecssim.Fault{{Kind: "unavailable", After: 1, Times: 4}}, want: 250, reads: 7},
		{
			name: "a page fails", images: 250, faults: []ecssim.Fault{{Kind: "unavailable", After: 2}}, reads: 7,
			failure: "DescribeImages: ServiceUnavailable: ",
		},
		{
			name: "a page is refused", images: 250, faults: []ecssim.Fault{{Kind: "forbidden", After: 2}}, reads: 3,
			failure: "DescribeImages: Forbidden.RAM: ",
		},
		{
			name: "throttled", images: 250, want: 250, reads: 6, took: -1,
			faults: []ecssim.Fault{{Kind: "throttle", After: 1, Times: 3}},
		},
		{
			name: "throttled for ever", images: 250, reads: -1, took: -1,
			faults:  []ecssim.Fault{{Kind: "throttle-forever", After: 1}},
			failure: pace.ErrThrottledOut.Error(),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var st *stage
				s := scene{
					regions: ecssim.Generate(test.images, region), faults: test.faults, retry: exact,
					wire: func(next http.RoundTripper) http.RoundTripper {
						return inOrder(&turnstile{RoundTripper: next, before: func(page int) {
							if test.before != nil {
								test.before(st, page)
							}
						}})
					},
				}
				st = s.build(t)
				start := time.Now()
				list, err := st.lanes[0].List(t.Context())
				took := time.Since(start)
				switch {
				case test.failure == "" && err != nil:
					t.Fatal(err)
				case test.failure != "" && (err == nil || !strings.HasPrefix(err.Error(), test.failure)):
					t.Errorf("got %v, want %s", err, test.failure)
				case test.failure != "" && list != nil:
					t.Errorf("got %d images and an error", len(list))
				}
				if len(list) != test.want {
					t.Errorf("%d images, want %d", len(list), test.want)
				}
				for i := range list[min(1, len(list)):] {
					if list[i].ID >= list[i+1].ID {
						t.Fatalf("not sorted: %s, %s", list[i].ID, list[i+1].ID)
					}
				}
				if n := len(st.calls("DescribeImages")); test.reads >= 0 && n != test.reads {
					t.Errorf("%d reads, want %d", n, test.reads)
				}
				if test.took >= 0 && took.Truncate(time.Second) != test.took {
					t.Errorf("took %s, want %s", took, test.took)
				}
			})
		})
	}
}

// A lane that cannot be read does not prevent the listing of the others.
func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("no keys")
		s := scene{
			regions: ecssim.Generate(3, "cn-a", "cn-b", "cn-c"),
			faults:  []ecssim.Fault{{Kind: "forbidden", Region: "cn-b"}},
			lane: func(l *batch.Lane) {
				if l.Region == "cn-c" {
					l.Err, l.API = broken, nil
				}
			},
		}
		inventories, err := batch.Load(t.Context(), s.build(t).lanes)
		if err != nil {
			t.Fatal(err)
		}
		if a := inventories[0]; len(a.Images) != 3 || a.Unread != nil || a.Lane != (plan.Lane{Account: account, Region: "cn-a"}) {
			t.Errorf("cn-a: %+v", a)
		}
		if b := inventories[1]; b.Images != nil || ecs.Classify(b.Unread) != ecs.Forbidden {
			t.Errorf("cn-b: %+v", b)
		}
		if c := inventories[2]; c.Images != nil || c.Unread != broken {
			t.Errorf("cn-c: %+v", c)
		}
	})
}

// After the first, eight pages of a lane are read at a time, and 64 lanes.
func TestLoadReadsSideBySide(t *testing.T) {
	for _, test := range []struct {
		name           string
		images, lanes  int
		seconds, calls int
	}{
		{"pages", 1700, 1, 3, 17},
		{"lanes", 1, 128, 2, 128},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var names []string
				for i := range test.lanes {
					names = append(names, fmt.Sprintf("cn-%03d", i))
				}
				s := scene{regions: ecssim.Generate(test.images, names...), rate: 1e6, server: ecssim.Config{Latency: ecssim.Latency{Median: time.Second}}}
				st, start := s.build(t), time.Now()
				inventories, err := batch.Load(t.Context(), st.lanes)
				if err != nil || len(inventories[test.lanes-1].Images) != test.images {
					t.Errorf("%d images, %v", len(inventories[test.lanes-1].Images), err)
				}
				if took := time.Since(start).Round(100 * time.Millisecond); took != time.Duration(test.seconds)*time.Second {
					t.Errorf("took %s, want %d s", took, test.seconds)
				}
				if n := len(st.server.History()); n != test.calls {
					t.Errorf("%d calls, want %d", n, test.calls)
				}
			})
		})
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{regions: ecssim.Generate(300, region), server: ecssim.Config{Latency: ecssim.Latency{Median: time.Second}}}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(1500*time.Millisecond, func() { cancel(errSignal) })
		start := time.Now()
		inventories, err := batch.Load(ctx, s.build(t).lanes)
		if err != errSignal || inventories[0].Unread == nil || inventories[0].Images != nil {
			t.Errorf("got %v, %+v", err, inventories[0])
		}
		if took := time.Since(start); took != 1500*time.Millisecond {
			t.Errorf("took %s", took)
		}
	})
}

func TestIdentify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			regions: ecssim.Generate(0, region), retry: exact, server: ecssim.Config{ClockSkew: time.Hour},
			faults: []ecssim.Fault{{Kind: "unavailable", Action: "any", Times: 2}},
		}
		lane := s.build(t).lanes[0]
		who, err := batch.Identify(t.Context(), lane, lane.API.(*ecs.Client).CallerIdentity)
		if err != nil || who.AccountID != account {
			t.Errorf("got %+v, %v", who, err)
		}
	})
}
