package ecs

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
)

// TestScrub: a secret is found however a server writes it, and in part.
func TestScrub(t *testing.T) {
	const token = "CAISrAJ1q6Ft5B2y/fS+Ir5ev=Dhg8JSv&6<YhXyD>x\"ZJmEOQ=="
	asJSON, _ := json.Marshal(token)
	lower := func(s string) string {
		for _, hex := range []string{"%2F", "%2B", "%3D", "%3C", "%3E"} {
			s = strings.ReplaceAll(s, hex, strings.ToLower(hex))
		}
		return s
	}
	for name, written := range map[string]string{
		"as it is":               token,
		"in a query":             url.QueryEscape(token),
		"in a query, lower case": lower(url.QueryEscape(token)),
		"in JSON":                strings.Trim(string(asJSON), `"`),
		"in JSON, with slashes":  strings.ReplaceAll(token, "/", `\/`),
		"in HTML":                html.EscapeString(token),
		"in HTML, by number":     strings.NewReplacer("/", "&#47;", "+", "&#x2B;", "=", "&#x3d;").Replace(token),
		"in a query in JSON":     strings.ReplaceAll(url.QueryEscape(token), "%", `\u0025`),
		"in a query, twice":      url.QueryEscape(url.QueryEscape(token)),
		"in HTML in JSON":        strings.ReplaceAll(html.EscapeString(token), "&", `\u0026`),
		"its beginning":          token[:20],
		"its end":                token[20:],
		"its middle, escaped":    url.QueryEscape(token[10:30]),
	} {
		t.Run(name, func(t *testing.T) {
			c := Credentials{AccessKeySecret: NewSecret("another secret of thirty letters"), SecurityToken: NewSecret(token)}
			got := c.scrub("before " + written + " after")
			if !strings.HasPrefix(got, "before [redacted]") || !strings.HasSuffix(got, " after") {
				t.Errorf("got %q", got)
			}
			for i := range len(token) - enough {
				if strings.Contains(got, token[i:i+enough]) {
					t.Errorf("%q shows %q", got, token[i:i+enough])
				}
			}
		})
	}
	c := Credentials{AccessKeySecret: NewSecret("short"), SecurityToken: NewSecret(token)}
	if got, want := c.scrub("a short one; CAISrAJ1q6F; 100 %; a & b; \\"), "a [redacted] one; CAISrAJ1q6F; 100 %; a & b; \\"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzScrub: whatever stands around a secret, and however often it is escaped, it
// is not to be seen; a text without one stays as it is.
func FuzzScrub(f *testing.F) {
	f.Add("%", "&#", 0)
	f.Add(`\u00`, ";", 3)
	f.Fuzz(func(t *testing.T, before, after string, how int) {
		const token = "CAISrAJ1q6Ft5B2y/fS+Ir5ev=Dhg8JSv"
		written := []string{token, url.QueryEscape(token), html.EscapeString(token), strings.ReplaceAll(token, "/", `\/`)}[uint(how)%4]
		c := Credentials{SecurityToken: NewSecret(token)}
		if got := c.scrub(before + written + after); strings.Contains(got, token) || strings.Contains(got, token[12:]) {
			t.Errorf("%q", got)
		}
		if text := before + after; len(text) < 1000 && !strings.Contains(text, "string to sign") && !strings.Contains(text, "CAIS") {
			if got := c.scrub(text); got != text && !strings.Contains(got, redacted) {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}
