package ecs

import "errors"

// TransportFailure tells whether a call failed on its way, so that nothing is
// known of the API: it could not be connected to, no reply came, or only a part
// of one, or that of a proxy. An answer of the API itself, be it a failure of
// its own or one that makes no sense, is none; nor are credentials that are not
// to be had, unless the network keeps them away.
func TransportFailure(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code == "" && e.RequestID == ""
	}
	return errors.Is(err, ErrUnreachable)
}

// Answered tells whether the API itself answered a call, in whatever way.
func Answered(err error) bool {
	if err == nil {
		return true
	}
	_, ok := errors.AsType[*Error](err)
	return ok && !TransportFailure(err)
}
