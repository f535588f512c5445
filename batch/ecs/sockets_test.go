package ecs_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"imgrename/batch/ecs"
)

// openConnections counts the connections that a client has at once. It counts where
// they are dialled and closed: a server learns of both a little later.
type openConnections struct {
	dialer    net.Dialer
	mu        sync.Mutex
	now, most int
}

func (o *openConnections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	o.add(1)
	conn, err := o.dialer.DialContext(ctx, network, address)
	if err != nil {
		o.add(-1)
		return nil, err
	}
	return &counted{Conn: conn, closed: sync.OnceFunc(func() { o.add(-1) })}, nil
}

func (o *openConnections) add(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now += n
	o.most = max(o.most, o.now)
}

// peak is the most there were at once.
func (o *openConnections) peak() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.most
}

type counted struct {
	net.Conn
	closed func()
}

func (c *counted) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// ask makes so many calls to each of so many hosts at once, over a bounded number of
// connections, and returns the most of these there were.
func ask(t *testing.T, connections, hosts, calls int) int {
	t.Helper()
	var open openConnections
	client := ecs.NewHTTPClientDialling(connections, open.dial)
	t.Cleanup(client.CloseIdleConnections)
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Millisecond) })
	var all sync.WaitGroup
	for range hosts {
		server := serve(t, slow)
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
	return open.peak()
}

// All hosts together have so many connections. Those that have no call make way.
func TestConnectionsTakeTurns(t *testing.T) {
	if most := ask(t, 3, 8, 10); most != 3 {
		t.Errorf("%d connections at once, want 3", most)
	}
}

// Many calls to one host share its connections.
func TestConnectionsAreShared(t *testing.T) {
	if most := ask(t, 2, 1, 50); most != 2 {
		t.Errorf("%d connections at once, want 2", most)
	}
}
