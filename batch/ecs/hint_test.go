package ecs_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"imgrename/batch/ecs"
)

func TestRetryAfter(t *testing.T) {
	const acs, user, api, after = "x-acs-retry-after", "x-ratelimit-user", "x-ratelimit-user-api", "Retry-After"
	for _, tt := range []struct {
		name    string
		headers map[string]string
		want    time.Duration
	}{
		{"none", nil, 0},
		{"milliseconds", map[string]string{acs: "1500"}, 1500 * time.Millisecond},
		{"seconds", map[string]string{after: "2"}, 2 * time.Second},
		{"time left", map[string]string{user: "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2 * time.Second},
		{"the longer time left", map[string]string{user: "TimeLeft:2000", api: "Limit:1, TimeLeft: 3000"}, 3 * time.Second},
		{"the longest of all", map[string]string{acs: "500", user: "TimeLeft:2000", after: "1"}, 2 * time.Second},
		{"negative", map[string]string{acs: "-500", after: "-1", user: "TimeLeft:-9"}, 0},
		{"no number", map[string]string{acs: "soon", after: "1.5", user: "TimeLeft"}, 0},
		{"a date", map[string]string{after: "Wed, 21 Oct 2015 07:28:00 GMT"}, 0},
		{"too long", map[string]string{after: "86400"}, 5 * time.Minute},
		{"more than a duration holds", map[string]string{after: "9223372037"}, 5 * time.Minute},
		{"more than a number holds", map[string]string{acs: "99999999999999999999"}, 5 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := ecs.NewClient(region, ecs.Config{
				Credentials: testKeys(),
				HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					r := answer(400, apiError("Throttling.User"))
					for name, value := range tt.headers {
						r.Header.Set(name, value)
					}
					return r, nil
				})},
			})
			e, ok := errors.AsType[*ecs.Error](rename(t, c))
			if !ok || e.RetryAfter != tt.want {
				t.Errorf("hint = %+v, want %v", e, tt.want)
			}
		})
	}
}

func TestDateOfTheServer(t *testing.T) {
	for _, tt := range []struct {
		date string
		want time.Time
	}{
		{"", time.Time{}},
		{"yesterday", time.Time{}},
		{"Mon, 23 Nov 2026 03:15:02 GMT", time.Date(2026, 11, 23, 3, 15, 2, 0, time.UTC)},
	} {
		c := ecs.NewClient(region, ecs.Config{
			Credentials: testKeys(),
			HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				r := answer(400, apiError("Throttling.User"))
				r.Header.Set("Date", tt.date)
				return r, nil
			})},
		})
		if e, ok := errors.AsType[*ecs.Error](rename(t, c)); !ok || !e.Date.Equal(tt.want) {
			t.Errorf("Date %q: %+v, want %v", tt.date, e, tt.want)
		}
	}
}
