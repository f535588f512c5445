package batch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

// slowKeys is an API whose keys take their time, or are not to be had.
type slowKeys struct {
	batch.API
	wait time.Duration
	err  error
}

func (s slowKeys) Credentials(ctx context.Context) (ecs.Credentials, error) {
	select {
	case <-time.After(s.wait):
	case <-ctx.Done():
		return ecs.Credentials{}, context.Cause(ctx)
	}
	if s.err != nil {
		return ecs.Credentials{}, s.err
	}
	return s.API.Credentials(ctx)
}

// TestKeysComeBeforeTheSight: however long keys take, the image is read after
// that, so that what somebody has changed meanwhile is left alone.
func TestKeysComeBeforeTheSight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("1:a"), rows: rows("1:b"),
			lane: func(l *batch.Lane) { l.API = slowKeys{API: l.API, wait: 25 * time.Second} },
		}
		st := s.build(t)
		go func() {
			time.Sleep(15 * time.Second)
			if err := st.server.Put(account, region, image("1:theirs")); err != nil {
				t.Error(err)
			}
		}()
		r := s.playOn(t.Context(), st)
		r.want("conflict", "Changed", "0", "theirs")
		if n := len(st.writes()); n != 0 {
			t.Errorf("%d writes", n)
		}
	})
}

// TestStopWhileKeysAreFetched: who is stopped while keys are on their way sends
// nothing, and does not wait for them.
func TestStopWhileKeysAreFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("stopped"))
		defer stop()
		s := scene{lane: func(l *batch.Lane) { l.API = slowKeys{API: l.API, wait: 25 * time.Second} }}
		for _, id := range strings.Split("abcdefghijklmnop", "") {
			s.images = append(s.images, image(id+":"+id))
			s.rows = append(s.rows, row(id+":"+id+"x"))
		}
		r := s.play(ctx, t)
		if got, want := r.outcomes(), words("pending", 16); got != want {
			t.Errorf("outcomes %s, want %s", got, want)
		}
		if n := len(r.writes()); n != 0 || r.took > 3100*time.Millisecond {
			t.Errorf("%d writes, %s", n, r.took)
		}
	})
}

// TestKeysThatAreNotToBeHad: a row without keys was not sent, and is pending.
func TestKeysThatAreNotToBeHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("1:a"), rows: rows("1:b"),
			lane: func(l *batch.Lane) { l.API = slowKeys{API: l.API, err: errors.New("signed out")} },
		}
		r := s.play(t.Context(), t)
		r.want("pending", "NoCredentials", "5", "a")
	})
}

// TestRowsAreWrittenWithTheirOwnKeys: two profiles of one account share the lane,
// and each row is written with the keys of its own. One that is refused stops the
// rows of its own only.
func TestRowsAreWrittenWithTheirOwnKeys(t *testing.T) {
	for _, test := range []struct {
		name     string
		key      ecssim.Key
		outcomes string
	}{
		{"two that may", ecssim.Key{AccessKeyID: "other", Secret: secret}, "applied applied applied applied"},
		{"one is disabled", ecssim.Key{AccessKeyID: "other", Secret: secret, Disabled: true}, "applied failed applied failed"},
		{
			"one may not write",
			ecssim.Key{AccessKeyID: "other", Secret: secret, Denied: []ecssim.Denial{{Action: "ecs:ModifyImageAttribute"}}},
			"applied failed applied failed",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("1:a", "2:b", "3:c", "4:d"), rows: rows("1:e", "2:f", "3:g", "4:h"), workers: 1,
					keys: []ecssim.Key{test.key},
				}
				s.rows[1].Profile, s.rows[3].Profile = "b", "b"
				st := s.build(t)
				st.lanes[0].Writers = map[string]batch.API{"b": ecs.NewClient(region, ecs.Config{
					Credentials: ecs.Static{AccessKeyID: "other", AccessKeySecret: ecs.NewSecret(secret)},
					HTTP:        &http.Client{Transport: st.server},
				})}
				r := s.playOn(t.Context(), st)
				if got := r.outcomes(); got != test.outcomes {
					t.Errorf("outcomes %s, want %s\n%s", got, test.outcomes, r.messages())
				}
				for _, c := range st.writes() {
					want := keyID
					if id := c.Parameters["ImageId"]; id == "2" || id == "4" {
						want = "other"
					}
					if c.Key != want {
						t.Errorf("%s was written with %s, want %s", c.Parameters["ImageId"], c.Key, want)
					}
				}
			})
		})
	}
}

// TestChainOverTwoProfiles: rows that wait for one whose keys are refused are
// blocked, not refused themselves.
func TestChainOverTwoProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("1:a", "2:b"), rows: rows("1:b", "2:c"),
			keys: []ecssim.Key{{AccessKeyID: "other", Secret: secret, Disabled: true}},
		}
		s.rows[1].Profile = "b"
		st := s.build(t)
		st.lanes[0].Writers = map[string]batch.API{"b": ecs.NewClient(region, ecs.Config{
			Credentials: ecs.Static{AccessKeyID: "other", AccessKeySecret: ecs.NewSecret(secret)},
			HTTP:        &http.Client{Transport: st.server},
		})}
		s.playOn(t.Context(), st).want("blocked failed", "WaitsFor Forbidden.AccessKeyDisabled", "0 1", "a b")
	})
}
