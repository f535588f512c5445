package ecs

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// A Class says what a result means for its call: whether the call was applied,
// and whether it may be repeated. Decide this before doing anything else with
// an error.
type Class uint8

const (
	// Undecided is the zero value; Classify never returns it.
	Undecided Class = iota
	// Applied: the API acknowledged the call.
	Applied
	// Throttled: certainly not applied, the account is over its quota. Wait
	// and send again; it says nothing about the row.
	Throttled
	// Expired: certainly not applied, the session's token has expired. Fetch
	// new credentials and send again.
	Expired
	// Skewed: certainly not applied, the call's date is too far from the
	// server's clock. The client has noted the server's time: send again, once.
	Skewed
	// Unsent: certainly not applied, no byte of the request was written.
	Unsent
	// Busy: certainly not applied, the image is still being created.
	Busy
	// Duplicated: this call was not applied, because the name is taken. Read
	// who holds it: after a lost answer, it may be the image itself.
	Duplicated
	// Refused: certainly not applied, and never will be as it stands.
	Refused
	// Forbidden: certainly not applied, for lack of permission: for this
	// image or for all of them.
	Forbidden
	// Down: certainly not applied, and any other call of the client would fail
	// in the same way: its keys, its account or its region is at fault.
	Down
	// Ambiguous: it may have been applied, or may still be. Read the image
	// before sending it anything else.
	Ambiguous
)

var classNames = []string{
	"undecided", "applied", "throttled", "expired", "skewed", "unsent", "busy",
	"duplicated", "refused", "forbidden", "down", "ambiguous",
}

// String returns the class's word.
func (c Class) String() string { return classNames[c] }

// MarshalText returns the class's word.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText parses a class's word. A word it does not know, perhaps of
// another version, becomes Ambiguous.
func (c *Class) UnmarshalText(text []byte) error {
	*c = Ambiguous
	if i := slices.Index(classNames, string(text)); i >= 0 {
		*c = Class(i)
	}
	return nil
}

// A meaning is what a code says about its call, and a hint for a person where
// the API's message does not say what to do.
type meaning struct {
	class Class
	hint  string
}

// The hints that several codes share.
const (
	clockHint  = "the clock of this host is more than 15 minutes off: set it"
	keyHint    = "the access key does not exist or is disabled"
	secretHint = "the access key's secret is wrong"
	ramHint    = "planning needs ecs:DescribeImages, applying ecs:ModifyImageAttribute on the images"
)

// codes holds the API's codes that mean something other than Refused. Sources:
// the ModifyImageAttribute page, the page "common client errors" and the public
// SDKs' retry tables.
var codes = map[string]meaning{
	"LastTokenProcessing": {Ambiguous, ""},
	"SignatureNonceUsed":  {Ambiguous, ""}, // maybe by this very request, if a proxy sent it twice

	"InvalidImageName.Duplicated":   {Duplicated, ""},
	"InvalidStatus.ImageIsCreating": {Busy, ""},

	"InvalidSecurityToken.Expired": {Expired, "the session has expired: sign in again"},
	"MissingSecurityToken":         {Down, ""},
	"SignatureDoesNotMatch":        {Down, secretHint},
	"IncompleteSignature":          {Down, secretHint},
	"InvalidTimeStamp.Expired":     {Skewed, clockHint},
	"IllegalTimestamp":             {Skewed, clockHint},
	"InvalidAccessKeyId.NotFound":  {Down, keyHint},
	"InvalidAccessKeyId.Inactive":  {Down, keyHint},
	"Forbidden.AccessKeyDisabled":  {Down, keyHint},
	"InsufficientBalance":          {Down, ""},
	"Account.Arrearage":            {Down, ""},
	"RealNameAuthenticationError":  {Down, ""},
	"InvalidRegionId.NotFound":     {Down, "check the region ids"},
}

// families holds the first words of codes whose second words vary.
var families = map[string]meaning{
	"InternalError":      {Ambiguous, ""},
	"UnknownError":       {Ambiguous, ""},
	"ServiceUnavailable": {Ambiguous, ""},
	"OperationConflict":  {Ambiguous, ""},
	// Not on the reference's pages: the names do not say whether the call was
	// turned away or given up half-way.
	"SystemBusy":  {Ambiguous, ""},
	"ServiceBusy": {Ambiguous, ""},

	"InvalidAccessKeyId":   {Down, ""},
	"InvalidSecurityToken": {Down, ""},
	"InvalidTimeStamp":     {Down, ""},
	"Forbidden":            {Forbidden, ramHint},
	"NoPermission":         {Forbidden, ramHint},
}

