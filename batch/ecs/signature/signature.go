// Package signature computes the two request signatures of Alibaba Cloud's
// RPC-style APIs: ACS3-HMAC-SHA256 (V3), which current SDKs use, and the older
// RPC scheme, HMAC-SHA1 (V1).
//
// It is pure: a request's parts go in, text comes out, and it knows no clock,
// nonces or HTTP. The client signs with it and the simulator verifies with it.
// The rules are those of the public pages "V3 request body and signature
// mechanism" and "RPC signature mechanism"; the vectors printed there are this
// package's tests.
package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// AlgorithmV3 is the scheme's name in the Authorization header.
const AlgorithmV3 = "ACS3-HMAC-SHA256"

// EmptyPayload is the SHA-256 of an empty body in hex, the value of
// x-acs-content-sha256 for every call whose parameters travel in the query.
const EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// A Header is one signed header: its name in lower case and its value.
type Header struct{ Name, Value string }

// CanonicalQuery renders parameters sorted by name and percent-encoded by RFC
// 3986: both schemes sign this text, and V3 clients send it as it is. Values of
// one parameter keep their order.
func CanonicalQuery(parameters url.Values) string {
	names := make([]string, 0, len(parameters))
	for name := range parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.Grow(escapedLength(parameters))
	for _, name := range names {
		for _, value := range parameters[name] {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			appendEscaped(&b, name)
			b.WriteByte('=')
			appendEscaped(&b, value)
		}
	}
	return b.String()
}

// CanonicalRequest renders what V3 hashes and signs, and the list of signed
// headers for the Authorization header. query is the output of
// [CanonicalQuery]; headers need not be sorted, and are not changed.
func CanonicalRequest(method, path, query string, headers []Header, payloadHash string) (request, signedHeaders string) {
	byName := func(a, b Header) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(headers, byName) {
		headers = slices.Clone(headers)
		slices.SortFunc(headers, byName)
	}
	signedHeaders = join(headers)
	var b strings.Builder
	b.Grow(requestLength(method, path, query, headers, signedHeaders, payloadHash))
	for _, line := range []string{method, path, query} {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	for _, h := range headers {
		b.WriteString(h.Name)
		b.WriteByte(':')
		b.WriteString(strings.TrimSpace(h.Value))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.WriteString(signedHeaders)
	b.WriteByte('\n')
	b.WriteString(payloadHash)
	return b.String(), signedHeaders
}

// join lists the headers' names, separated by semicolons.
func join(headers []Header) string {
	names := make([]string, len(headers))
	for i, h := range headers {
		names[i] = h.Name
	}
	return strings.Join(names, ";")
}

// requestLength is an upper bound of a canonical request's length.
func requestLength(method, path, query string, headers []Header, signedHeaders, payloadHash string) int {
	n := len(method) + len(path) + len(query) + len(signedHeaders) + len(payloadHash) + len("\n\n\n\n\n")
	for _, h := range headers {
		n += len(h.Name) + len(h.Value) + len(":\n")
	}
	return n
}

// HashV3 returns the SHA-256 of a canonical request, in hex.
func HashV3(canonicalRequest string) string {
	sum := sha256.Sum256([]byte(canonicalRequest))
	return hex.EncodeToString(sum[:])
}

// SignV3 signs a canonical request; the result is in hex.
func SignV3(secret, canonicalRequest string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(AlgorithmV3 + "\n" + HashV3(canonicalRequest)))
	return hex.EncodeToString(mac.Sum(nil))
}

// AuthorizationV3 returns the value of the Authorization header.
func AuthorizationV3(accessKeyID, signedHeaders, signature string) string {
	return AlgorithmV3 + " Credential=" + accessKeyID + ",SignedHeaders=" + signedHeaders + ",Signature=" + signature
}

// SignV1 signs the parameters of an RPC request, all but Signature itself,
// whether they travel in the query or in a form; the result is in base64.
func SignV1(secret, method string, parameters url.Values) string {
	text := method + "&" + Escape("/") + "&" + Escape(CanonicalQuery(parameters))
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Equal compares two signatures in constant time.
func Equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// escapedLength estimates the length of a canonical query, rather high: most
// names and values need no escape.
func escapedLength(parameters url.Values) (n int) {
	for name, values := range parameters {
		for _, value := range values {
			n += len(name) + len(value) + len(value)/2 + len("&=")
		}
	}
	return n
}

// Escape percent-encodes every byte of s except RFC 3986's unreserved ones.
// [url.QueryEscape] differs: it writes a space as a plus sign.
func Escape(s string) string {
	var b strings.Builder
	appendEscaped(&b, s)
	return b.String()
}

func appendEscaped(b *strings.Builder, s string) {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
}
