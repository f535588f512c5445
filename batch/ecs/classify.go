package ecs

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// A Class says what an answer means for the call that got it: was it applied,
// and may it be repeated. Deciding this comes before anything else is done
// with an error.
type Class uint8

const (
	// Undecided is the zero value; Classify never returns it.
	Undecided Class = iota
	// Applied: the API acknowledged the call.
	Applied
	// Throttled: certainly not applied, the account is over its quota. Wait
	// and send again; it says nothing about the row.
	Throttled
	// Expired: certainly not applied, the session's token has run out. Fetch
	// credentials once more and send again.
	Expired
	// Skewed: certainly not applied, the call's date is too far from the
	// server's clock. The client has learnt that: send again, once.
	Skewed
	// Unsent: certainly not applied, no byte of the request was written.
	Unsent
	// Busy: certainly not applied, the image is still being created.
	Busy
	// Duplicated: this call was not applied, because the name is held. Who
	// holds it, maybe the image itself after a lost answer, has to be read.
	Duplicated
	// Refused: certainly not applied, and never will be as it stands.
	Refused
	// Forbidden: certainly not applied, for lack of permission: for this
	// image or for all of them.
	Forbidden
	// Down: certainly not applied, and every other call of the account would
	// end alike: its keys or its standing is the trouble.
	Down
	// Ambiguous: it may have been applied, or may still be. Read before
	// anything else is sent to the image.
	Ambiguous
)

var classNames = []string{
	"undecided", "applied", "throttled", "expired", "skewed", "unsent", "busy",
	"duplicated", "refused", "forbidden", "down", "ambiguous",
}

// String is the class in one word.
func (c Class) String() string { return classNames[c] }

// MarshalText returns the class's word.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText takes a class's word. One that it does not know, of another
// version maybe, leaves the call's fate open.
func (c *Class) UnmarshalText(text []byte) error {
	if i := slices.Index(classNames, string(text)); i >= 0 {
		*c = Class(i)
	} else {
		*c = Ambiguous
	}
	return nil
}

// codes holds the API's codes that mean something else than Refused. The
// sources are the lists of the ModifyImageAttribute page, of the page "common
// client errors", and of the public SDKs' retry tables.
var codes = map[string]Class{
	"LastTokenProcessing": Ambiguous,
	"SignatureNonceUsed":  Ambiguous, // maybe of this very request, if a proxy sent it twice

	"InvalidImageName.Duplicated":   Duplicated,
	"InvalidStatus.ImageIsCreating": Busy,

	"InvalidSecurityToken.Expired": Expired,
	"MissingSecurityToken":         Down,
	"SignatureDoesNotMatch":        Down,
	"IncompleteSignature":          Down,
	"InvalidTimeStamp.Expired":     Skewed,
	"IllegalTimestamp":             Skewed,
	"Forbidden.AccessKeyDisabled":  Down,
	"InsufficientBalance":          Down,
	"Account.Arrearage":            Down,
	"RealNameAuthenticationError":  Down,
	"InvalidRegionId.NotFound":     Down,
}

// families holds the first words of codes whose second words vary.
var families = map[string]Class{
	"InternalError":      Ambiguous,
	"UnknownError":       Ambiguous,
	"ServiceUnavailable": Ambiguous,
	"OperationConflict":  Ambiguous,

	"InvalidAccessKeyId":   Down,
	"InvalidSecurityToken": Down,
	"InvalidTimeStamp":     Down,
	"Forbidden":            Forbidden,
	"NoPermission":         Forbidden,
}

// classOf is the class of a code that is known; the others are told apart by
// their status.
func classOf(code string) (class Class, known bool) {
	if strings.HasPrefix(code, "Throttling") || strings.HasPrefix(code, "Rejected.Throttling") {
		return Throttled, true
	}
	if class, known = codes[code]; known {
		return class, true
	}
	family, _, _ := strings.Cut(code, ".")
	class, known = families[family]
	return class, known
}

// Classify sorts the result of a call. It goes by the code and never by the
// HTTP status alone: the API has changed the status of one code over the years.
func Classify(err error) Class {
	if err == nil {
		return Applied
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Unsent // the client failed before it had a request: no credentials
	}
	if e.Code == "" {
		if e.Sent {
			return Ambiguous
		}
		return Unsent
	}
	if class, known := classOf(e.Code); known {
		return class
	}
	if e.refusal() {
		return Refused
	}
	return Ambiguous
}

// refusal tells whether the status of a code that is not known is that of a
// refusal. A timeout, a conflict and a full queue are 4xx too, but leave open
// what becomes of the call; and a code in what calls itself a success or a
// redirect is nothing to rely on.
func (e *Error) refusal() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= 400 && e.Status < 500
}
