package ecssim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Shape is the law by which a quota refuses.
type Shape int

// The shapes. ECS is believed to count by the clock minute; the other two are
// what an account may meet as well.
const (
	Unlimited     Shape = iota
	ClockWindow         // Limit calls in each window that starts at a multiple of Window on the server's clock
	SlidingWindow       // Limit calls in any stretch as long as Window
	Bucket              // Limit calls a second, and up to Depth at once
)

// A Quota limits the calls of one account in one region to one operation. The
// zero Quota limits nothing. Calls that are refused do not count against it.
type Quota struct {
	Shape     Shape
	Limit     float64       // calls in a window, or a second for a Bucket
	Window    time.Duration // unused by a Bucket
	Depth     int           // of a Bucket, which starts full
	Neighbour Neighbour
	Changes   []Change // in order of time

	Status int      // of a refusal, 400 if zero
	Code   string   // of a refusal, Throttling.User if empty
	Hints  []string // headers of a refusal that say when to come again, see [ParseQuota]
}

// A Neighbour is another user of the same account, who eats part of the quota:
// Rate calls a second, evenly spaced, for On, then none for Off. It starts with
// the server. If Off is zero it never rests.
type Neighbour struct {
	Rate    float64
	On, Off time.Duration
}

// A Change is a new Limit from At after the server's start.
type Change struct {
	At    time.Duration
	Limit float64
}

// The hints a refusal may carry.
const (
	hintRetryAfter    = "retry-after"          // seconds
	hintAcsRetryAfter = "x-acs-retry-after"    // milliseconds
	hintUserAPI       = "x-ratelimit-user-api" // Limit, Remain, TimeLeft and Reset in milliseconds
	hintUser          = "x-ratelimit-user"     // the same
)

var hintNames = []string{hintRetryAfter, hintAcsRetryAfter, hintUserAPI, hintUser}

// ParseQuota reads a quota from text:
//
//	none                    no limit, as is the empty text
//	1000/60s                1000 calls in each minute of the server's clock
//	sliding:600/60s         600 calls in any 60 s
//	bucket:10/s,100         10 calls a second, up to 100 at once (depth 1 if not given)
//
// followed by any of, each after a semicolon:
//
//	neighbour=5/s           somebody else makes 5 calls a second
//	neighbour=5/s,30s,30s   … for 30 s, then rests for 30 s
//	then=300@100s           the limit is 300 from 100 s after the start; may be repeated
//	status=429              the status of a refusal (400)
//	code=Throttling.Api     the code of a refusal (Throttling.User)
//	hint=NAME+NAME          headers of a refusal: retry-after, x-acs-retry-after,
//	                        x-ratelimit-user-api, x-ratelimit-user (none)
func ParseQuota(text string) (Quota, error) {
	shape, rest, _ := strings.Cut(text, ";")
	q, err := parseShape(strings.TrimSpace(shape))
	if err != nil {
		return Quota{}, fmt.Errorf("quota %q: %w", text, err)
	}
	for option := range strings.SplitSeq(rest, ";") {
		if option = strings.TrimSpace(option); option == "" {
			continue
		}
		name, value, _ := strings.Cut(option, "=")
		if err := q.set(name, value); err != nil {
			return Quota{}, fmt.Errorf("quota %q: %s: %w", text, name, err)
		}
	}
	if err := q.check(); err != nil {
		return Quota{}, fmt.Errorf("quota %q: %w", text, err)
	}
	return q, nil
}

// maxRate bounds the neighbour, whose calls are played one by one.
const maxRate = 10_000

// check returns what is wrong with a quota.
func (q *Quota) check() error {
	windowed := q.Shape == ClockWindow || q.Shape == SlidingWindow
	switch {
	case windowed && q.Window <= 0:
		return errors.New("a window needs a length")
	case q.Shape == Bucket && (q.Limit <= 0 || q.Depth < 0):
		return errors.New("a bucket needs a rate and a depth")
	case q.Limit < 0:
		return errors.New("a limit cannot be negative")
	case q.Neighbour.Rate < 0 || q.Neighbour.Rate > maxRate:
		return fmt.Errorf("a neighbour makes 0 to %d calls a second", maxRate)
	case q.Neighbour.Off > 0 && q.Neighbour.On <= 0:
		return errors.New("a neighbour that only rests")
	case !slices.IsSortedFunc(q.Changes, func(a, b Change) int { return cmp.Compare(a.At, b.At) }):
		return errors.New("changes are not in order of time")
	}
	for _, c := range q.Changes {
		if c.Limit < 0 || c.At < 0 || math.IsNaN(c.Limit) || q.Shape == Bucket && c.Limit == 0 {
			return fmt.Errorf("no limit can be %v at %v", c.Limit, c.At)
		}
	}
	return nil
}

