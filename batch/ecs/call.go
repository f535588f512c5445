package ecs

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"imgrename/batch/ecs/signature"
)

// DefaultTimeout bounds one call, from dialling to the last byte read.
const DefaultTimeout = 15 * time.Second

// A caller makes signed calls: what the two APIs have in common.
type caller struct {
	http        *http.Client
	credentials Provider
	clock       *Clock
	timeout     time.Duration
	userAgent   func() string // or nil
	observe     func(action string, err error)
}

// keys fetches credentials. An error from the provider is returned as it is.
func (c *caller) keys(ctx context.Context) (Credentials, error) {
	if r, ok := c.credentials.(Renewer); ok {
		if err := r.Ready(ctx); err != nil {
			return Credentials{}, err
		}
	}
	return c.credentials.Credentials(ctx)
}

// ask fetches credentials and makes one call.
func (c *caller) ask(
	ctx context.Context, to Endpoint, version, action string, parameters url.Values, out answer,
) (string, error) {
	credentials, err := c.keys(ctx)
	if err != nil {
		return "", err
	}
	return c.do(ctx, credentials, to, version, action, parameters, out)
}

// do makes one call and decodes the reply into out. It returns the request id,
// or an [*Error]. Every call is signed with a nonce and a date of its own, so
// none is ever replayed.
func (c *caller) do(
	ctx context.Context, credentials Credentials, to Endpoint, version, action string, parameters url.Values, out answer,
) (id string, err error) {
	if c.observe != nil {
		defer func() { c.observe(action, err) }()
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent atomic.Bool
	request, err := newRequest(traceSent(ctx, &sent), to, version, action, parameters, credentials, c.clock.now())
	if err != nil {
		return "", &Error{Action: action, Err: err}
	}
	if c.userAgent != nil {
		request.Header.Set("User-Agent", c.userAgent())
	}
	id, failure := c.exchange(request, out)
	if failure == nil {
		return id, nil
	}
	c.learn(failure, credentials)
	failure.Action = action
	failure.Sent = failure.Sent || sent.Load()
	failure.Code = credentials.scrub(failure.Code)
	failure.Message = credentials.scrub(failure.Message)
	failure.RequestID = credentials.scrub(failure.RequestID)
	failure.Err = credentials.scrubError(failure.Err)
	return failure.RequestID, failure
}

// exchange sends a request and reads the whole reply, so that the connection
// can be reused.
func (c *caller) exchange(request *http.Request, out answer) (string, *Error) {
	response, err := c.http.Do(request)
	if err != nil {
		return "", &Error{Err: cause(err)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	if err == nil && len(body) > maxReply {
		err = fmt.Errorf("the reply is larger than %d bytes", maxReply)
	}
	if err != nil {
		return "", &Error{Status: response.StatusCode, Sent: true, Err: cause(err)}
	}
	return decode(response.StatusCode, response.Header, body, out)
}

// traceSent marks sent as soon as the request has a connection: from then on
// bytes may be under way. Calling an unsent request sent costs a read; the
// opposite could cost a name.
func traceSent(ctx context.Context, sent *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { sent.Store(true) },
		WroteHeaders: func() { sent.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { sent.Store(true) },
	})
}

// cause strips the layers that repeat the address, query and all.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	// A dial that takes too long says so itself, with the address.
	if _, ok := errors.AsType[*net.OpError](err); !ok && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)
	}
	return err
}

func newRequest(
	ctx context.Context, to Endpoint, version, action string, parameters url.Values, keys Credentials, date time.Time,
) (*http.Request, error) {
	query := signature.CanonicalQuery(parameters)
	address := url.URL{Scheme: to.Scheme, Host: to.Host, Path: "/", RawQuery: query}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), http.NoBody)
	if err != nil || request.URL.Host != to.Host { // part of the host would be something else
		return nil, errors.New("the endpoint is not an address")
	}
	signed := []signature.Header{
		{Name: "host", Value: request.Host}, // as net/http sends it
		{Name: "x-acs-action", Value: action},
		{Name: "x-acs-content-sha256", Value: signature.EmptyPayload},
		{Name: "x-acs-date", Value: date.UTC().Format(time.RFC3339)},
		{Name: "x-acs-signature-nonce", Value: nonce()},
		{Name: "x-acs-version", Value: version},
	}
	if token := keys.SecurityToken.Reveal(); token != "" {
		signed = append(signed, signature.Header{Name: "x-acs-security-token", Value: token})
	}
	canonical, names := signature.CanonicalRequest(http.MethodPost, "/", query, signed, signature.EmptyPayload)
	for _, h := range signed[1:] {
		request.Header[headerKeys[h.Name]] = []string{h.Value}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", signature.AuthorizationV3(
		keys.AccessKeyID, names, signature.SignV3(keys.AccessKeySecret.Reveal(), canonical)))
	return request, nil
}

