// Package credentials finds the keys that sign calls, in the places and in the
// order in which Alibaba Cloud's own tools look for them, and keeps session
// tokens fresh. The looking is done by the official library; this package adds
// what a long-running job needs on top: one goroutine at a time inside the
// library (it has races), an answer within two seconds where there is nothing
// to find, errors that quote no secret, and a search that ends where an
// account was named. Whoever names a profile, or sets keys or an OIDC role in
// the environment, gets that account or an error; the official tools would go
// on to the next place, which may belong to another account.
package credentials

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/aliyun/credentials-go/credentials/providers"

	"imgrename/batch/ecs"
)

// A NotFoundError tells that no source had credentials. It names the sources
// and why each had none, without quoting what they hold.
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

// A Source hands out credentials from the first place that has some, and stays
// with that place. It is made by [Find] and safe for concurrent use.
type Source struct {
	profile string
	turn    chan struct{} // full while somebody is inside the library; guards the rest
	chain   []link
	chosen  providers.CredentialsProvider
	from    link            // the place of chosen
	renewed ecs.Credentials // the last ones that gave way to others

	handed  atomic.Pointer[ecs.Credentials] // the last ones handed out
	expired atomic.Pointer[ecs.Credentials] // those of them that the API refused
}

// Find resolves a profile, or the default chain if profile is empty, once. It
// returns a [*NotFoundError] if there is nothing to use.
func Find(ctx context.Context, profile string) (*Source, error) {
	s := &Source{profile: profile, turn: make(chan struct{}, 1)}
	if profile != "" {
		s.chain = profileChain(profile)
	} else {
		s.profile = os.Getenv("ALIBABA_CLOUD_PROFILE")
		s.chain = defaultChain(s.profile)
	}
	if _, err := s.Credentials(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Credentials returns what is valid now, refreshed by the library where it is
// about to expire. Callers wait for each other, as long as ctx lasts; the
// library's own requests have limits of some seconds.
func (s *Source) Credentials(ctx context.Context) (ecs.Credentials, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ecs.Credentials{}, context.Cause(ctx)
	}
	got, err := s.next()
	if err == nil {
		s.handed.Store(&got)
	}
	return got, err
}

// Expire keeps credentials from being handed out again that the API says have
// run out, though the library may think that they last. Refusals of credentials
// that others have replaced say nothing.
func (s *Source) Expire(refused ecs.Credentials) {
	if last := s.handed.Load(); last != nil && *last == refused {
		s.expired.Store(&refused)
	}
}

// next is what Credentials does inside its turn.
func (s *Source) next() (ecs.Credentials, error) {
	if s.chosen == nil {
		return s.search()
	}
	got, err := ask(s.chosen)
	if err == nil && s.over(got) {
		got, err = s.renew(got)
	}
	if err != nil {
		return ecs.Credentials{}, fmt.Errorf("the credentials could not be refreshed: %w", err)
	}
	return got, nil
}

// over tells whether credentials were refused and have not been replaced yet:
// where new ones turn out to be the old ones, there is nothing else to be had.
func (s *Source) over(c ecs.Credentials) bool {
	refused := s.expired.Load()
	return refused != nil && c == *refused && c != s.renewed
}

// renew asks the same place anew, with nothing of what the library remembers.
func (s *Source) renew(old ecs.Credentials) (ecs.Credentials, error) {
	provider, err := s.from.provider()
	if err != nil {
		return ecs.Credentials{}, reason(err)
	}
	got, err := ask(provider)
	if err == nil {
		s.chosen, s.renewed = provider, old
	}
	return got, err
}

// search tries one place after the other. It ends at one that is sure to be
// meant, unless there is nothing at all.
func (s *Source) search() (ecs.Credentials, error) {
	missing := &NotFoundError{Profile: s.profile}
	for _, l := range s.chain {
		provider, err := l.provider()
		if err == nil {
			var got ecs.Credentials
			if got, err = ask(provider); err == nil {
				s.chosen, s.from = provider, l
				return got, nil
			}
		}
		err = reason(err)
		missing.Reasons = append(missing.Reasons, l.name+": "+err.Error())
		if l.sure && !absent(err) {
			break
		}
	}
	return ecs.Credentials{}, missing
}

// ask gets credentials out of the library, which takes for granted that a reply
// or a configuration has all its fields.
func ask(provider providers.CredentialsProvider) (c ecs.Credentials, err error) {
	defer func() {
		if recover() != nil {
			c, err = ecs.Credentials{}, errUnusable
		}
	}()
	got, err := provider.GetCredentials()
	switch {
	case err != nil:
		return ecs.Credentials{}, reason(err)
	case got.AccessKeyId == "" || got.AccessKeySecret == "":
		return ecs.Credentials{}, errEmpty
	}
	return ecs.Credentials{
		AccessKeyID:     got.AccessKeyId,
		AccessKeySecret: ecs.NewSecret(got.AccessKeySecret),
		SecurityToken:   ecs.NewSecret(got.SecurityToken),
	}, nil
}
