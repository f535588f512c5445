// Package credentials finds the keys that sign calls, in the places where
// Alibaba Cloud's own tools look, and keeps session keys fresh.
//
// A place that is configured is used or refused with the reason, never skipped
// for the next one, which may belong to another account. In this order:
//
//  1. the profile that [Options] names, of 4 or else of 5, and nothing else
//  2. keys in the environment: ALIBABA_CLOUD_ACCESS_KEY_ID and its companions,
//     or those that begin with ALIBABACLOUD_ or ALICLOUD_
//  3. an OIDC role in the environment
//  4. ~/.aliyun/config.json: the profile of ALIBABA_CLOUD_PROFILE, or the
//     current one
//  5. ~/.alibabacloud/credentials, or credentials.ini: the section of that name
//  6. ALIBABA_CLOUD_CREDENTIALS_URI
//  7. the RAM role of the instance, only if nothing else is configured
//
// Files are read and never written, nothing is printed, link-local addresses
// are never asked through a proxy, and whatever takes time ends with the
// context or at a limit. The official library is not used: it offers none of
// these, and prints what it sends if DEBUG says so. Errors quote no secret and
// nothing that a server or a process wrote.
package credentials

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

// DefaultLimit bounds one fetch of keys, all its calls and processes together.
const DefaultLimit = time.Minute

// Options say where to look and how to get there. The zero value looks at the
// instance's role only.
type Options struct {
	// Profile names a profile; "" means the order of the package comment.
	Profile string
	// Getenv looks up an environment variable, as [os.Getenv] does; nil means
	// an empty environment. A process that is run inherits the real one.
	Getenv func(string) string
	// Home is the folder of .aliyun and .alibabacloud; "" means there is none.
	Home string

	// HTTP carries the calls to STS, sign-in hosts and credentials URIs; nil
	// means a client of the source's own. Redirects are not followed.
	HTTP *http.Client
	// Endpoint takes the calls to STS, whatever the profile says; the zero
	// value means the hosts of the profile, or else those of Regions on Network.
	// Sign-in hosts, URIs and metadata are no part of the API, and stay.
	Endpoint ecs.Endpoint
	Network  ecs.Network
	// Regions are asked for STS one after the other, each if those before it
	// cannot be reached. On the public network sts.aliyuncs.com comes first.
	Regions []string

	// Clock is the server's time, to judge an expiry; nil means this host's.
	Clock *ecs.Clock
	// Timeout bounds one call; 0 means [ecs.DefaultTimeout].
	Timeout time.Duration
	// Limit bounds one fetch; 0 means [DefaultLimit].
	Limit     time.Duration
	UserAgent string

	metadata string                         // address of the metadata service, for tests
	oauth    func(site string) ecs.Endpoint // an OAuth site's host, for tests
}

// A NotFoundError reports that nothing is configured: no source at all, or no
// profile of that name. It names the places, without quoting what they hold.
type NotFoundError struct {
	Profile string // "" if none was named
	Reasons []string
}

func (e *NotFoundError) Error() string {
	what := "no credentials found"
	if e.Profile != "" {
		what = fmt.Sprintf("no usable credentials for profile %q", e.Profile)
	}
	return what + ": " + strings.Join(e.Reasons, "; ")
}

// An UnusableError reports that a source is configured but gives no keys. It
// wraps [ecs.ErrUnreachable] if the source is out of reach for now; otherwise
// somebody has to act first.
type UnusableError struct {
	Source string // as [Source.String] names it
	Reason string
	Advice string // the way out, often a command to paste; may be empty
	err    error
}

func (e *UnusableError) Error() string { return e.Source + ": " + e.Reason }

// Unwrap leads to [ecs.ErrUnreachable] if the source is out of reach.
func (e *UnusableError) Unwrap() error { return e.err }

// Find chooses the source and fetches its first keys. It returns a
// [*NotFoundError] if nothing is configured, an [*UnusableError] if what is
// configured cannot be used, or the cause of ctx.
func Find(ctx context.Context, o Options) (*Source, error) {
	f := newFinder(o)
	at, err := f.choose()
	if err != nil {
		return nil, err
	}
	s := newSource(at.name, at.fetch, f)
	_, err = s.Credentials(ctx)
	if err == nil {
		if at.last {
			s.name = "the instance's role " + shown(*at.role)
		}
		return s, nil
	}
	if r, ok := asRefusal(err); ok && at.last && r.absent {
		err = &NotFoundError{Reasons: append(at.reasons, at.name+": "+r.reason)}
	}
	return nil, err
}

// A finder looks for keys in the way its options say.
type finder struct {
	Options
	proxied, direct *http.Client
	clock           func() time.Time
}

func newFinder(o Options) *finder {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Clock == nil {
		o.Clock = new(ecs.Clock)
	}
	o.Timeout = cmp.Or(o.Timeout, ecs.DefaultTimeout)
	o.Limit = cmp.Or(o.Limit, DefaultLimit)
	o.metadata = cmp.Or(o.metadata, "http://"+metadataHost)
	f := &finder{Options: o, clock: func() time.Time { return time.Now().Add(o.Clock.Offset()) }}
	f.proxied, f.direct = clients(o.HTTP)
	return f
}
