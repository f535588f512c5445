package credentials

import (
	"errors"
	"net/url"
	"strings"

	"imgrename/batch/ecs"
)

// Why a place has no credentials. The library's own errors are not repeated:
// some quote a whole configuration file, others an endpoint's reply.
var (
	errNotSet      = errors.New("not set")
	errNoHome      = errors.New("there is no home folder")
	errNoFile      = errors.New("no such file")
	errNoProfile   = errors.New("no such profile")
	errDisabled    = errors.New("disabled by the environment")
	errUnreadable  = errors.New("it cannot be read")
	errNotJSON     = errors.New("not valid JSON")
	errMode        = errors.New("its mode is not supported")
	errEmpty       = errors.New("the key id, the secret or another part is empty")
	errCircle      = errors.New("its source profiles form a cycle")
	errNoMetadata  = errors.New("not reachable, or no role is attached")
	errNothing     = errors.New("it gave no credentials")
	errUnreachable = ecs.ErrUnreachable
	errUnusable    = errors.New("it could not be used")
)

var reasons = []error{
	errNotSet, errNoHome, errNoFile, errNoProfile, errDisabled, errUnreadable, errNotJSON,
	errMode, errEmpty, errCircle, errNoMetadata, errNothing, errUnreachable, errUnusable,
}

// absent reports whether a place does not exist, rather than being broken.
func absent(reason error) bool {
	return reason == errNotSet || reason == errNoHome || reason == errNoFile || reason == errNoProfile || reason == errDisabled
}

// texts are fragments that tell the library's messages apart. Those of the
// configuration files come first, since their messages may quote the file.
var texts = []struct {
	fragment string
	reason   error
}{
	{"unmarshal aliyun cli config", errNotJSON},
	{"Can not open file", errUnreadable},
	{"reading aliyun cli config", errUnreadable},
	{"unable to get profile", errNoProfile},
	{"Can not load section", errNoProfile},
	{"no any configured profiles", errNoProfile},
	{"unsupported profile mode", errMode},
	{"Can not find credential type", errMode},
	{"Failed to get credential", errMode},
	{"Failed to get value", errEmpty},
	{"Value can't be empty", errEmpty},
	{"access key id is empty", errEmpty},
	{"access key secret is empty", errEmpty},
	{"security token is empty", errEmpty},
	{"ARN is empty", errEmpty},
	{"RoleArn is empty", errEmpty},
	{"get role name failed", errNoMetadata},
	{"refresh Ecs sts token", errNothing},
	{"metadata token", errUnreachable},
	{"get credentials from GET", errNothing},
	{"refresh credentials from", errNothing},
	{"refresh session token failed", errNothing},
	{"is disabled", errDisabled},
}

// reason returns the reason above that fits an error of the library.
func reason(err error) error {
	for _, known := range reasons {
		if errors.Is(err, known) {
			return known
		}
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return errUnreachable
	}
	text := err.Error()
	for _, known := range texts {
		if strings.Contains(text, known.fragment) {
			return known.reason
		}
	}
	return errUnusable
}
