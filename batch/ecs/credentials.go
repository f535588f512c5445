package ecs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
	"unique"

	"imgrename/batch/ecs/signature"
)

// A Secret is text that must not be seen. Every way of printing or encoding
// it gives "[redacted]"; [Secret.Reveal] is the one way to its value. Secrets
// are equal if their texts are.
//
// It holds a handle instead of the text, for there are two places where fmt
// prints fields without asking [Secret.Format]: below an unexported field of
// some other type, and for a verb that does not fit, as %p. What shows there is
// an address.
type Secret struct{ value unique.Handle[string] }

const redacted = "[redacted]"

// NewSecret wraps s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{unique.Make(s)}
}

// Reveal returns the secret itself, for signing.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.value.Value()
}

// Format prints "[redacted]" under every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText encodes as "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Credentials sign calls. SecurityToken is empty for long-term keys.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret Secret
	SecurityToken   Secret
}

// scrub removes the secrets from text that a server or a transport wrote, and
// bounds it. A string to sign, which the API quotes when a signature is wrong,
// has the token in it, maybe encoded or cut short, so it goes as a whole.
func (c Credentials) scrub(text string) string {
	const quote = "string to sign"
	if before, _, found := strings.Cut(text, quote); found {
		text = before + quote + ": " + redacted
	}
	for _, s := range []Secret{c.AccessKeySecret, c.SecurityToken} {
		if plain := s.Reveal(); plain != "" {
			text = strings.ReplaceAll(text, plain, redacted)
			text = strings.ReplaceAll(text, signature.Escape(plain), redacted)
		}
	}
	return clip(text)
}

// scrubError is scrub for errors: one with nothing to hide stays as it is.
func (c Credentials) scrubError(err error) error {
	if err == nil {
		return nil
	}
	if text := c.scrub(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// clip bounds a text that goes into every report line.
func clip(text string) string {
	const most = 1 << 10
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// A Provider hands out the credentials that are valid now. It is asked before
// every call, since session tokens expire, and must be safe for concurrent use.
type Provider interface {
	Credentials(ctx context.Context) (Credentials, error)
}

// A Renewer is a [Provider] that can be told of a session that the API says has
// ended, before its time or because the provider's clock is wrong.
type Renewer interface {
	// Expire keeps credentials from being handed out again. The next to ask
	// for some fetches new ones, once, however many were refused the old. It
	// returns at once and is safe for concurrent use.
	Expire(refused Credentials)
}

// ErrUnreachable is what the errors of a [Provider] wrap if the place of its
// credentials, and maybe the whole network, was out of reach.
var ErrUnreachable = errors.New("not reachable")

// Static is a [Provider] of fixed credentials.
type Static Credentials

// Credentials returns the fixed credentials.
func (s Static) Credentials(context.Context) (Credentials, error) { return Credentials(s), nil }
