package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs"
)

// hush is in every secret, and must be in nothing that is shown.
const hush = "hush"

// A keeper hands out new session keys at each fetch.
type keeper struct {
	lifetime time.Duration // 0 is unknown
	delay    time.Duration
	same     bool // the keys of the first fetch, for ever
	fail     atomic.Bool
	asked    atomic.Int64
	inside   atomic.Int64
}

func (k *keeper) fetch(ctx context.Context, _ ecs.Credentials) (keys, error) {
	if k.inside.Add(1) > 1 {
		panic("two fetches at once")
	}
	defer k.inside.Add(-1)
	n := k.asked.Add(1)
	select {
	case <-time.After(k.delay):
	case <-ctx.Done():
		return keys{}, ctx.Err()
	}
	if k.fail.Load() {
		return keys{}, &refusal{reason: "it failed", err: ecs.ErrUnreachable}
	}
	if k.same {
		n = 1
	}
	var expires time.Time
	if k.lifetime != 0 {
		expires = time.Now().Add(k.lifetime)
	}
	return answerLabels.keys(fmt.Sprintf("id-%d", n), "hush", "hush", expires)
}

func (k *keeper) source() *Source {
	return newSource("the keeper", k.fetch, newFinder(Options{}))
}

func id(t *testing.T, s *Source) string {
	t.Helper()
	got, err := s.Credentials(t.Context())
	if err != nil {
		t.Error(err)
	}
	return got.AccessKeyID
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, k *keeper, f func(t *testing.T, s *Source)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, k.source()) })
}

