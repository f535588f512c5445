package credentials

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"imgrename/batch/ecs"
)

// keys are credentials and when they expire, by the server's clock; the zero
// time means that this is not known.
type keys struct {
	ecs.Credentials
	expires time.Time
}

// A fetch gets keys from one place. Keys equal to refused, which the API does
// not take any more, must not come out of a cache. It is never called by two
// goroutines at once.
type fetch func(ctx context.Context, refused ecs.Credentials) (keys, error)

// The rhythm of refreshing.
const (
	// ahead is how long before their expiry keys are renewed by [Source.Ready];
	// half of it by [Source.Credentials]. Keys of a short life are renewed when
	// half of it is over.
	ahead = 5 * time.Minute
	// flight is how long before their expiry keys are no longer handed out: a
	// call takes a while to arrive.
	flight = 5 * time.Second
	// again is the pause after a renewal that failed or gave the same keys.
	again = 30 * time.Second
)

// A Source hands out credentials of one place, and stays with that place. It is
// made by [Find] and safe for concurrent use.
//
// No goroutine of its own refreshes them: one caller does, while the others use
// the old keys as long as these are valid.
type Source struct {
	name  string
	fetch fetch
	clock func() time.Time
	limit time.Duration
	turn  chan struct{} // full while somebody fetches

	mu       sync.Mutex // guards what is below
	check    Check
	held     keys
	half     time.Duration   // of the life that held had left when it came
	refused  ecs.Credentials // held, if the API refused it
	next     time.Time       // no renewal before
	pardon   time.Time       // no refusal of held counts before
	failures int             // fetches that failed
	failed   error           // why the last one did
}

func newSource(name string, from fetch, f *finder) *Source {
	return &Source{name: name, fetch: from, clock: f.clock, limit: f.Limit, turn: make(chan struct{}, 1)}
}

// String names the source, such as "profile prod of ~/.aliyun/config.json".
func (s *Source) String() string { return s.name }

// Format keeps the fields, which hold keys, out of every way of printing.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.name) }

// Ready fetches keys if there are none that are valid, and renews them in good
// time before they expire. It may take as long as the limit. Whoever calls it
// before each call is never made to wait by [Source.Credentials].
func (s *Source) Ready(ctx context.Context) error {
	_, err := s.get(ctx, 1)
	return err
}

// Credentials returns keys that are valid now. A renewal that fails is no error
// while the old keys are valid. Callers who have to wait for the same fetch
// share its error.
func (s *Source) Credentials(ctx context.Context) (ecs.Credentials, error) {
	return s.get(ctx, 2)
}

// A Check says why renewed credentials must not be used. Its error may be shown;
// if it wraps [ecs.ErrUnreachable] or is a transport failure of a call, nothing
// is known yet.
type Check func(context.Context, ecs.Credentials) error

// Pin has credentials that differ from the first checked before they are handed
// out, within the fetch and its limit. Whoever looks after a file, a process or
// an address may put another account's keys there while a run lasts.
func (s *Source) Pin(check Check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.check = check
}

// Expire keeps credentials that the API calls expired from being handed out
// again, even if they should last. It ignores credentials that have been
// replaced since, or that the source has just given once more: there are no
// others.
func (s *Source) Expire(refused ecs.Credentials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.Credentials == refused && !s.clock().Before(s.pardon) {
		s.refused = refused
	}
}

// A state says what held is good for.
type state uint8

const (
	spent state = iota // not valid
	aging              // valid, to be renewed
	fresh              // valid
)

// get returns valid keys. It renews them if the part-th part of the usual time
// is left.
func (s *Source) get(ctx context.Context, part time.Duration) (ecs.Credentials, error) {
	held, is, failures := s.look(part)
	switch is {
	case fresh:
		return held, nil
	case aging:
		select {
		case s.turn <- struct{}{}:
		default:
			return held, nil
		}
	case spent:
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return ecs.Credentials{}, context.Cause(ctx)
		}
	}
	defer func() { <-s.turn }()
	held, is, now := s.look(part) // somebody may have been faster
	switch {
	case is == fresh:
		return held, nil
	case is == spent && now > failures:
		return ecs.Credentials{}, s.lastFailure()
	}
	got, err := s.ask(ctx)
	switch {
	case err == nil:
		return got, nil
	case is == aging:
		return held, nil
	}
	return ecs.Credentials{}, err
}

