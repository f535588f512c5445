package ecs

import (
	"context"
	"net"
	"sync"
	"time"
)

// idlePause is how often idle connections are closed while somebody waits for a
// socket.
const idlePause = 50 * time.Millisecond

// sockets are a bounded number of connections. Who dials one too many waits until
// another is closed, and idle ones are closed for him.
type sockets struct {
	places    chan struct{}
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	closeIdle func()

	mu     sync.Mutex
	closed time.Time // when idle ones last were
}

// DialContext is for [net/http.Transport].
func (s *sockets) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	conn, err := s.dial(ctx, network, address)
	if err != nil {
		<-s.places
		return nil, err
	}
	return &socket{Conn: conn, free: sync.OnceFunc(func() { <-s.places })}, nil
}

// take waits for a place, or returns ctx's cause.
func (s *sockets) take(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
		return nil
	default:
	}
	again := time.NewTicker(idlePause)
	defer again.Stop()
	for {
		s.makeWay()
		select {
		case s.places <- struct{}{}:
			return nil
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// makeWay closes idle connections, if that has not just been done.
func (s *sockets) makeWay() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.closed) >= idlePause {
		s.closed = now
		s.closeIdle()
	}
}

// A socket gives its place up when it is closed.
type socket struct {
	net.Conn
	free func()
}

func (s *socket) Close() error {
	defer s.free()
	return s.Conn.Close()
}