func TestKeysAreKeptUntilTheyExpire(t *testing.T) {
	k := &keeper{lifetime: 15 * time.Minute}
	bubble(t, k, func(t *testing.T, s *Source) {
		for range 2 * 900 { // two runs' worth of one call a second
			if err := s.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
	})
	if n := k.asked.Load(); n != 3 { // at 0, 10 and 20 minutes
		t.Errorf("asked %d times in 30 minutes, want 3", n)
	}
}

func TestKeysWithoutAnExpiryAreKept(t *testing.T) {
	k := &keeper{}
	bubble(t, k, func(t *testing.T, s *Source) {
		for range 1000 {
			id(t, s)
			time.Sleep(time.Hour)
		}
	})
	if n := k.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// One caller renews, and takes as long as that takes; the others do not wait.
func TestOneRenewsWhileTheOthersGoOn(t *testing.T) {
	const workers = 16
	k := &keeper{lifetime: 15 * time.Minute}
	bubble(t, k, func(t *testing.T, s *Source) {
		id(t, s)
		k.delay = 25 * time.Second
		time.Sleep(11 * time.Minute)
		begun := time.Now()
		var waited atomic.Int64
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				if err := s.Ready(t.Context()); err != nil {
					t.Error(err)
				}
				if time.Since(begun) > 0 {
					waited.Add(1)
				}
			})
		}
		all.Wait()
		if waited.Load() != 1 || k.asked.Load() != 2 {
			t.Errorf("%d waited, asked %d times; want 1, 2", waited.Load(), k.asked.Load())
		}
		if got := id(t, s); got != "id-2" {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// Whoever is ready just before a call does not wait in it.
func TestReadyComesFirst(t *testing.T) {
	k := &keeper{lifetime: 15 * time.Minute, delay: 25 * time.Second}
	bubble(t, k, func(t *testing.T, s *Source) {
		for range 2000 {
			if err := s.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			begun := time.Now()
			id(t, s)
			if waited := time.Since(begun); waited > 0 {
				t.Fatalf("waited %s", waited)
			}
		}
	})
}

// A renewal that fails is no error while the old keys are valid, and is tried
// again now and then; afterwards it is one.
func TestARenewalThatFails(t *testing.T) {
	k := &keeper{lifetime: 15 * time.Minute}
	bubble(t, k, func(t *testing.T, s *Source) {
		id(t, s)
		k.fail.Store(true)
		begun := time.Now()
		for time.Since(begun) < 15*time.Minute-flight {
			if err := s.Ready(t.Context()); err != nil {
				t.Fatalf("after %s: %v", time.Since(begun), err)
			}
			time.Sleep(time.Second)
		}
		if n := k.asked.Load(); n != 11 {
			t.Errorf("asked %d times, want 11", n)
		}
		_, err := s.Credentials(t.Context())
		if err == nil || err.Error() != "the keeper: it failed" || !errors.Is(err, ecs.ErrUnreachable) {
			t.Errorf("error = %v", err)
		}
		k.fail.Store(false)
		if got := id(t, s); got != "id-13" {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// Workers whose keys are over ask once, and share a failure.
func TestWorkersShareAFailure(t *testing.T) {
	const workers = 16
	k := &keeper{delay: 10 * time.Second}
	k.fail.Store(true)
	bubble(t, k, func(t *testing.T, s *Source) {
		begun := time.Now()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				if _, err := s.Credentials(t.Context()); !errors.Is(err, ecs.ErrUnreachable) {
					t.Errorf("error = %v", err)
				}
			})
		}
		all.Wait()
		if n, took := k.asked.Load(), time.Since(begun); n != 1 || took != k.delay {
			t.Errorf("asked %d times in %s", n, took)
		}
	})
}

// A caller that gives up takes nobody with it.
func TestACallerThatGivesUp(t *testing.T) {
	k := &keeper{delay: 10 * time.Second}
	bubble(t, k, func(t *testing.T, s *Source) {
		gone := errors.New("gone")
		short, cancel := context.WithTimeoutCause(t.Context(), time.Second, gone)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.Credentials(short); !errors.Is(err, gone) {
				t.Errorf("error = %v", err)
			}
		})
		synctest.Wait()
		begun := time.Now()
		if got := id(t, s); got != "id-2" || time.Since(begun) != 11*time.Second {
			t.Errorf("%s after %s", got, time.Since(begun))
		}
		all.Wait()
	})
}

// Whoever waits for somebody else's fetch can leave.
func TestAWaiterThatLeaves(t *testing.T) {
	k := &keeper{delay: 30 * time.Second}
	bubble(t, k, func(t *testing.T, s *Source) {
		var all sync.WaitGroup
		all.Go(func() { id(t, s) })
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := s.Credentials(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		all.Wait()
	})
}

func TestAFetchEndsAtItsLimit(t *testing.T) {
	k := &keeper{delay: time.Hour}
	bubble(t, k, func(t *testing.T, s *Source) {
		begun := time.Now()
		_, err := s.Credentials(context.WithoutCancel(t.Context()))
		if err == nil || err.Error() != "the keeper: no answer within 1m0s" || !errors.Is(err, ecs.ErrUnreachable) || time.Since(begun) != DefaultLimit {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

// The API ends the session of workers, again and again: each session is
// replaced once.
func TestASessionThatIsRefused(t *testing.T) {
	const workers = 16
	k := &keeper{lifetime: time.Hour}
	bubble(t, k, func(t *testing.T, s *Source) {
		for n := range 3 {
			var all sync.WaitGroup
			for range workers {
				all.Go(func() {
					old, err := s.Credentials(t.Context())
					if err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second) // all have used the old ones
					s.Expire(old)
					if got, want := id(t, s), fmt.Sprintf("id-%d", n+2); got != want {
						t.Errorf("got %s, want %s", got, want)
					}
					s.Expire(old) // somebody comes late
				})
			}
			all.Wait()
		}
	})
	if n := k.asked.Load(); n != 4 {
		t.Errorf("asked %d times, want 4", n)
	}
}

// A place that keeps giving what was refused is asked once in a while.
func TestASessionThatCannotBeReplaced(t *testing.T) {
	k := &keeper{lifetime: time.Hour, same: true}
	bubble(t, k, func(t *testing.T, s *Source) {
		for range 5 {
			got, err := s.Credentials(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.Expire(got)
		}
		if n := k.asked.Load(); n != 2 {
			t.Errorf("asked %d times, want 2", n)
		}
		time.Sleep(again)
		got, _ := s.Credentials(t.Context())
		s.Expire(got)
		id(t, s)
		if n := k.asked.Load(); n != 3 {
			t.Errorf("later: asked %d times, want 3", n)
		}
	})
}

// Keys that were refused are not handed out while they cannot be replaced.
func TestARefusedSessionAndAFailure(t *testing.T) {
	k := &keeper{lifetime: time.Hour}
	bubble(t, k, func(t *testing.T, s *Source) {
		got, _ := s.Credentials(t.Context())
		s.Expire(got)
		k.fail.Store(true)
		for range 2 {
			if got, err := s.Credentials(t.Context()); err == nil {
				t.Errorf("got %s", got.AccessKeyID)
			}
		}
	})
}

// Keys that are over when they come may be so by this host's clock only.
func TestKeysThatComeExpired(t *testing.T) {
	k := &keeper{lifetime: -time.Hour}
	bubble(t, k, func(t *testing.T, s *Source) {
		for range 60 {
			id(t, s)
			time.Sleep(time.Second)
		}
	})
	if n := k.asked.Load(); n != 2 {
		t.Errorf("asked %d times in a minute, want 2", n)
	}
}

func TestKeysOfAMinute(t *testing.T) {
	k := &keeper{lifetime: time.Minute}
	bubble(t, k, func(t *testing.T, s *Source) {
		for range 600 {
			id(t, s)
			time.Sleep(time.Second)
		}
	})
	if n := k.asked.Load(); n > 15 {
		t.Errorf("asked %d times in ten minutes", n)
	}
}

// Keys that have become another account's are not handed out.
func TestAPinnedSource(t *testing.T) {
	k := &keeper{lifetime: time.Hour}
	bubble(t, k, func(t *testing.T, s *Source) {
		first, _ := s.Credentials(t.Context())
		var asked []string
		var answer error
		s.Pin(func(_ context.Context, c ecs.Credentials) error {
			asked = append(asked, c.AccessKeyID)
			return answer
		})
		s.Expire(first)
		if got := id(t, s); got != "id-2" {
			t.Errorf("got %s", got)
		}
		answer = fmt.Errorf("away: %w", ecs.ErrUnreachable)
		time.Sleep(58 * time.Minute)
		if got := id(t, s); got != "id-2" { // still valid
			t.Errorf("got %s", got)
		}
		time.Sleep(time.Minute + 58*time.Second)
		if _, err := s.Credentials(t.Context()); !errors.Is(err, ecs.ErrUnreachable) {
			t.Errorf("error = %v", err)
		}
		answer = errors.New("they belong to account 2")
		_, err := s.Credentials(t.Context())
		if err == nil || err.Error() != "the keeper: its new keys: they belong to account 2" || errors.Is(err, ecs.ErrUnreachable) {
			t.Errorf("error = %v", err)
		}
		answer = nil
		if got := id(t, s); got != "id-6" {
			t.Errorf("afterwards: %s", got)
		}
		if want := []string{"id-2", "id-3", "id-4", "id-5", "id-6"}; !slices.Equal(asked, want) {
			t.Errorf("checked %v, want %v", asked, want)
		}
	})
}

func TestASourceShowsItsNameOnly(t *testing.T) {
	s := (&keeper{}).source()
	_, err := s.Credentials(t.Context())
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v|%#v|%q|%d", s, s, s, s), fmt.Sprint(err)} {
		if strings.Contains(text, hush) || strings.Contains(text, "id-1") {
			t.Errorf("shown: %s", text)
		}
	}
}

// The keys that a role is assumed with are kept beside its session.
func TestRemember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{lifetime: time.Hour}
		from := newFinder(Options{}).remember(k.fetch)
		next := func(refused ecs.Credentials) keys {
			got, err := from(t.Context(), refused)
			if err != nil {
				t.Error(err)
			}
			return got
		}
		first := next(ecs.Credentials{})
		time.Sleep(30 * time.Minute)
		if got := next(ecs.Credentials{}); got != first || k.asked.Load() != 1 {
			t.Errorf("after half an hour: %v, asked %d times", got == first, k.asked.Load())
		}
		second := next(first.Credentials)
		if second == first {
			t.Error("refused keys were kept")
		}
		time.Sleep(57 * time.Minute)
		k.fail.Store(true)
		if got := next(ecs.Credentials{}); got != second || k.asked.Load() != 3 {
			t.Errorf("a failure ahead of time: %v, asked %d times", got == second, k.asked.Load())
		}
		time.Sleep(3 * time.Minute)
		if _, err := from(t.Context(), ecs.Credentials{}); err == nil {
			t.Error("expired keys came out")
		}
	})
}