func parseShape(text string) (q Quota, err error) {
	if text == "" || text == "none" {
		return Quota{}, nil
	}
	if law, ok := strings.CutPrefix(text, "bucket:"); ok {
		perSecond, depth, deep := strings.Cut(law, ",")
		q = Quota{Shape: Bucket, Depth: 1}
		if q.Limit, err = parseRate(perSecond); err == nil && deep {
			q.Depth, err = parseCount(depth)
		}
		return q, err
	}
	q.Shape = ClockWindow
	law, sliding := strings.CutPrefix(text, "sliding:")
	if sliding {
		q.Shape = SlidingWindow
	}
	limit, window, ok := strings.Cut(law, "/")
	if !ok {
		return Quota{}, fmt.Errorf("%q is neither LIMIT/WINDOW nor bucket:RATE/s,DEPTH", text)
	}
	count, err := parseCount(limit)
	if err != nil {
		return Quota{}, err
	}
	q.Limit = float64(count)
	q.Window, err = parsePositive(window)
	return q, err
}

// quotaOptions are the options of a quota by name.
var quotaOptions = map[string]func(*Quota, string) error{
	"neighbour": func(q *Quota, v string) (err error) { q.Neighbour, err = parseNeighbour(v); return err },
	"then": func(q *Quota, v string) (err error) {
		var c Change
		limit, at, _ := strings.Cut(v, "@")
		if c.Limit, err = strconv.ParseFloat(limit, 64); err == nil {
			c.At, err = time.ParseDuration(at)
		}
		q.Changes = append(q.Changes, c)
		return err
	},
	"status": func(q *Quota, v string) (err error) { q.Status, err = parseStatus(v); return err },
	"code":   func(q *Quota, v string) error { return setText(&q.Code, v) },
	"hint":   func(q *Quota, v string) (err error) { q.Hints, err = parseHints(v); return err },
}

func (q *Quota) set(name, value string) error {
	set, known := quotaOptions[name]
	switch {
	case !known:
		return fmt.Errorf("no such option; there are %s", strings.Join(sortedKeys(quotaOptions), ", "))
	case q.Shape == Unlimited:
		return errors.New("there is no limit")
	}
	return set(q, value)
}

func parseNeighbour(text string) (n Neighbour, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != 1 && len(parts) != 3 {
		return n, fmt.Errorf("%q is neither RATE/s nor RATE/s,ON,OFF", text)
	}
	if n.Rate, err = parseRate(parts[0]); err != nil || len(parts) == 1 {
		return n, err
	}
	if n.On, err = parsePositive(parts[1]); err != nil {
		return n, err
	}
	n.Off, err = parsePositive(parts[2])
	return n, err
}

func parseHints(text string) ([]string, error) {
	hints := strings.Split(text, "+")
	for _, h := range hints {
		if !slices.Contains(hintNames, h) {
			return nil, fmt.Errorf("%q is none of %s", h, strings.Join(hintNames, ", "))
		}
	}
	return hints, nil
}

// parseRate reads calls a second, as 10/s or 0.5/s.
func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || !(rate > 0 && rate < 1e9) {
		return 0, fmt.Errorf("%q is no rate like 10/s", text)
	}
	return rate, nil
}

func parseCount(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no count", text)
	}
	return n, nil
}

func parsePositive(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration like 60s", text)
	}
	return d, nil
}

func parseStatus(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 200 || n > 599 {
		return 0, fmt.Errorf("%q is no HTTP status", text)
	}
	return n, nil
}

// refusal answers a call beyond the quota; wait is when to come again.
func (q Quota) refusal(wait time.Duration) *refusal {
	code := q.Code
	if code == "" {
		code = "Throttling.User"
	}
	r := refuse(code)
	if q.Status != 0 {
		r.status = q.Status
	}
	r.header = hintHeader(q.Hints, wait, int(q.Limit))
	return r
}

func hintHeader(hints []string, wait time.Duration, limit int) http.Header {
	h := make(http.Header, len(hints))
	ms := (wait + time.Millisecond - 1).Milliseconds()
	for _, hint := range hints {
		switch hint {
		case hintRetryAfter:
			h.Set(hint, strconv.FormatInt((ms+999)/1000, 10))
		case hintAcsRetryAfter:
			h.Set(hint, strconv.FormatInt(ms, 10))
		case hintUserAPI, hintUser:
			h.Set(hint, fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d,Reset:%d", limit, ms, ms))
		}
	}
	return h
}
