package ecs_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/signature"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// verify returns an error unless the signature covers the request as it
// arrived.
func verify(r *http.Request) error {
	signed := []string{"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-security-token", "x-acs-signature-nonce", "x-acs-version"}
	var headers []signature.Header
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers = append(headers, signature.Header{Name: name, Value: value})
	}
	canonical, names := signature.CanonicalRequest(r.Method, r.URL.Path, r.URL.RawQuery, headers, signature.EmptyPayload)
	want := signature.AuthorizationV3("LTAI5test", names, signature.SignV3(testSecret, canonical))
	if got := r.Header.Get("Authorization"); got != want {
		return fmt.Errorf("authorization %q, want %q", got, want)
	}
	return nil
}

func TestTheSignatureCoversWhatArrives(t *testing.T) {
	var arrived atomic.Pointer[http.Request]
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Store(r)
		_, _ = io.WriteString(w, `{"RequestId":"R"}`)
	}))
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, tt := range []struct{ name, address, host string }{
		{"a port of its own", "http://127.0.0.1:" + port, "127.0.0.1:" + port},
		{"upper case", "http://LOCALHOST:" + port, "localhost:" + port},
		{"a slash at the end", "http://localhost:" + port + "/", "localhost:" + port},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dialling(t, tt.address, func(c *ecs.Config) { c.UserAgent = func() string { return "imgrename/test" } })
			set := ecs.Attributes{ImageName: "黄金镜像", Description: "a b*c~d+e&f=g%\r\n"}
			id, err := modify(t.Context(), c, "m-1", set)
			if id != "R" || err != nil {
				t.Fatalf("%q, %v", id, err)
			}
			r := arrived.Load()
			if err := verify(r); err != nil {
				t.Error(err)
			}
			if r.Host != tt.host || r.Method != "POST" || r.URL.Path != "/" || r.UserAgent() != "imgrename/test" || r.Header.Get("Accept") != "application/json" {
				t.Errorf("request %s %s%s by %s", r.Method, r.Host, r.URL.Path, r.UserAgent())
			}
			if got := r.URL.Query().Get("Description"); got != set.Description {
				t.Errorf("description = %q", got)
			}
		})
	}
}

func TestEveryCallHasANonceAndADateOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var nonces, dates []string
		c := ecs.NewClient(region, ecs.Config{
			Credentials: testKeys(),
			HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				nonces = append(nonces, r.Header.Get("X-Acs-Signature-Nonce"))
				dates = append(dates, r.Header.Get("X-Acs-Date"))
				return answer(200, `{"RequestId":"R"}`), verify(r)
			})},
		})
		const calls = 100
		for range calls {
			if err := rename(t, c); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if dates[0] != "2000-01-01T00:00:00Z" || dates[calls-1] != "2000-01-01T00:01:39Z" {
			t.Errorf("dates from %s to %s", dates[0], dates[calls-1])
		}
		slices.Sort(nonces)
		if n := len(slices.Compact(nonces)); n != calls {
			t.Errorf("%d nonces in %d calls", n, calls)
		}
		if len(nonces[0]) != 32 {
			t.Errorf("nonce %q", nonces[0])
		}
	})
}

func TestTheTimeoutBoundsACall(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout time.Duration
		want    time.Duration
	}{
		{"as configured", 3 * time.Second, 3 * time.Second},
		{"by default", 0, ecs.DefaultTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := ecs.NewClient(region, ecs.Config{
					Credentials: testKeys(), Timeout: tt.timeout,
					HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
						<-r.Context().Done()
						return nil, r.Context().Err()
					})},
				})
				start := time.Now()
				err := rename(t, c)
				if got := time.Since(start); got != tt.want || err == nil || !strings.Contains(err.Error(), "no answer in time") {
					t.Errorf("after %v: %v", got, err)
				}
			})
		})
	}
}

