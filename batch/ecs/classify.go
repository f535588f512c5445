package ecs

import (
	"errors"
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
	// end alike: its keys, its clock or its standing is the trouble.
	Down
	// Ambiguous: it may have been applied, or may still be. Read before
	// anything else is sent to the image.
	Ambiguous
)

// String is the class in one word.
func (c Class) String() string {
	return [...]string{
		"undecided", "applied", "throttled", "expired", "unsent", "busy",
		"duplicated", "refused", "forbidden", "down", "ambiguous",
	}[c]
}

// codes holds the API's codes that mean something else than Refused. The
// sources are the lists of the ModifyImageAttribute page, of the page "common
// client errors", and of the public SDKs' retry tables.
var codes = map[string]Class{
	"Rejected.Throttling": Throttled,

	"InternalError":       Ambiguous,
	"UnknownError":        Ambiguous,
	"ServiceUnavailable":  Ambiguous,
	"OperationConflict":   Ambiguous,
	"LastTokenProcessing": Ambiguous,
	"SignatureNonceUsed":  Ambiguous,

	"InvalidImageName.Duplicated":   Duplicated,
	"InvalidStatus.ImageIsCreating": Busy,

	"InvalidSecurityToken.Expired":  Expired,
	"InvalidAccessKeyId.NotFound":   Down,
	"InvalidAccessKeyId.Inactive":   Down,
	"Forbidden.AccessKeyDisabled":   Down,
	"SignatureDoesNotMatch":         Down,
	"IncompleteSignature":           Down,
	"MissingSecurityToken":          Down,
	"InvalidTimeStamp.Expired":      Down,
	"IllegalTimestamp":              Down,
	"InsufficientBalance":           Down,
	"Account.Arrearage":             Down,
	"RealNameAuthenticationError":   Down,
	"InvalidRegionId.NotFound":      Down,
	"NoPermission":                  Forbidden,
	"InvalidSecurityToken.NotFound": Down,
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
	if class, ok := codes[e.Code]; ok {
		return class
	}
	switch {
	case strings.HasPrefix(e.Code, "Throttling"):
		return Throttled
	case strings.HasPrefix(e.Code, "InvalidSecurityToken."):
		return Down
	case strings.HasPrefix(e.Code, "Forbidden."):
		return Forbidden
	case e.Status >= 500:
		return Ambiguous
	default:
		return Refused
	}
}
