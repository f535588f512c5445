package ecssim

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"syscall"
	"time"
)

// RoundTrip answers a request without any socket, so that a client can be
// tested within a testing/synctest bubble. Whatever the host, this server
// answers. The hooks of an [httptrace.ClientTrace] fire as those of a real
// transport do, except that there is no connection to show; faults come as the
// errors of a real transport. A request whose context ends after it was written
// is still decided and done.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	body, err := takeBody(r)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	x := s.begin(read(r, body))
	if err := x.send(httptrace.ContextClientTrace(ctx)); err != nil {
		x.unreached()
		return nil, err
	}
	defer x.half()
	select {
	case <-x.start():
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := x.travelBack(ctx); err != nil {
		return nil, err
	}
	x.call.Delivered = x.plan.ending == whole
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return x.response(r), nil
}

// takeBody reads and closes the body, as a RoundTripper always must.
func takeBody(r *http.Request) (body []byte, err error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err = io.ReadAll(r.Body)
	if closeErr := r.Body.Close(); err == nil {
		err = closeErr
	}
	return body, err
}

// A dialFault is why a request does not reach the server.
type dialFault int

const (
	dialFine dialFault = iota
	dialRefused
	dialUnknownHost
	dialUnreachable
	dialHandshakeCut
	dialBadCertificate
	writeCut
)

// send carries a request to the server. The hooks show a client what was sent.
func (x *exchange) send(t *httptrace.ClientTrace) error {
	if t == nil {
		t = &httptrace.ClientTrace{}
	}
	if t.GetConn != nil {
		t.GetConn(x.request.host)
	}
	d := x.plan.dial
	if d != dialFine && d != writeCut {
		return d.err(x.request.host)
	}
	if t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{Reused: true})
	}
	if t.WroteHeaders != nil {
		t.WroteHeaders()
	}
	err := d.err(x.request.host)
	if t.WroteRequest != nil {
		t.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	return err
}

func (d dialFault) err(host string) error {
	failed := func(op, call string, errno syscall.Errno) error {
		return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(call, errno)}
	}
	switch d {
	case dialRefused:
		return failed("dial", "connect", syscall.ECONNREFUSED)
	case dialUnreachable:
		return failed("dial", "connect", syscall.ENETUNREACH)
	case dialUnknownHost:
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	case dialHandshakeCut:
		return failed("read", "read", syscall.ECONNRESET)
	case dialBadCertificate:
		return &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	case writeCut:
		return failed("write", "write", syscall.EPIPE)
	case dialFine:
	}
	return nil
}

// travelBack waits for the answer to come back, and returns an error if it does
// not.
func (x *exchange) travelBack(ctx context.Context) error {
	if !wait(ctx, x.wayBack()) {
		return context.Cause(ctx)
	}
	if x.server.down() {
		x.plan.ending = reset
	}
	switch x.plan.ending {
	case silent:
		if !wait(ctx, x.plan.silence) {
			return context.Cause(ctx)
		}
		return errReset()
	case reset:
		return errReset()
	case cutHead:
		return io.ErrUnexpectedEOF
	case whole, cutBody:
	}
	return nil
}

func errReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// wait lets d pass and reports whether the context lasted that long.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (x *exchange) response(r *http.Request) *http.Response {
	var body io.Reader = bytes.NewReader(x.answer.body)
	if x.plan.ending == cutBody {
		half := x.answer.body[:len(x.answer.body)/2]
		body = io.MultiReader(bytes.NewReader(half), brokenOff{})
	}
	return &http.Response{
		Status:        strconv.Itoa(x.answer.status) + " " + http.StatusText(x.answer.status),
		StatusCode:    x.answer.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        x.answer.header,
		Body:          io.NopCloser(body),
		ContentLength: int64(len(x.answer.body)),
		Request:       r,
	}
}

// brokenOff is where a body ends too early.
type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
