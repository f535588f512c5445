package ecssim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"imgrename/batch/ecs/signature"
)

// maxSkew is how far a request's date may be off the server's clock.
const maxSkew = 15 * time.Minute

const dateLayout = "2006-01-02T15:04:05Z"

// authenticate finds out who signed a request. The checks come in the order of
// the gateway: what is missing, the clock, the key, its token, the signature
// and, only for a genuine request, the nonce.
func (s *Server) authenticate(q *request, now time.Time) (*principal, *refusal) {
	if q.problem != nil {
		return nil, q.problem
	}
	if r := q.complete(); r != nil {
		return nil, r
	}
	date, err := time.Parse(dateLayout, q.date)
	if err != nil {
		return nil, refuse("InvalidTimeStamp.Format")
	}
	if date.Sub(now).Abs() > maxSkew {
		return nil, refuse("InvalidTimeStamp.Expired")
	}
	who, ok := s.keys.find(q.accessKeyID)
	if !ok {
		return nil, refuse("InvalidAccessKeyId.NotFound")
	}
	if r := who.usable(q.token, now); r != nil {
		return nil, r
	}
	if r := q.verify(who.Secret); r != nil {
		return nil, r
	}
	if !s.nonces.fresh(q.accessKeyID, q.nonce, now) {
		return nil, refuse("SignatureNonceUsed")
	}
	return who, nil
}

// complete refuses a request that lacks a mandatory part, naming the first.
func (q *request) complete() *refusal {
	type part struct{ name, value string }
	parts := []part{
		{"Action", q.action},
		{"Version", q.version},
		{"AccessKeyId", q.accessKeyID},
		{"Signature", q.signature},
		{"SignatureNonce", q.nonce},
		{"Timestamp", q.date},
	}
	for _, p := range parts {
		if p.value == "" {
			return missing(p.name)
		}
	}
	if q.v3 {
		return nil
	}
	if m := q.parameter("SignatureMethod"); m != "HMAC-SHA1" {
		return invalid("SignatureMethod")
	}
	if v := q.parameter("SignatureVersion"); v != "1.0" {
		return invalid("SignatureVersion")
	}
	return nil
}

func (q *request) verify(secret string) *refusal {
	if q.v3 {
		return q.verifyV3(secret)
	}
	return q.verifyV1(secret)
}

func (q *request) verifyV1(secret string) *refusal {
	signed := make(url.Values, len(q.parameters))
	for name, values := range q.parameters {
		if name != "Signature" {
			signed[name] = values
		}
	}
	if signature.Equal(signature.SignV1(secret, q.method, signed), q.signature) {
		return nil
	}
	text := q.method + "&" + signature.Escape("/") + "&" + signature.Escape(signature.CanonicalQuery(signed))
	return refuse("SignatureDoesNotMatch", text)
}

// mustSign lists the headers that a V3 signature must cover.
var mustSign = []string{
	"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version",
}

func (q *request) verifyV3(secret string) *refusal {
	names := strings.Split(q.signedHeaders, ";")
	for _, name := range mustSign {
		if !slices.Contains(names, name) {
			return refuse("IncompleteSignature")
		}
	}
	if q.token != "" && !slices.Contains(names, "x-acs-security-token") {
		return refuse("IncompleteSignature")
	}
	payload := q.header.Get("X-Acs-Content-Sha256")
	canonical, _ := signature.CanonicalRequest(q.method, q.path, signature.CanonicalQuery(q.query), q.headers(names), payload)
	if payload != hashBody(q.body) || !signature.Equal(signature.SignV3(secret, canonical), q.signature) {
		return refuse("SignatureDoesNotMatch", signature.AlgorithmV3+"\n"+signature.HashV3(canonical))
	}
	return nil
}

// headers gathers the signed headers. net/http keeps the host apart.
func (q *request) headers(names []string) []signature.Header {
	headers := make([]signature.Header, len(names))
	for i, name := range names {
		value := q.host
		if name != "host" {
			value = strings.Join(q.header.Values(name), ",")
		}
		headers[i] = signature.Header{Name: name, Value: value}
	}
	return headers
}

func hashBody(body []byte) string {
	if len(body) == 0 {
		return signature.EmptyPayload
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
