package main

import (
	"net/http"
	"sync"
)

// A hold keeps calls that would change something from reaching the simulator once
// so many have. A process that is killed then has sent just these, however busy
// the machine is. The zero value keeps nothing.
type hold struct {
	mu   sync.Mutex
	left int           // calls that may still pass
	open chan struct{} // nil while nothing is held
}

// after lets n more calls pass.
func (h *hold) after(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left, h.open = n, make(chan struct{})
}

// release lets all calls pass that still have a caller.
func (h *hold) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.open)
	h.open = nil
}

// wrap returns a handler that holds calls before they reach next. A call whose
// caller has gone never does.
func (h *hold) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-acs-action") == "ModifyImageAttribute" {
			select {
			case <-h.pass():
			case <-r.Context().Done():
			}
			if r.Context().Err() != nil {
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// pass returns a channel that is closed once the next call may pass.
func (h *hold) pass() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open != nil && h.left == 0 {
		return h.open
	}
	h.left--
	passed := make(chan struct{})
	close(passed)
	return passed
}
