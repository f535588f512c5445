package ecs

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Limits of one call, beside the client's own timeout.
const (
	dialTimeout = 5 * time.Second
	tlsTimeout  = 5 * time.Second
	// maxReply bounds what is read of a reply: a full page of images with long
	// descriptions stays well below 1 MiB.
	maxReply = 8 << 20
)

// NewHTTPClient returns an HTTP client that keeps as many connections to a
// host as there are workers; the default transport keeps two and dials anew for
// the rest. It follows no redirects: a signature is for one host. Close its idle
// connections when done.
func NewHTTPClient(workers int) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dialer.DialContext,
			TLSHandshakeTimeout: tlsTimeout,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			MaxConnsPerHost:     workers,
			MaxIdleConnsPerHost: workers,
			IdleConnTimeout:     50 * time.Second,
			WriteBufferSize:     4 << 10,
			ReadBufferSize:      4 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
