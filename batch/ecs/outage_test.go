package ecs_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

// An answer of the API, be it nonsense, is told from what came between.
func TestTransportFailure(t *testing.T) {
	for _, tt := range []struct {
		fault string
		want  bool
	}{
		{"refused", true},
		{"dns", true},
		{"tls-cut", true},
		{"wrong-certificate", true},
		{"outage", true},
		{"request-cut", true},
		{"reset-before", true},
		{"reset-after", true},
		{"cut-head-after", true},
		{"cut-body-after", true},
		{"bad-gateway", true},
		{"gateway-timeout-after", true},
		{"html-after", true},
		{"internal-error", false},
		{"unavailable", false},
		{"unknown-error-after", false},
		{"conflict", false},
		{"nonce-used", false},
		{"throttle", false},
		{"token-expired", false},
		{"forbidden", false},
		{"clock-off:20m", false},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			fault, err := ecssim.ParseFault(tt.fault)
			if err != nil {
				t.Fatal(err)
			}
			s := simulator(t, ecssim.Config{Faults: []ecssim.Fault{fault}}, someImages()...)
			err = rename(t, ecs.NewClient(region, ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: s}}))
			if got := ecs.TransportFailure(err); got != tt.want || ecs.Answered(err) == got {
				t.Errorf("transport failure: %v, answered: %v: %v", got, ecs.Answered(err), err)
			}
		})
	}
	for _, tt := range []struct {
		name             string
		err              error
		failed, answered bool
	}{
		{"success", nil, false, true},
		{"a reply of an unexpected form", rename(t, answering(200, `{"RequestId":"R","Code":"","Message":[]}`)), true, false},
		{"a request id and no code", rename(t, answering(400, `{"RequestId":"R-1"}`)), false, true},
		{"no keys", errors.New("no role"), false, false},
		{"keys out of reach", fmt.Errorf("the credentials: %w", ecs.ErrUnreachable), true, false},
	} {
		if f, a := ecs.TransportFailure(tt.err), ecs.Answered(tt.err); f != tt.failed || a != tt.answered {
			t.Errorf("%s: transport failure %v, answered %v: %v", tt.name, f, a, tt.err)
		}
	}
}
