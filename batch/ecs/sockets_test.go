package ecs_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"imgrename/batch/ecs"
)

// openConnections counts the connections that servers have at once.
type openConnections struct {
	mu        sync.Mutex
	now, most int
}

func (o *openConnections) serve(t *testing.T) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Millisecond) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		o.mu.Lock()
		defer o.mu.Unlock()
		switch state {
		case http.StateActive, http.StateIdle, http.StateHijacked:
		case http.StateNew:
			o.now++
			o.most = max(o.most, o.now)
		case http.StateClosed:
			o.now--
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// All hosts together have so many connections. Those that have no call make way.
func TestConnectionsTakeTurns(t *testing.T) {
	const connections, hosts, calls = 3, 8, 10
	var open openConnections
	client := ecs.NewHTTPClient(connections)
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range hosts {
		server := open.serve(t)
		for range calls {
			all.Go(func() {
				response, err := client.Get(server.URL)
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
			})
		}
	}
	all.Wait()
	// A server learns a little later than the client that a connection is closed.
	if open.most > 2*connections {
		t.Errorf("%d connections at once, want %d", open.most, connections)
	}
}

// Many calls to one host share its connections.
func TestConnectionsAreShared(t *testing.T) {
	var open openConnections
	server := open.serve(t)
	client := ecs.NewHTTPClient(2)
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			response, err := client.Get(server.URL)
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
		})
	}
	all.Wait()
	if open.most > 2 {
		t.Errorf("%d connections at once, want 2", open.most)
	}
}
