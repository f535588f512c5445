package ecssim

import (
	"net/http"
	"slices"
	"time"
)

// A Kind is what a fault does. Those ending in -before keep the call from being
// done, those ending in -after let it be done and spoil the answer.
//
// The way to the server. In process they are the errors of a real transport,
// before anything was sent; over a socket the connection is reset.
//
//	refused            the connection is refused
//	dns                the name does not resolve
//	tls-cut            the connection is reset in the TLS handshake
//	wrong-certificate  the certificate's issuer is unknown
//	outage             no network: nothing gets there, and answers under way are lost
//	request-cut        the connection breaks while the request is written
//
// The way back.
//
//	lost-before, lost-after            no answer; the connection is reset after by (10m)
//	reset-before, reset-after          the connection is reset instead of an answer
//	cut-head-before, cut-head-after    the answer ends within its headers
//	cut-body-before, cut-body-after    the answer ends within its body
//	late-answer                        done at once, answered Fault.By later
//	late-write                         done and answered Fault.By later, whether or
//	                                   not the client has given up
//
// Answers the server does not mean.
//
//	internal-error, internal-error-after    500 InternalError
//	unavailable, unavailable-after          503 ServiceUnavailable
//	unknown-error, unknown-error-after      400 UnknownError
//	conflict, conflict-after                409 OperationConflict
//	last-token, last-token-after            403 LastTokenProcessing
//	nonce-used, nonce-used-after            400 SignatureNonceUsed
//	bad-gateway, bad-gateway-after          502 with a page of HTML
//	gateway-timeout, gateway-timeout-after  504 with a page of HTML
//	html, html-after                        200 with a page of HTML
//	refuse, refuse-after                    any code and status
//	throttle, throttle-forever              400 Throttling.User; by is the hint's time (1s)
//	rejected-throttling                     400 Rejected.Throttling
//	xml-errors                              refusals are in XML, whatever was asked for
//
// Reads that do not tell the truth.
//
//	stale-read     listings look back by Fault.By
//	page-repeated  pages after the first begin one image too early
//	page-skipped   pages after the first begin one image too late
//
// Keys and clocks.
//
//	token-expired  calls with a security token: InvalidSecurityToken.Expired
//	forbidden      403 Forbidden.RAM
//	clock-off      the server's clock is ahead by Fault.By
//
// Somebody else, just before a write is decided.
//
//	outsider-rename  gives the image another name
//	outsider-takes   gives the wanted name to an image of theirs
//	image-deleted    deletes the image
type Kind string

const (
	outage    Kind = "outage"
	staleRead Kind = "stale-read"
)

// A scope says which calls a kind is about, unless the fault names an action.
type scope int

const (
	scopeECS   scope = iota // any ECS call
	scopeRead               // listings
	scopeWrite              // changes
	scopeToken              // any ECS call with a security token
)

// options are those of a fault that have an effect on a kind. Others are
// refused: whoever gives one expects something of it.
type options uint8

const (
	takesBy options = 1 << iota
	takesStatus
	takesCode
	takesHint
)

// A kind is how a fault of a Kind is played.
type kind struct {
	scope   scope
	takes   options
	needsBy bool
	fatal   bool // decides how the call ends: of several the first wins
	apply   func(*mischief, Fault)
}

// A mischief is all that happens to one call.
type mischief struct {
	names []string
	fatal bool

	dial     dialFault     // it never gets through
	skip     bool          // it is not done
	instead  *spoiled      // what is answered instead of the truth
	ending   ending        // how much of the answer gets back
	silence  time.Duration // before an answer that never comes is given up
	land     time.Duration // how much later it is done
	answer   time.Duration // how much later it is answered
	stale    time.Duration // how far a listing looks back
	shift    int           // how many images a page is off
	skew     time.Duration // how far the server's clock is off
	xml      bool          // a refusal is in XML
	outsider outsider
}

// An ending is how much of the answer gets back.
type ending int

const (
	whole ending = iota
	silent
	reset
	cutHead
	cutBody
)

// An outsider is what somebody else does just before a write is decided.
type outsider int

const (
	nobody outsider = iota
	renamer
	taker
	deleter
)

// A spoiled answer takes the place of the true one.
type spoiled struct {
	refusal *refusal
	html    bool
}

const defaultSilence = 10 * time.Minute

