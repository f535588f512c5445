package ecs

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// A Secret is text that must not be seen. Every way of printing or encoding
// it gives "[redacted]"; [Secret.Reveal] is the one way to its value.
type Secret struct{ value string }

const redacted = "[redacted]"

// NewSecret wraps s.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal returns the secret itself, for signing.
func (s Secret) Reveal() string { return s.value }

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

// scrub removes the secrets from text that a server or a library wrote.
func (c Credentials) scrub(text string) string {
	for _, s := range []Secret{c.AccessKeySecret, c.SecurityToken} {
		if s.value != "" {
			text = strings.ReplaceAll(text, s.value, redacted)
		}
	}
	return text
}

// A Provider hands out the credentials that are valid now. It is asked before
// every call, since session tokens expire, and must be safe for concurrent use.
type Provider interface {
	Credentials(ctx context.Context) (Credentials, error)
}

// Static is a [Provider] of fixed credentials.
type Static Credentials

// Credentials returns the fixed credentials.
func (s Static) Credentials(context.Context) (Credentials, error) { return Credentials(s), nil }
