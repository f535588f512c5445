package ecs_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"imgrename/batch/ecs"
)

// listen plays a server below HTTP: it hands each connection to serve once the
// head of the request is read.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					serve(conn)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return "http://" + l.Addr().String()
}

func writing(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// refusing returns an address where nothing listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// untilGone keeps a connection open without an answer until the client leaves.
func untilGone(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func TestSentTellsWhetherTheRequestMayHaveArrived(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	quick := func(c *ecs.Config) { c.Timeout = 50 * time.Millisecond }
	for _, tt := range []struct {
		name    string
		address func(t *testing.T) string
		edit    func(*ecs.Config)
		sent    bool
		want    string // in the error
	}{
		{"connection refused", refusing, nil, false, "connection refused"},
		{"name that does not resolve", func(*testing.T) string { return "https://no-such-host.invalid" }, nil, false, "no-such-host.invalid"},
		{"TLS with a server that speaks none", func(t *testing.T) string {
			return "https" + strings.TrimPrefix(serve(t, http.NotFoundHandler()).URL, "http")
		}, nil, false, "HTTP response to HTTPS client"},
		{"certificate of nobody we know", func(t *testing.T) string {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = discardLog()
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL
		}, nil, false, "certificate"},
		{"TLS handshake without an answer", func(t *testing.T) string { return silentTLS(t) }, quick, false, "no answer in time"},
		{"closed after the request", func(t *testing.T) string { return listen(t, writing("")) }, nil, true, "EOF"},
		{"reset after the request", func(t *testing.T) string {
			return listen(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) })
		}, nil, true, "reset"},
		{"cut in the head", func(t *testing.T) string { return listen(t, writing(head)) }, nil, true, "EOF"},
		{"cut in the body", func(t *testing.T) string {
			return listen(t, writing(head+"Content-Length: 50\r\n\r\n{\"RequestId\""))
		}, nil, true, "unexpected EOF"},
		{"cut in a chunk", func(t *testing.T) string {
			return listen(t, writing(head+"Transfer-Encoding: chunked\r\n\r\n20\r\n{\"RequestId\""))
		}, nil, true, "unexpected EOF"},
		{"not HTTP", func(t *testing.T) string { return listen(t, writing("SSH-2.0-x\r\n\r\n")) }, nil, true, "malformed HTTP"},
		{"no answer", func(t *testing.T) string { return listen(t, untilGone) }, quick, true, "no answer in time"},
		{"no end of the body", func(t *testing.T) string {
			return listen(t, func(c net.Conn) { writing(head + "Content-Length: 50\r\n\r\n{")(c); untilGone(c) })
		}, quick, true, "no answer in time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := rename(t, dialling(t, tt.address(t), tt.edit))
			e, ok := errors.AsType[*ecs.Error](err)
			if !ok {
				t.Fatalf("error = %v", err)
			}
			if e.Sent != tt.sent || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("sent = %v, error = %q; want %v, %q", e.Sent, e, tt.sent, tt.want)
			}
			want := ecs.Unsent
			if tt.sent {
				want = ecs.Ambiguous
			}
			if got := ecs.Classify(err); got != want {
				t.Errorf("class = %v, want %v", got, want)
			}
			for _, address := range []string{"RegionId", "ImageName", "?"} {
				if strings.Contains(e.Error(), address) {
					t.Errorf("the error quotes the request: %v", e)
				}
			}
		})
	}
}

// silentTLS accepts connections and never says anything.
func silentTLS(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer conn.Close(); untilGone(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return "https://" + l.Addr().String()
}

// The first word of a transport is enough: it may return while another of its
// goroutines is still writing.
func TestAnyWordOfASentRequestCounts(t *testing.T) {
	for name, tell := range map[string]func(*httptrace.ClientTrace){
		"nothing":           func(*httptrace.ClientTrace) {},
		"a connection":      func(c *httptrace.ClientTrace) { c.GotConn(httptrace.GotConnInfo{}) },
		"its head is out":   func(c *httptrace.ClientTrace) { c.WroteHeaders() },
		"it is out":         func(c *httptrace.ClientTrace) { c.WroteRequest(httptrace.WroteRequestInfo{}) },
		"it is out in part": func(c *httptrace.ClientTrace) { c.WroteRequest(httptrace.WroteRequestInfo{Err: io.EOF}) },
	} {
		c := ecs.NewClient(region, ecs.Config{
			Credentials: testKeys(),
			HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				tell(httptrace.ContextClientTrace(r.Context()))
				return nil, io.ErrUnexpectedEOF
			})},
		})
		e, ok := errors.AsType[*ecs.Error](rename(t, c))
		if !ok || e.Sent != (name != "nothing") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// With all connections busy, a call waits for one. If its context ends there,
// it was never sent.
func TestACallGivenUpWhileItWaitsForAConnectionWasNotSent(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		_, _ = io.WriteString(w, `{"RequestId":"R"}`)
	}))
	c := dialling(t, s.URL, func(c *ecs.Config) { c.HTTP = ecs.NewHTTPClient(1) })
	var busy sync.WaitGroup
	busy.Go(func() {
		if err := rename(t, c); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := modify(ctx, c, "m-1", ecs.Attributes{ImageName: "web"})
	if e, ok := errors.AsType[*ecs.Error](err); !ok || e.Sent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %+v, want one that was not sent", err)
	}
	close(release)
	busy.Wait()
}

func TestACancelledCallIsNotSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := dialling(t, refusing(t), nil)
	_, err := modify(ctx, c, "m-1", ecs.Attributes{ImageName: "web"})
	if ecs.Classify(err) != ecs.Unsent || !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, class %v", err, ecs.Classify(err))
	}
}

// The transport may repeat a request only if no byte of it was written: a
// second, silent call would be late and unaccounted for.
func TestACallIsNeverSentTwice(t *testing.T) {
	var mu sync.Mutex
	requests, first := 0, true
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests++
		if first { // keeps the connection alive, so that the next call reuses it
			first = false
			_, _ = io.WriteString(w, `{"RequestId":"R"}`)
			return
		}
		panic(http.ErrAbortHandler)
	}))
	c := dialling(t, s.URL, nil)
	if err := rename(t, c); err != nil {
		t.Fatal(err)
	}
	if err := rename(t, c); ecs.Classify(err) != ecs.Ambiguous {
		t.Errorf("error = %v, want an ambiguous one", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if requests != 2 {
		t.Errorf("%d requests arrived for 2 calls", requests)
	}
}