// look returns what is held, what it is good for, and how many fetches failed.
func (s *Source) look(part time.Duration) (ecs.Credentials, state, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.Credentials, s.judge(part), s.failures
}

// judge is called under the lock. Keys that had expired when they came are used
// all the same: it may be this host's clock that is wrong, which the API tells.
func (s *Source) judge(part time.Duration) state {
	now, none := s.clock(), ecs.Credentials{}
	switch {
	case s.held.Credentials == none || s.held.Credentials == s.refused:
		return spent
	case s.held.expires.IsZero():
		return fresh
	case s.half > 0 && !now.Before(s.held.expires.Add(-min(flight, s.half/4))):
		return spent
	case now.Before(s.next) || now.Before(s.held.expires.Add(-min(ahead, s.half)/part)):
		return fresh
	}
	return aging
}

func (s *Source) lastFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// ask fetches keys, within the turn.
func (s *Source) ask(ctx context.Context) (ecs.Credentials, error) {
	s.mu.Lock()
	held, refused, check := s.held.Credentials, s.refused, s.check
	s.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	got, err := s.fetch(within, refused)
	if err == nil && check != nil && got.Credentials != held {
		err = checked(check(within, got.Credentials))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if err == nil {
		s.keep(got, now)
		return got.Credentials, nil
	}
	s.next = now.Add(again)
	if ctx.Err() != nil { // the caller's own end says nothing about the place
		return ecs.Credentials{}, context.Cause(ctx)
	}
	if _, ok := asRefusal(err); !ok {
		err = &refusal{reason: fmt.Sprintf("no answer within %s", s.limit), err: ecs.ErrUnreachable}
	}
	s.failures++
	s.failed = s.explain(err)
	return ecs.Credentials{}, s.failed
}

// checked makes a refusal of a check's error.
func checked(err error) error {
	if err == nil {
		return nil
	}
	r := refuse("its new keys: %v", err)
	if ecs.TransportFailure(err) {
		r.err = ecs.ErrUnreachable
	}
	return r
}

// keep holds new keys, under the lock.
func (s *Source) keep(got keys, now time.Time) {
	half := max(got.expires.Sub(now)/2, 0)
	s.next = time.Time{}
	if got.Credentials == s.held.Credentials || half == 0 {
		s.next = now.Add(again)
	}
	if got.Credentials == s.refused {
		s.pardon = now.Add(again)
	}
	s.held, s.half, s.refused = got, half, ecs.Credentials{}
}

// explain names the source in an error of its place.
func (s *Source) explain(err error) error {
	if r, ok := asRefusal(err); ok {
		return &UnusableError{Source: s.name, Reason: r.reason, Advice: r.advice, err: r}
	}
	return err
}

// A refusal says why a place gives no keys.
type refusal struct {
	reason, advice string
	absent         bool   // the place does not exist, rather than being broken
	undialled      bool   // there was no connection
	code           string // of STS, if that refused a call
	err            error  // ecs.ErrUnreachable, or nil
}

func (r *refusal) Error() string { return r.reason }
func (r *refusal) Unwrap() error { return r.err }

func asRefusal(err error) (*refusal, bool) { return errors.AsType[*refusal](err) }

func refuse(format string, a ...any) *refusal { return &refusal{reason: fmt.Sprintf(format, a...)} }

func absent(format string, a ...any) *refusal {
	r := refuse(format, a...)
	r.absent = true
	return r
}

// advise adds the way out.
func (r *refusal) advise(format string, a ...any) *refusal {
	r.advice = fmt.Sprintf(format, a...)
	return r
}

// remember keeps the keys of a place until they are refused or about to expire:
// those that a role is assumed with are needed less often than its session.
func (f *finder) remember(from fetch) fetch {
	var held keys
	return func(ctx context.Context, refused ecs.Credentials) (keys, error) {
		now := f.clock()
		valid := held != keys{} && held.Credentials != refused && (held.expires.IsZero() || now.Before(held.expires.Add(-flight)))
		if valid && (held.expires.IsZero() || now.Before(held.expires.Add(-ahead))) {
			return held, nil
		}
		got, err := from(ctx, refused)
		switch {
		case err == nil:
			held = got
		case valid && ctx.Err() == nil:
			return held, nil
		}
		return got, err
	}
}