// headerKeys are the signed headers' names as net/http keeps them.
var headerKeys = map[string]string{
	"x-acs-action":          "X-Acs-Action",
	"x-acs-content-sha256":  "X-Acs-Content-Sha256",
	"x-acs-date":            "X-Acs-Date",
	"x-acs-signature-nonce": "X-Acs-Signature-Nonce",
	"x-acs-version":         "X-Acs-Version",
	"x-acs-security-token":  "X-Acs-Security-Token",
}

func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// reply holds what every answer of the APIs has, success or failure.
type reply struct {
	RequestID          text `json:"RequestId"`
	Code               text
	Message            text
	AccessDeniedDetail denial
}

// An answer is a reply with the fields of one action.
type answer interface{ head() *reply }

func (r *reply) head() *reply { return r }

// decode separates the API's own answers from those of proxies on the way.
// Success is status 200 with a request id and no code, and nothing else. Every
// answer of the API has a request id; without one, only a known code of the API
// is believed. Some gateways refuse in XML, although JSON was asked for.
func decode(status int, header http.Header, body []byte, out answer) (string, *Error) {
	failure := &Error{Status: status, Sent: true, RetryAfter: retryHint(header)}
	failure.Date, _ = http.ParseTime(header.Get("Date")) // zero if there is none
	r, formErr := out.head(), json.Unmarshal(body, out)
	if formErr != nil { // the fields are not as expected, but the head may be
		*r = reply{}
	}
	if formErr != nil && json.Unmarshal(body, r) != nil && !r.refusedXML(body) || !r.known() {
		failure.Err = errors.New("the reply is not the API's")
		return "", failure
	}
	failure.RequestID = string(r.RequestID)
	if status != http.StatusOK || r.Code != "" {
		failure.Code, failure.Message = string(r.Code), r.AccessDeniedDetail.explain(string(r.Code), string(r.Message))
		return "", failure
	}
	if formErr != nil {
		failure.Err = errors.New("the reply has an unexpected form")
		return "", failure
	}
	return clip(failure.RequestID), nil
}

// refusedXML decodes the API's refusal in XML, which is the whole body, and
// reports whether it is one. Nothing else in XML says what became of a call.
func (r *reply) refusedXML(body []byte) bool {
	var refusal struct {
		XMLName            xml.Name `xml:"Error"`
		RequestID          string   `xml:"RequestId"`
		Code               string
		Message            string
		AccessDeniedDetail denial
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	if decoder.Decode(&refusal) != nil || refusal.Code == "" {
		return false
	}
	if rest := body[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return false
	}
	*r = reply{
		text(strings.TrimSpace(refusal.RequestID)), text(strings.TrimSpace(refusal.Code)), text(refusal.Message),
		refusal.AccessDeniedDetail,
	}
	return true
}

// known reports whether a reply is the API's.
func (r *reply) known() bool {
	_, known := meaningOf(string(r.Code))
	return r.RequestID != "" || known
}

// A Clock is the server's time as far as it is known: this host's own until the
// API refuses a call for its date, then that of the refusal. The zero value is
// ready to use, by any number of clients at once.
type Clock struct{ offset atomic.Int64 }

// Offset returns how far the server's clock is ahead of this host's, below 0 if
// it is behind. It is 0 until a call is refused for its date.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

func (c *Clock) now() time.Time { return time.Now().Add(c.Offset()) }

// set takes the date of a reply that has just arrived as the server's time.
// That ignores the way back and fractions of a second: little, beside the 15
// minutes that a call's date may be off.
func (c *Clock) set(date time.Time) { c.offset.Store(int64(time.Until(date))) }

// learn takes from a refusal what later calls need: the server's time, and that
// the credentials have expired.
func (c *caller) learn(failure *Error, used Credentials) {
	switch m, _ := meaningOf(failure.Code); m.class {
	case Skewed:
		if !failure.Date.IsZero() {
			c.clock.set(failure.Date)
		}
	case Expired:
		if r, ok := c.credentials.(Renewer); ok {
			r.Expire(used)
		}
	}
}

// retryHint returns how long the server asks to wait, 0 if it does not say. ECS
// does not document which of these headers it sends, so all that its gateways
// and SDKs know are read, and the longest wait counts.
func retryHint(h http.Header) time.Duration {
	hint := count(h.Get("x-acs-retry-after"), time.Millisecond)
	for _, name := range []string{"x-ratelimit-user-api", "x-ratelimit-user"} {
		for field := range strings.SplitSeq(h.Get(name), ",") {
			if value, ok := strings.CutPrefix(strings.TrimSpace(field), "TimeLeft:"); ok {
				hint = max(hint, count(value, time.Millisecond))
			}
		}
	}
	hint = max(hint, count(h.Get("Retry-After"), time.Second))
	return min(hint, maxHint)
}

// maxHint limits the harm of a broken header: a quota comes back within
// minutes, whatever a proxy says.
const maxHint = 5 * time.Minute

// count parses a number of units, 0 if s is not one. A number out of range
// becomes the largest of 32 bits, which exceeds maxHint in either unit.
func count(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(max(n, 0)) * unit
}
