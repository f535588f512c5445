package credentials

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

const (
	metadataSwitch = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"
	metadataPath   = "/latest/meta-data/ram/security-credentials/"
	metadataToken  = "X-aliyun-ecs-metadata-token"
	// metadataTimeout bounds one request: the service is on the same host.
	metadataTimeout = 2 * time.Second
)

// instanceRole is the role of a profile that names the instance's, or none for
// the one that is attached.
func (f *finder) instanceRole(role string) (fetch, error) {
	if isTrue(f.Getenv(metadataSwitch)) {
		return nil, refuse("the instance's metadata is disabled by the environment (%s)", metadataSwitch)
	}
	return f.metadata(&role), nil
}

// metadata gets the keys of an instance's role, and writes its name to role if
// that is empty: it stays with the role that it found first.
//
// The service is asked for a token first (version 2); one that has none is
// asked without (version 1) unless the environment forbids it.
func (f *finder) metadata(role *string) fetch {
	return func(ctx context.Context, _ ecs.Credentials) (keys, error) {
		if *role != "" && !isRole(*role) {
			return keys{}, refuse("%s is not the name of a role", shown(*role))
		}
		token, err := f.imdsToken(ctx)
		if err != nil {
			return keys{}, err
		}
		if *role == "" {
			name, err := f.attachedRole(ctx, token)
			if err != nil {
				return keys{}, err
			}
			*role = name
		}
		a, host, err := f.imds(ctx, http.MethodGet, metadataPath+*role, token)
		switch {
		case err != nil:
			return keys{}, err
		case a.status == http.StatusNotFound:
			return keys{}, refuse("no role %s is attached to this instance", shown(*role))
		}
		return parseSession(host, a)
	}
}

// imdsToken returns "" if version 1 is to be used. A container behind a bridge
// may reach the service and still get no answer here, whose packets live for
// one hop.
func (f *finder) imdsToken(ctx context.Context) (string, error) {
	a, host, err := f.imds(ctx, http.MethodPut, "/latest/api/token", "")
	if r, ok := asRefusal(err); ok && r.undialled {
		r.absent = true // outside the cloud
		return "", r
	}
	token := strings.TrimSpace(string(a.body))
	if err == nil && a.status == http.StatusOK && token != "" && flaw(token) == "" {
		return token, nil
	}
	if isTrue(f.Getenv("ALIBABA_CLOUD_IMDSV1_DISABLED")) {
		return "", refuse("%s: it gave no token, and version 1 is disabled by the environment (ALIBABA_CLOUD_IMDSV1_DISABLED)", host)
	}
	return "", nil
}

func (f *finder) attachedRole(ctx context.Context, token string) (string, error) {
	a, host, err := f.imds(ctx, http.MethodGet, metadataPath, token)
	if r, ok := asRefusal(err); ok {
		r.absent = true // whatever answers here is no metadata service
		return "", r
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(a.body)), "\n")
	name = strings.TrimSpace(name)
	switch {
	case a.status == http.StatusNotFound, a.status == http.StatusOK && name == "":
		return "", absent("no role is attached to this instance")
	case a.status >= 500:
		return "", unreachable(host, statusText(a.status))
	case a.status != http.StatusOK:
		return "", refuse("%s: %s", host, statusText(a.status))
	case !isRole(name):
		return "", refuse("%s: the answer is not the name of a role", host)
	}
	return name, nil
}

// isRole reports whether a name can be part of a path and nothing more.
func isRole(name string) bool { return word(name) == name && name[0] != '.' }

// imds asks the metadata service.
func (f *finder) imds(ctx context.Context, method, path, token string) (answer, string, error) {
	request, err := http.NewRequest(method, f.Options.metadata+path, http.NoBody)
	if err != nil {
		return answer{}, "", refuse("the metadata service's address is not a URL")
	}
	if method == http.MethodPut {
		request.Header.Set(metadataToken+"-ttl-seconds", "21600")
	}
	if token != "" {
		request.Header.Set(metadataToken, token)
	}
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	a, err := f.do(ctx, request)
	return a, request.URL.Host, err
}

// The switch of the command line tool against everything that a configuration
// file can start: processes and requests to any address.
const externalSwitch = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS"

func (f *finder) mayStart(what string) error {
	if isTrue(f.Getenv(externalSwitch)) {
		return refuse("%s is disabled by the environment (%s)", what, externalSwitch)
	}
	return nil
}

// uri gets keys from an address that its owner serves. Its query may be secret.
func (f *finder) uri(label, address string) (fetch, error) {
	if err := f.mayStart(label); err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	switch {
	case address == "":
		return nil, refuse("%s is empty", label)
	case flaw(address) != "":
		return nil, refuse("%s %s", label, flaw(address))
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		return nil, refuse("%s is not an http or https URL", label)
	}
	return func(ctx context.Context, _ ecs.Credentials) (keys, error) {
		request, err := http.NewRequest(http.MethodGet, address, http.NoBody)
		if err != nil {
			return keys{}, refuse("%s is not an http or https URL", label)
		}
		a, err := f.do(ctx, request)
		if err != nil {
			return keys{}, err
		}
		return parseSession(request.URL.Host, a)
	}, nil
}

// decode reads JSON from a reply with status 200.
func (a answer) decode(host string, out any) error {
	switch {
	case a.status >= 500, a.status == http.StatusTooManyRequests:
		return unreachable(host, statusText(a.status))
	case a.status != http.StatusOK:
		return refuse("%s: %s", host, statusText(a.status))
	case json.Unmarshal(a.body, out) != nil:
		return refuse("%s: the answer is not the JSON of keys", host)
	}
	return nil
}