// throttlings are what the codes of throttled calls begin with. In the last one
// it is flow control as well that has made the operation fail: waiting helps,
// and the same edit sent again does no harm.
var throttlings = []string{"Throttling", "Rejected.Throttling", "OperationFailed.Throttling"}

// refusals are the codes of the ModifyImageAttribute page that say that a value
// or an image is at fault, whatever their messages advise.
var refusals = []string{
	"InvalidImageName.Malformed", "InvalidDescription.Malformed", "InvalidImageFamily.Malformed",
	"MissingParameter", "InvalidParameter", "UnsupportedParameter",
	"ImageQuotaFull.ImageFamily", "ImageFamilyQuotaFull",
	"InvalidBootMode.NotSupport", "InvalidLicenseType.NotSupported", "InvalidParameter.FeaturesImdsSupport",
	"ImageStatus.NotAvailable", "ImageStatus.NotDeprecated", "ImageUseShared",
	"OperationDeined.ImageUsingByInstance", "InvalidOperation.FeaturesImdsSupportNotMatch",
	"InvalidImageId.NotFound",
}

// meaningOf looks a code up. The class of an unknown one depends on its status.
func meaningOf(code string) (m meaning, known bool) {
	for _, prefix := range throttlings {
		if strings.HasPrefix(code, prefix) {
			return meaning{class: Throttled}, true
		}
	}
	if m, known = codes[code]; known {
		return m, true
	}
	family, _, _ := strings.Cut(code, ".")
	m, known = families[family]
	return m, known
}

// Hint returns what a person can do about the result of a call, in lower case
// and without a full stop; "" if the error says enough. It knows the troubles
// that stop a whole account, not those of a single image.
func Hint(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ""
	}
	return HintFor(e.Code)
}

// HintFor is [Hint] for the code of an error.
func HintFor(code string) string {
	m, _ := meaningOf(code)
	return m.hint
}

// Classify sorts the result of a call. It goes by the code and never by the
// HTTP status alone: the API has changed the status of a code over the years.
func Classify(err error) Class {
	if err == nil {
		return Applied
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Unsent // no credentials, so there was no request
	}
	if e.Code == "" {
		if e.Sent {
			return Ambiguous
		}
		return Unsent
	}
	if m, known := meaningOf(e.Code); known {
		return m.class
	}
	if e.refusal() {
		return Refused
	}
	return Ambiguous
}

// refusal reports whether an unknown code came with the status of a refusal.
// 408, 409, 425 and 429 leave open what becomes of the call, and outside 4xx a
// code proves nothing. Nor is it a refusal if its message asks to retry: what
// has happened until then is open.
func (e *Error) refusal() bool {
	if e.asksToRetry() && !slices.Contains(refusals, e.Code) {
		return false
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= 400 && e.Status < 500
}

// asksToRetry reports whether the message asks for the same call once more. To
// correct something and to try again is another call.
func (e *Error) asksToRetry() bool {
	message := strings.ToLower(e.Message)
	asked := func(word string) bool { return strings.Contains(message, word) }
	return slices.ContainsFunc([]string{"try again later", "try later", "try it later", "retry", "稍后重试", "稍后再试"}, asked) &&
		!slices.ContainsFunc([]string{"correct", "modify", "specify"}, asked)
}

// TransportFailure reports whether a call failed on its way, so that nothing is
// known about the API: there was no connection, no reply, part of a reply, or a
// proxy's. An answer of the API is not a transport failure, even if it makes no
// sense; nor are missing credentials, unless the network keeps them out of
// reach.
func TransportFailure(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code == "" && e.RequestID == ""
	}
	return errors.Is(err, ErrUnreachable)
}

// Answered reports whether the API itself answered a call, whatever it said.
func Answered(err error) bool {
	if err == nil {
		return true
	}
	_, ok := errors.AsType[*Error](err)
	return ok && !TransportFailure(err)
}
