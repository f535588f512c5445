package ecs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of one call, besides the client's own timeout.
const (
	dialTimeout = 5 * time.Second
	tlsTimeout  = 5 * time.Second
	// maxReply bounds how much of a reply is read: a full page of images with
	// long descriptions stays well below 1 MiB.
	maxReply  = 8 << 20
	maxHeader = 256 << 10
)

// NewHTTPClient returns an HTTP client that has at most so many connections, to
// all hosts together, and keeps them while they are of use; the default transport
// keeps two to a host and dials anew for the rest. It follows no redirects: a
// signature holds for one host. Close its idle connections when done.
func NewHTTPClient(connections int) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return newHTTPClient(connections, dialer.DialContext)
}

func newHTTPClient(connections int, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	sockets := &sockets{places: make(chan struct{}, connections), dial: dial}
	transport := &http.Transport{
		Proxy:                  discreet(http.ProxyFromEnvironment),
		DialContext:            sockets.DialContext,
		TLSHandshakeTimeout:    tlsTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxConnsPerHost:        connections, // calls queue for these before they dial
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        50 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		WriteBufferSize:        4 << 10,
		ReadBufferSize:         4 << 10,
	}
	sockets.closeIdle = transport.CloseIdleConnections
	return &http.Client{Transport: transport, CheckRedirect: stay}
}

// CheckProxy returns an error if the environment names a proxy, for https or for
// http, that is not an address. net/http would pass over it in silence and call
// directly. The error does not quote it: there may be a password in it.
func CheckProxy(getenv func(string) string) error {
	return errors.Join(checkProxy(getenv, "HTTPS_PROXY"), checkProxy(getenv, "HTTP_PROXY"))
}

func checkProxy(getenv func(string) string, name string) error {
	if getenv(name) == "" {
		name = strings.ToLower(name)
	}
	value := getenv(name)
	odd := func(r rune) bool { return r <= ' ' || r == 0x7f }
	switch i := strings.IndexFunc(value, odd); {
	case value == "":
		return nil
	case i >= 0:
		return fmt.Errorf("%s: character %q at position %d", name, value[i], i+1)
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return fmt.Errorf("%s is not the address of a proxy, such as http://proxy:3128", name)
	}
	return nil
}

// stay returns a redirect as the reply itself: it is not the API's, so it is
// not known what became of the call.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// discreet keeps a proxy's address, which may hold a password, out of the error
// that says it cannot be read.
func discreet(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		u, err := proxy(r)
		if err != nil {
			return nil, errors.New("the proxy in the environment is not an address")
		}
		return u, nil
	}
}
