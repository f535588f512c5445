package ecs

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// ErrNotDry is a call that only asked, and was answered as if it had changed
// something. Nothing more should be asked there.
var ErrNotDry = errors.New("a call that only asks was answered as if it had changed the image")

// VerifyImageAttribute asks whether [Client.ModifyImageAttribute] would set these
// attributes: whether the keys may, and whether the service takes the values. It
// changes nothing. The error is nil if the call would be let through, else what it
// would be refused with, or why nothing was learnt.
func (c *Client) VerifyImageAttribute(ctx context.Context, id string, set Attributes) error {
	parameters := url.Values{"RegionId": {c.region}, "ImageId": {id}, "DryRun": {"true"}}
	for a := range set.Fields().All() {
		parameters.Set(a.Parameter(), *set.Field(a))
	}
	_, err := c.caller.ask(ctx, c.ecs, ecsVersion, "ModifyImageAttribute", parameters, new(reply))
	if err == nil {
		return ErrNotDry
	}
	if e, ok := errors.AsType[*Error](err); ok && e.passed() {
		return nil
	}
	return err
}

// passed reports whether an error is the success of a call with DryRun, in any of
// the spellings that are met.
func (e *Error) passed() bool {
	switch e.Code {
	case "DryRunOperation", "DRYRUN.SUCCESS":
		return true
	}
	return strings.Contains(e.Message, "with DryRun flag set")
}
