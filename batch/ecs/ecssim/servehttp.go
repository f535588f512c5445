package ecssim

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
)

// maxBody is more than any call needs.
const maxBody = 1 << 20

// ServeHTTP answers a request over a socket. Faults that break a connection do
// so for real; those that would prevent one reset it before anything is done.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the client broke off; there is nobody to answer
	}
	q := read(r, body)
	if len(body) > maxBody {
		q.fail(invalid("body"))
	}
	x := s.begin(q)
	if x.plan.dial != dialFine {
		x.unreached()
		hangUp(w, nil)
		return
	}
	defer x.half()
	select {
	case <-x.start():
	case <-r.Context().Done():
		return
	}
	if err := x.travelBack(r.Context()); err != nil {
		hangUp(w, x.remains())
		return
	}
	x.write(w)
}

// remains returns the part of the answer that was under way when it broke off.
func (x *exchange) remains() []byte {
	if x.plan.ending == cutHead {
		return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nDate: ", x.answer.status, http.StatusText(x.answer.status))
	}
	return nil
}

func (x *exchange) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), x.answer.header)
	w.WriteHeader(x.answer.status)
	if x.plan.ending == cutBody {
		_, _ = w.Write(x.answer.body[:len(x.answer.body)/2])
		_ = http.NewResponseController(w).Flush() // or the head would be lost as well
		panic(http.ErrAbortHandler)               // net/http's own way to break an answer off
	}
	_, err := w.Write(x.answer.body)
	x.call.Delivered = err == nil
}

// hangUp ends the connection: with a reset, or after a last few bytes.
func hangUp(w http.ResponseWriter, last []byte) {
	h, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, buffer, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	sendLast(conn, buffer, last)
	_ = conn.Close()
}

func sendLast(conn net.Conn, buffer *bufio.ReadWriter, last []byte) {
	if len(last) > 0 {
		_, _ = buffer.Write(last)
		_ = buffer.Flush()
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
