package credentials

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

const (
	metadataHost = "100.100.100.200"
	// linkDial bounds connecting to a link-local address: outside the cloud
	// that of the metadata service does not answer.
	linkDial = time.Second
	// maxAnswer bounds what is read of an answer, a file or a process.
	maxAnswer = 1 << 20
)

// clients returns one client that goes the user's way, proxies included, and
// one that knows no proxy. Neither follows a redirect.
func clients(given *http.Client) (proxied, direct *http.Client) {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if given == nil {
		given = ecs.NewHTTPClient(8) // a host that does not answer is in nobody's way
		if t, ok := given.Transport.(*http.Transport); ok {
			t.DisableKeepAlives = true // nobody closes its connections
		}
	}
	mine := *given
	mine.CheckRedirect = stay
	dialer := &net.Dialer{Timeout: linkDial}
	return &mine, &http.Client{CheckRedirect: stay, Transport: &http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
	}}
}

// linkLocal reports whether a host is an address of the own network segment or
// of the metadata service, which mean nothing to a proxy: it would ask its own.
func linkLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.Unmap().IsLinkLocalUnicast() || ip.Unmap().String() == metadataHost)
}

// An answer is a whole reply of a server.
type answer struct {
	status int
	date   time.Time // zero if it has none
	body   []byte
}

// do sends a request. Its error is a refusal of a host that cannot be reached,
// or that of a request that cannot be sent at all.
func (f *finder) do(ctx context.Context, request *http.Request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	client := f.proxied
	if linkLocal(request.URL.Hostname()) {
		client = f.direct
	}
	request.Header.Set("User-Agent", f.UserAgent)
	response, err := client.Do(request.WithContext(ctx))
	if err != nil {
		r := unreachable(request.URL.Host, trouble(err))
		e, ok := errors.AsType[*net.OpError](err)
		r.undialled = ok && e.Op == "dial"
		return answer{}, r
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer{}, unreachable(request.URL.Host, trouble(err))
	case len(body) > maxAnswer:
		return answer{}, unreachable(request.URL.Host, "the answer is too long")
	}
	date, _ := http.ParseTime(response.Header.Get("Date"))
	return answer{response.StatusCode, date, body}, nil
}

func unreachable(host, why string) *refusal {
	r := refuse("%s: %s", host, why)
	r.err = ecs.ErrUnreachable
	return r
}

// trouble says why a host cannot be reached. It quotes only errors of the
// network and of certificates: others may quote what a server wrote, or a URL.
func trouble(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return e.Error()
	}
	if strings.Contains(err.Error(), "proxy") {
		return "not reachable; check the proxy settings"
	}
	return "not reachable"
}
