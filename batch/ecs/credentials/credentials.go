// Package credentials finds the keys that sign calls, in the places and the
// order in which Alibaba Cloud's own tools look, and keeps session tokens
// fresh. The official library does the looking; this package adds what a
// long-running job needs: one goroutine at a time inside the library (it has
// races), an answer within two seconds if there is nothing to find, errors that
// quote no secret, and a search that ends where an account was named. A profile
// that is named, or keys or an OIDC role set in the environment, give that
// account or an error; the official tools would go on to the next place, which
// may belong to another account.
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

// A NotFoundError reports that no source had credentials. It names the sources
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
	turn    chan struct{} // full while a goroutine is inside the library; guards chosen, from, renewed
	chain   []link
	chosen  providers.CredentialsProvider
	from    link            // the place of chosen
	renewed ecs.Credentials // the last ones that were replaced

	handed  atomic.Pointer[ecs.Credentials] // the last ones handed out
	expired atomic.Pointer[ecs.Credentials] // those that the API refused
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

// Credentials returns what is valid now, refreshed by the library if it is
// about to expire. Callers take turns, each waiting as long as its ctx lasts;
// the library's own requests time out within seconds.
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

// Expire keeps credentials that the API calls expired from being handed out
// again, even if the library thinks that they last. It ignores credentials that
// have been replaced since.
func (s *Source) Expire(refused ecs.Credentials) {
	if last := s.handed.Load(); last != nil && *last == refused {
		s.expired.Store(&refused)
	}
}

// next does the work of Credentials, within its turn.
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

// over reports whether credentials were refused and not renewed since. If
// renewing gave the same ones again, they are used: there are no others.
func (s *Source) over(c ecs.Credentials) bool {
	refused := s.expired.Load()
	return refused != nil && c == *refused && c != s.renewed
}

// renew asks the same place with a new provider, which remembers nothing.
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

// search tries one place after the other. It stops at one that is sure to be
// meant, unless nothing is there.
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

// ask gets credentials from the library, which panics if a reply or a
// configuration lacks a field.
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
