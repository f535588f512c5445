package ecs

import "errors"

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