// kinds says how each Kind is played.
var kinds = map[Kind]kind{
	"refused":           dialKind(dialRefused),
	"dns":               dialKind(dialUnknownHost),
	"tls-cut":           dialKind(dialHandshakeCut),
	"wrong-certificate": dialKind(dialBadCertificate),
	"request-cut":       dialKind(writeCut),
	outage:              dialKind(dialUnreachable),

	"lost-before":     endKind(silent, true),
	"lost-after":      endKind(silent, false),
	"reset-before":    endKind(reset, true),
	"reset-after":     endKind(reset, false),
	"cut-head-before": endKind(cutHead, true),
	"cut-head-after":  endKind(cutHead, false),
	"cut-body-before": endKind(cutBody, true),
	"cut-body-after":  endKind(cutBody, false),
	"late-answer":     {needsBy: true, apply: func(m *mischief, f Fault) { m.answer += f.By }},
	"late-write":      {scope: scopeWrite, needsBy: true, apply: func(m *mischief, f Fault) { m.land += f.By }},

	"internal-error":        answerKind("InternalError", true),
	"internal-error-after":  answerKind("InternalError", false),
	"unavailable":           answerKind("ServiceUnavailable", true),
	"unavailable-after":     answerKind("ServiceUnavailable", false),
	"unknown-error":         answerKind("UnknownError", true),
	"unknown-error-after":   answerKind("UnknownError", false),
	"conflict":              answerKind("OperationConflict", true),
	"conflict-after":        answerKind("OperationConflict", false),
	"last-token":            answerKind("LastTokenProcessing", true),
	"last-token-after":      answerKind("LastTokenProcessing", false),
	"nonce-used":            answerKind("SignatureNonceUsed", true),
	"nonce-used-after":      answerKind("SignatureNonceUsed", false),
	"refuse":                answerKind("", true),
	"refuse-after":          answerKind("", false),
	"forbidden":             answerKind("Forbidden.RAM", true),
	"token-expired":         scoped(scopeToken, answerKind("InvalidSecurityToken.Expired", true)),
	"bad-gateway":           htmlKind(http.StatusBadGateway, true),
	"bad-gateway-after":     htmlKind(http.StatusBadGateway, false),
	"gateway-timeout":       htmlKind(http.StatusGatewayTimeout, true),
	"gateway-timeout-after": htmlKind(http.StatusGatewayTimeout, false),
	"html":                  htmlKind(http.StatusOK, true),
	"html-after":            htmlKind(http.StatusOK, false),
	"throttle":              throttleKind("Throttling.User"),
	"throttle-forever":      throttleKind("Throttling.User"),
	"rejected-throttling":   throttleKind("Rejected.Throttling"),
	"xml-errors":            {apply: func(m *mischief, _ Fault) { m.xml = true }},

	staleRead:       {scope: scopeRead, needsBy: true, apply: func(m *mischief, f Fault) { m.stale = max(m.stale, f.By) }},
	"page-repeated": {scope: scopeRead, apply: func(m *mischief, _ Fault) { m.shift-- }},
	"page-skipped":  {scope: scopeRead, apply: func(m *mischief, _ Fault) { m.shift++ }},
	"clock-off":     {needsBy: true, apply: func(m *mischief, f Fault) { m.skew += f.By }},

	"outsider-rename": outsiderKind(renamer),
	"outsider-takes":  outsiderKind(taker),
	"image-deleted":   outsiderKind(deleter),
}

func dialKind(d dialFault) kind {
	return kind{fatal: true, apply: func(m *mischief, _ Fault) { m.dial = d }}
}

func endKind(e ending, skip bool) kind {
	var takes options
	if e == silent {
		takes = takesBy
	}
	return kind{fatal: true, takes: takes, apply: func(m *mischief, f Fault) {
		m.ending, m.skip, m.silence = e, skip, f.By
		if m.silence == 0 {
			m.silence = defaultSilence
		}
	}}
}

func answerKind(code string, skip bool) kind {
	return kind{fatal: true, takes: takesStatus | takesCode, apply: func(m *mischief, f Fault) {
		m.skip, m.instead = skip, &spoiled{refusal: f.refusal(code)}
	}}
}

// refusal returns the refusal that the fault asks for, else that of its kind.
func (f Fault) refusal(code string) *refusal {
	if f.Code != "" {
		code = f.Code
	}
	r := refuse(code)
	if f.Status != 0 {
		r.status = f.Status
	}
	return r
}

func htmlKind(status int, skip bool) kind {
	return kind{fatal: true, takes: takesStatus, apply: func(m *mischief, f Fault) {
		if f.Status != 0 {
			status = f.Status
		}
		m.skip, m.instead = skip, &spoiled{refusal: &refusal{status: status}, html: true}
	}}
}

func throttleKind(code string) kind {
	return kind{fatal: true, takes: takesBy | takesStatus | takesCode | takesHint, apply: func(m *mischief, f Fault) {
		r := f.refusal(code)
		wait := f.By
		if wait == 0 {
			wait = time.Second
		}
		r.header = hintHeader(f.Hints, wait, 0)
		m.skip, m.instead = true, &spoiled{refusal: r}
	}}
}

func outsiderKind(o outsider) kind {
	return kind{scope: scopeWrite, apply: func(m *mischief, _ Fault) { m.outsider = o }}
}

func scoped(s scope, k kind) kind {
	k.scope = s
	return k
}

// plays adds a fault to the mischief, unless both it and an earlier one decide
// how the call ends.
func (m *mischief) plays(f Fault, k kind) {
	if k.fatal && m.fatal {
		return
	}
	m.fatal = m.fatal || k.fatal
	m.names = append(slices.Clip(m.names), string(f.Kind))
	k.apply(m, f)
}
