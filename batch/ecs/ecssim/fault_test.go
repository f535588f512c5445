package ecssim_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

func TestParseFault(t *testing.T) {
	for _, tt := range []struct {
		text string
		want ecssim.Fault
	}{
		{"reset-after", ecssim.Fault{Kind: "reset-after"}},
		{"lost-after:0.01", ecssim.Fault{Kind: "lost-after", Chance: 0.01}},
		{"internal-error:every=50", ecssim.Fault{Kind: "internal-error", Every: 50}},
		{"throttle-forever:after=100", ecssim.Fault{Kind: "throttle-forever", After: 100}},
		{"stale-read:3s", ecssim.Fault{Kind: "stale-read", By: 3 * time.Second}},
		{"outage:at=10s,for=300s", ecssim.Fault{Kind: "outage", At: 10 * time.Second, For: 5 * time.Minute}},
		{"refuse:code=OperationConflict,status=409,times=1,action=write,account=1,region=cn-x,image=m-1", ecssim.Fault{
			Kind: "refuse", Code: "OperationConflict", Status: 409, Times: 1, Action: "write", Account: "1", Region: "cn-x", Image: "m-1",
		}},
		{"throttle:chance=0.5,by=2s,hint=retry-after+x-acs-retry-after", ecssim.Fault{
			Kind: "throttle", Chance: 0.5, By: 2 * time.Second, Hints: []string{"retry-after", "x-acs-retry-after"},
		}},
	} {
		got, err := ecssim.ParseFault(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
	for _, text := range []string{
		"", "nonsense", "lost-after:", "lost-after:2", "lost-after:maybe", "lost-after:colour=red", "internal-error:every=-1",
		"stale-read", "late-write:0.5", "outage:for=0s", "throttle:status=1", "throttle:hint=soon", "refuse", "refuse-after:status=400",
		"outage:at=-1s", "lost-after:-1s", "lost-after:action=writes",
	} {
		if f, err := ecssim.ParseFault(text); err == nil {
			t.Errorf("%q is taken for %+v", text, f)
		}
	}
}

func faults(t testing.TB, texts ...string) (list []ecssim.Fault) {
	t.Helper()
	for _, text := range texts {
		f, err := ecssim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// traced makes a call and reports whether the client had sent it.
func (c *client) traced(ctx context.Context, r *http.Request) (got reply, connected, sent bool, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { connected = true },
		WroteRequest: func(i httptrace.WroteRequestInfo) { sent = i.Err == nil },
	})
	got, err = roundTrip(c.transport, r.WithContext(ctx))
	return got, connected, sent, err
}

// What a client sees of each kind, and whether the write was done.
func TestFaultsInProcess(t *testing.T) {
	for _, tt := range []struct {
		fault   string
		err     any // nil, an error, or a pointer to what the error is to be
		sent    bool
		status  int
		code    string // or a piece of the body, if it is no JSON
		done    bool
		verdict ecssim.Verdict
	}{
		{"refused", syscall.ECONNREFUSED, false, 0, "", false, ecssim.Unreached},
		{"dns", new(*net.DNSError), false, 0, "", false, ecssim.Unreached},
		{"tls-cut", syscall.ECONNRESET, false, 0, "", false, ecssim.Unreached},
		{"wrong-certificate", new(*tls.CertificateVerificationError), false, 0, "", false, ecssim.Unreached},
		{"outage", syscall.ENETUNREACH, false, 0, "", false, ecssim.Unreached},
		{"request-cut", syscall.EPIPE, false, 0, "", false, ecssim.Unreached},
		{"lost-before", context.DeadlineExceeded, true, 0, "", false, ecssim.Dropped},
		{"lost-after", context.DeadlineExceeded, true, 0, "", true, ecssim.Applied},
		{"lost-after:5s", syscall.ECONNRESET, true, 0, "", true, ecssim.Applied},
		{"reset-before", syscall.ECONNRESET, true, 0, "", false, ecssim.Dropped},
		{"reset-after", syscall.ECONNRESET, true, 0, "", true, ecssim.Applied},
		{"cut-head-before", io.ErrUnexpectedEOF, true, 0, "", false, ecssim.Dropped},
		{"cut-head-after", io.ErrUnexpectedEOF, true, 0, "", true, ecssim.Applied},
		{"cut-body-before", io.ErrUnexpectedEOF, true, 200, "", false, ecssim.Dropped},
		{"cut-body-after", io.ErrUnexpectedEOF, true, 200, "", true, ecssim.Applied},
		{"late-answer:10s", nil, true, 200, "", true, ecssim.Applied},
		{"late-answer:20s", context.DeadlineExceeded, true, 0, "", true, ecssim.Applied},
		{"late-write:10s", nil, true, 200, "", true, ecssim.Applied},
		{"internal-error", nil, true, 500, "InternalError", false, ecssim.Dropped},
		{"internal-error-after", nil, true, 500, "InternalError", true, ecssim.Applied},
		{"unavailable", nil, true, 503, "ServiceUnavailable", false, ecssim.Dropped},
		{"unavailable-after", nil, true, 503, "ServiceUnavailable", true, ecssim.Applied},
		{"unknown-error", nil, true, 400, "UnknownError", false, ecssim.Dropped},
		{"unknown-error-after", nil, true, 400, "UnknownError", true, ecssim.Applied},
		{"conflict", nil, true, 409, "OperationConflict", false, ecssim.Dropped},
		{"conflict-after", nil, true, 409, "OperationConflict", true, ecssim.Applied},
		{"last-token", nil, true, 403, "LastTokenProcessing", false, ecssim.Dropped},
		{"last-token-after", nil, true, 403, "LastTokenProcessing", true, ecssim.Applied},
		{"nonce-used", nil, true, 400, "SignatureNonceUsed", false, ecssim.Dropped},
		{"nonce-used-after", nil, true, 400, "SignatureNonceUsed", true, ecssim.Applied},
		{"bad-gateway", nil, true, 502, "502 Bad Gateway", false, ecssim.Dropped},
		{"bad-gateway-after", nil, true, 502, "502 Bad Gateway", true, ecssim.Applied},
		{"gateway-timeout", nil, true, 504, "504 Gateway Timeout", false, ecssim.Dropped},
		{"gateway-timeout-after", nil, true, 504, "504 Gateway Timeout", true, ecssim.Applied},
		{"html", nil, true, 200, "<html>", false, ecssim.Dropped},
		{"html-after", nil, true, 200, "<html>", true, ecssim.Applied},
		{"refuse:code=InsufficientBalance", nil, true, 400, "InsufficientBalance", false, ecssim.Dropped},
		{"refuse-after:code=Strange,status=418", nil, true, 418, "Strange", true, ecssim.Applied},
		{"forbidden", nil, true, 403, "Forbidden.RAM", false, ecssim.Dropped},
		{"throttle", nil, true, 400, "Throttling.User", false, ecssim.Throttled},
		{"throttle:status=403", nil, true, 403, "Throttling.User", false, ecssim.Throttled},
		{"throttle-forever:status=429", nil, true, 429, "Throttling.User", false, ecssim.Throttled},
		{"rejected-throttling", nil, true, 400, "Rejected.Throttling", false, ecssim.Throttled},
		{"clock-off:20m", nil, true, 400, "InvalidTimeStamp.Expired", false, ecssim.Refused},
		{"clock-off:10m", nil, true, 200, "", true, ecssim.Applied},
		{"outsider-takes", nil, true, 400, "InvalidImageName.Duplicated", false, ecssim.Refused},
		{"outsider-rename", nil, true, 200, "", true, ecssim.Applied},
		{"image-deleted", nil, true, 404, "InvalidImageId.NotFound", false, ecssim.Refused},
		{"token-expired", nil, true, 200, "", true, ecssim.Applied}, // there is no token
	} {
		t.Run(tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := newServer(t, ecssim.Config{Faults: faults(t, tt.fault)}, image("m-1", "one"))
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				defer cancel()
				got, _, sent, err := c.traced(ctx, c.sign("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "two"))
				if !isError(err, tt.err) {
					t.Errorf("error = %v, want %T %[2]v", err, tt.err)
				}
				if sent != tt.sent {
					t.Errorf("sent = %v", sent)
				}
				if got.Status != tt.status || got.Code != tt.code && !strings.Contains(got.Raw, tt.code) {
					t.Errorf("answer = %d %q, want %d %q", got.Status, got.Raw, tt.status, tt.code)
				}
				done := false
				for _, i := range s.Images(accountID, region) {
					done = done || i.ID == "m-1" && i.Name == "two"
				}
				if done != tt.done {
					t.Errorf("done = %v", done)
				}
				call := s.History()[0]
				kind, _, _ := strings.Cut(tt.fault, ":")
				if kind != "token-expired" && call.Fault != kind || call.Verdict != tt.verdict || call.Delivered != (err == nil) {
					t.Errorf("history: fault %q, verdict %v, delivered %v", call.Fault, call.Verdict, call.Delivered)
				}
			})
		})
	}
}

func isError(err error, want any) bool {
	switch want := want.(type) {
	case nil:
		return err == nil
	case **net.DNSError:
		return errors.As(err, want)
	case **tls.CertificateVerificationError:
		return errors.As(err, want)
	case error:
		return errors.Is(err, want)
	}
	return false
}

// Faults that break connections do so over sockets as well.
func TestFaultsOverSocket(t *testing.T) {
	for _, tt := range []struct {
		fault  string
		broken bool
		status int
		done   bool
	}{
		{"refused", true, 0, false},
		{"request-cut", true, 0, false},
		{"reset-before", true, 0, false},
		{"reset-after", true, 0, true},
		{"cut-head-after", true, 0, true},
		{"cut-body-after", true, 200, true},
		{"lost-after:5ms", true, 0, true},
		{"lost-before", true, 0, false}, // the client gives up
		{"bad-gateway-after", false, 502, true},
		{"throttle:status=429", false, 429, false},
		{"late-answer:5ms", false, 200, true},
		{"late-write:5ms", false, 200, true},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{Faults: faults(t, tt.fault)}, image("m-1", "one"))
			server := httptest.NewUnstartedServer(s)
			server.Config.ErrorLog = nil
			server.Start()
			defer server.Close()
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			c.transport = transport
			patience := 10 * time.Second
			if tt.fault == "lost-before" {
				patience = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r := c.sign("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "two")
			r.URL.Scheme, r.URL.Host = "http", server.Listener.Addr().String()
			got, err := roundTrip(transport, r.WithContext(ctx))
			if (err != nil) != tt.broken || got.Status != tt.status {
				t.Errorf("answer = %d %q, %v, want %d, broken %v", got.Status, got.Raw, err, tt.status, tt.broken)
			}
			if done := s.Images(accountID, region)[0].Name == "two"; done != tt.done {
				t.Errorf("done = %v", done)
			}
		})
	}
}
