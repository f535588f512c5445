package ecs_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

// A call that is refused for its date teaches the client the server's clock:
// the next one is signed with it.
func TestAClockThatIsOff(t *testing.T) {
	for _, ahead := range []time.Duration{20 * time.Minute, -17 * time.Minute, 26 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulator(t, ecssim.Config{ClockSkew: ahead}, someImages()...)
				var clock ecs.Clock
				config := ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: s}, Clock: &clock}
				c := ecs.NewClient(region, config)
				if err := rename(t, c); ecs.Classify(err) != ecs.Skewed {
					t.Fatalf("the first call: %v", err)
				}
				if err := rename(t, c); err != nil {
					t.Errorf("the second call: %v", err)
				}
				if got := clock.Offset(); got != ahead {
					t.Errorf("off by %s, want %s", got, ahead)
				}
				if _, err := ecs.NewClient("cn-beijing", config).CallerIdentity(t.Context()); err != nil {
					t.Errorf("another client of the same clock: %v", err)
				}
				config.Clock = nil
				if _, err := ecs.NewClient(region, config).CallerIdentity(t.Context()); ecs.Classify(err) != ecs.Skewed {
					t.Errorf("a client with a clock of its own: %v", err)
				}
			})
		})
	}
}

// Only a refusal for the date says something about the clock.
func TestAClockIsLeftAlone(t *testing.T) {
	old := http.Header{"Date": {"Mon, 23 Nov 2026 03:15:00 GMT"}}
	for _, tt := range []struct {
		name, body string
		header     http.Header
	}{
		{"by a success", `{"RequestId":"R"}`, old},
		{"by another refusal", apiError("InvalidParameter"), old},
		{"by a page", "<html>", old},
		{"by a refusal without a date", apiError("InvalidTimeStamp.Expired"), http.Header{}},
		{"by a date of another form", apiError("InvalidTimeStamp.Expired"), http.Header{"Date": {"yesterday"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var clock ecs.Clock
			_ = rename(t, ecs.NewClient(region, ecs.Config{
				Credentials: testKeys(), Clock: &clock,
				HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					a := answer(400, tt.body)
					a.Header = tt.header
					return a, nil
				})},
			}))
			if clock.Offset() != 0 {
				t.Errorf("off by %s", clock.Offset())
			}
		})
	}
}

// A lender hands out credentials and notes which of them were refused.
type lender struct {
	ecs.Static
	refused []ecs.Credentials
}

func (l *lender) Ready(context.Context) error { return nil }

func (l *lender) Expire(c ecs.Credentials) { l.refused = append(l.refused, c) }

func TestAProviderIsToldOfCredentialsThatRanOut(t *testing.T) {
	for code, want := range map[string]int{
		"InvalidSecurityToken.Expired": 1, "InvalidSecurityToken.Malformed": 0, "Throttling": 0, "InvalidTimeStamp.Expired": 0,
	} {
		l := &lender{Static: testKeys()}
		err := rename(t, ecs.NewClient(region, ecs.Config{
			Credentials: l,
			HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return answer(403, apiError(code)), nil
			})},
		}))
		if err == nil || len(l.refused) != want || want > 0 && l.refused[0] != ecs.Credentials(testKeys()) {
			t.Errorf("%s: %v, and %d were refused, want %d", code, err, len(l.refused), want)
		}
	}
}
