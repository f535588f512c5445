package ecs_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imgrename/batch/ecs"
)

// exposed returns the form in which a text gives a secret away, or "".
func exposed(text string) string {
	for _, s := range []string{testSecret, testToken, "Hush"} {
		for _, form := range []string{s, url.QueryEscape(s), url.QueryEscape(url.QueryEscape(s)), fmt.Sprintf("%x", s), fmt.Sprintf("%X", s)} {
			if strings.Contains(text, form) {
				return form
			}
		}
	}
	return ""
}

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	keys := ecs.Credentials(testKeys())
	type hidden struct{ inner any }
	type deep struct{ keys ecs.Credentials }
	config := ecs.Config{Credentials: testKeys(), HTTP: http.DefaultClient}
	client := ecs.NewClient(region, config)
	for _, tt := range []struct {
		name  string
		value any
	}{
		{"secret", keys.AccessKeySecret},
		{"pointer to a secret", &keys.AccessKeySecret},
		{"credentials", keys},
		{"pointer to credentials", &keys},
		{"provider", testKeys()},
		{"in an unexported field", deep{keys}},
		{"behind a pointer in an unexported field", &deep{keys}},
		{"in an interface in an unexported field", hidden{keys}},
		{"in a slice", []deep{{keys}}},
		{"in a map", map[string]any{"keys": hidden{&keys}}},
		{"as a map's key", map[ecs.Secret]int{keys.AccessKeySecret: 1}},
		{"configuration", config},
		{"client", client},
		{"a client's value", *client},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %t %p %T %c %U %e %08b % x %#q %+q %z") {
				if shown := fmt.Sprintf(verb, tt.value); exposed(shown) != "" {
					t.Errorf("%s shows %s", verb, shown)
				}
			}
			if shown := fmt.Sprint(errors.New("x"), tt.value); exposed(shown) != "" {
				t.Errorf("Sprint shows %s", shown)
			}
			if b, err := json.Marshal(tt.value); err == nil && exposed(string(b)) != "" {
				t.Errorf("JSON shows %s", b)
			}
			if b, err := xml.Marshal(tt.value); err == nil && exposed(string(b)) != "" {
				t.Errorf("XML shows %s", b)
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", tt.value)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", tt.value)
			if exposed(log.String()) != "" {
				t.Errorf("the log shows %s", log.String())
			}
		})
	}
}

func TestSecret(t *testing.T) {
	s := ecs.NewSecret(testSecret)
	if got := fmt.Sprintf("%v %s %q %d", s, s, s, s); got != "[redacted] [redacted] [redacted] [redacted]" {
		t.Errorf("prints %s", got)
	}
	if b, err := json.Marshal(s); string(b) != `"[redacted]"` || err != nil {
		t.Errorf("JSON %s, %v", b, err)
	}
	if s.Reveal() != testSecret || s != ecs.NewSecret(testSecret) || s == ecs.NewSecret("other") {
		t.Error("a secret is not its text")
	}
	if (ecs.Secret{}).Reveal() != "" || (ecs.Secret{}) != ecs.NewSecret("") {
		t.Error("the zero value is not the empty secret")
	}
}

// A server may quote what it got: if a signature does not match, it quotes the
// whole canonical request, with the token in it.
func TestNoErrorShowsASecret(t *testing.T) {
	long := strings.Repeat("x", 1<<10-len(testToken)/2) // the token lies across the cut
	for _, tt := range []struct {
		name, body string
	}{
		{"the token in a canonical request", `{"RequestId":"R","Code":"SignatureDoesNotMatch","Message":"server string to sign is:POST\n/\nx-acs-security-token:` + testToken + `"}`},
		{"the token encoded", `{"RequestId":"R","Code":"SignatureDoesNotMatch","Message":"SecurityToken=` + url.QueryEscape(testToken) + `"}`},
		{"the token encoded twice", `{"RequestId":"R","Code":"SignatureDoesNotMatch","Message":"string to sign POST&%2F&SecurityToken%3D` + url.QueryEscape(url.QueryEscape(testToken)) + `"}`},
		{"the token across the cut of a long message", `{"RequestId":"R","Code":"X","Message":"` + long + testToken + `"}`},
		{"the secret in a message", `{"RequestId":"R","Code":"X","Message":"key ` + testSecret + `"}`},
		{"the secret in a code", `{"RequestId":"R","Code":"X.` + testSecret + `","Message":""}`},
		{"the secret in a request id", `{"RequestId":"` + testSecret + `","Code":"X","Message":""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := rename(t, answering(400, tt.body))
			e, ok := errors.AsType[*ecs.Error](err)
			if !ok {
				t.Fatalf("error = %v", err)
			}
			if shown := fmt.Sprintf("%v %+v %#v", e, *e, e); exposed(shown) != "" {
				t.Errorf("the error shows %s", shown)
			}
			if len(e.Error()) > 2<<10 {
				t.Errorf("the error has %d bytes", len(e.Error()))
			}
		})
	}
}

func TestLongMessagesAreCutBetweenCharacters(t *testing.T) {
	err := rename(t, answering(400, `{"RequestId":"R","Code":"X","Message":"`+strings.Repeat("镜", 1000)+`"}`))
	e, _ := errors.AsType[*ecs.Error](err)
	if want := strings.Repeat("镜", 341) + "…"; e.Message != want {
		t.Errorf("message is %d bytes: %s", len(e.Message), e.Message)
	}
}