func TestReplies(t *testing.T) {
	const most = 8 << 20
	body := func(size int) string {
		head, tail := `{"RequestId":"R","Pad":"`, `"}`
		return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
	}
	for _, tt := range []struct {
		name string
		size int
		want ecs.Class
	}{
		{"as large as allowed", most, ecs.Applied},
		{"one byte larger", most + 1, ecs.Ambiguous},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := rename(t, answering(200, body(tt.size)))
			if got := ecs.Classify(err); got != tt.want {
				t.Errorf("class = %v, want %v: %v", got, tt.want, err)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var followed atomic.Int64
	elsewhere := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		followed.Add(1)
		_, _ = io.WriteString(w, `{"RequestId":"R"}`)
	}))
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, tt := range []struct {
			name, location string
			carrier        *http.Client
		}{
			{"the usual client", elsewhere.URL, ecs.NewHTTPClient(1)},
			{"a client that would follow", elsewhere.URL, &http.Client{Transport: &http.Transport{}}},
			{"a place that is none", "://", ecs.NewHTTPClient(1)},
		} {
			t.Run(fmt.Sprint(status, " ", tt.name), func(t *testing.T) {
				s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", tt.location)
					w.WriteHeader(status)
				}))
				err := rename(t, dialling(t, s.URL, func(c *ecs.Config) { c.HTTP = tt.carrier }))
				if got := ecs.Classify(err); got != ecs.Ambiguous {
					t.Errorf("class = %v: %v", got, err)
				}
			})
		}
	}
	if n := followed.Load(); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// counting counts the connections that a server accepts.
type counting struct {
	net.Listener
	n atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// Errors, chunked replies and pages of proxies must not cost a connection
// either.
func TestConnectionsAreReused(t *testing.T) {
	const workers, calls = 64, 30
	var turn atomic.Int64
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &counting{Listener: inner}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch turn.Add(1) % 3 {
		case 0:
			w.WriteHeader(502)
			_, _ = io.WriteString(w, strings.Repeat("<html>", 20_000))
		case 1:
			w.WriteHeader(400)
			_, _ = io.WriteString(w, apiError("Throttling.User"))
		default:
			_, _ = io.WriteString(w, `{"RequestId":"R"}`)
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, strings.Repeat(" ", 10_000))
		}
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { s.Close(); serving.Wait() })
	c := dialling(t, "http://"+inner.Addr().String(), func(c *ecs.Config) { c.HTTP = ecs.NewHTTPClient(workers) })
	var g errgroup.Group
	for range workers {
		g.Go(func() error {
			for range calls {
				_, err := modify(t.Context(), c, "m-1", ecs.Attributes{ImageName: "web"})
				if e, ok := errors.AsType[*ecs.Error](err); ok && e.Status == 0 {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	// One that becomes free may go to a worker whose own is still being opened,
	// and then there is one to spare.
	if n := l.n.Load(); n > 2*workers {
		t.Errorf("%d connections for %d workers", n, workers)
	}
	if n := turn.Load(); n != workers*calls {
		t.Errorf("%d requests for %d calls", n, workers*calls)
	}
}

// A value that cannot go into a header is neither sent nor quoted.
func TestKeysThatNoHeaderCanHoldAreNotQuoted(t *testing.T) {
	keys := testKeys()
	keys.SecurityToken = ecs.NewSecret(testToken + "\n" + testToken)
	err := rename(t, dialling(t, refusing(t), func(c *ecs.Config) { c.Credentials = keys }))
	if ecs.Classify(err) != ecs.Unsent || exposed(fmt.Sprint(err)) != "" {
		t.Errorf("error = %v", err)
	}
}

// What a server sends instead of a reply may echo the request.
func TestTransportErrorsAreScrubbed(t *testing.T) {
	address := listen(t, writing("HTTP/1.1 200 OK\r\nx-acs-security-token "+testToken+"\r\n\r\n"))
	err := rename(t, dialling(t, address, nil))
	if err == nil || exposed(err.Error()) != "" || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("error = %v", err)
	}
}
