package ecs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
	"unique"
)

// A Secret is text that must not be shown. Every way of printing or encoding it
// gives "[redacted]"; only [Secret.Reveal] returns its value. Secrets are equal
// if their texts are.
//
// It holds a handle and not the text, since fmt prints fields without calling
// [Secret.Format] in two cases: below an unexported field of another type, and
// for a verb that does not fit, such as %p. What shows there is an address.
type Secret struct{ value unique.Handle[string] }

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

// clip bounds a text that goes into report lines, to 1 KiB.
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
// every call, since session tokens expire. It must be safe for concurrent use, and
// bound the time that it takes.
type Provider interface {
	Credentials(ctx context.Context) (Credentials, error)
}

// A Renewer is a [Provider] that can be told that the API calls a session
// expired, be it early or because the provider's clock is wrong.
type Renewer interface {
	// Ready fetches keys if there are none that are valid, and renews them in
	// good time before they expire, so that Credentials need not wait.
	Ready(ctx context.Context) error
	// Expire keeps the refused credentials from being handed out again. The
	// next call of Credentials fetches new ones, once, however many calls were
	// refused. It returns at once and is safe for concurrent use.
	Expire(refused Credentials)
}

// ErrUnreachable is wrapped by the errors of a [Provider] if the source of its
// credentials, and maybe the whole network, is out of reach.
var ErrUnreachable = errors.New("not reachable")

// Static is a [Provider] of fixed credentials.
type Static Credentials

// Credentials returns the fixed credentials.
func (s Static) Credentials(context.Context) (Credentials, error) { return Credentials(s), nil }
