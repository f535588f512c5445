package credentials

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/signature"
)

// The limits of a session, of the AssumeRole reference.
const (
	minSeconds     = 900
	defaultSeconds = 3600
	maxSeconds     = 43200
)

// A role is what STS needs to know to hand out its keys.
type role struct {
	arn, session, policy, externalID string
	seconds                          int
	hosts                            []ecs.Endpoint
}

// role reads the role of a profile.
func (f *finder) role(p profile) (role, error) {
	r := role{arn: p.RoleARN, session: p.SessionName, policy: p.Policy, externalID: p.ExternalID, seconds: p.Seconds}
	if r.arn == "" {
		return role{}, refuse("ram_role_arn is empty")
	}
	if r.session == "" {
		r.session = "imgrename"
	}
	if r.seconds == 0 {
		r.seconds = defaultSeconds
	}
	if r.seconds < minSeconds || r.seconds > maxSeconds {
		return role{}, refuse("expired_seconds is %d, must be from %d to %d", r.seconds, minSeconds, maxSeconds)
	}
	var err error
	r.hosts, err = f.stsHosts(p)
	return r, err
}

func (r role) parameters() url.Values {
	v := url.Values{"RoleArn": {r.arn}, "RoleSessionName": {r.session}, "DurationSeconds": {strconv.Itoa(r.seconds)}}
	if r.policy != "" {
		v.Set("Policy", r.policy)
	}
	if r.externalID != "" {
		v.Set("ExternalId", r.externalID)
	}
	return v
}

// stsHosts returns where a profile's calls to STS go, in the order in which to
// try.
func (f *finder) stsHosts(p profile) ([]ecs.Endpoint, error) {
	if f.Endpoint != (ecs.Endpoint{}) {
		return []ecs.Endpoint{f.Endpoint}, nil
	}
	if p.STSEndpoint != "" {
		at, err := ecs.ParseEndpoint(p.STSEndpoint)
		if err != nil {
			return nil, refuse("sts_endpoint: %v", err)
		}
		return []ecs.Endpoint{at}, nil
	}
	network := f.Network
	if p.VPC || isTrue(f.Getenv("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")) {
		network = ecs.VPC
	}
	region, what := p.STSRegion, "sts_region"
	if region == "" {
		region, what = f.Getenv("ALIBABA_CLOUD_STS_REGION"), "ALIBABA_CLOUD_STS_REGION"
	}
	regions := f.Regions
	if region != "" {
		regions = []string{region}
	}
	var hosts []ecs.Endpoint
	if region == "" && network != ecs.VPC {
		hosts = append(hosts, ecs.Endpoint{Scheme: "https", Host: "sts.aliyuncs.com"})
	}
	for _, r := range regions {
		if !isRegion(r) {
			return nil, refuse("%s: %s is not a region id", what, shown(r))
		}
		if at := ecs.STSEndpoint(r, network); !slices.Contains(hosts, at) {
			hosts = append(hosts, at)
		}
	}
	if len(hosts) == 0 {
		return nil, refuse("no region to reach STS in from inside a VPC").advise("set sts_region in the profile, or ALIBABA_CLOUD_STS_REGION")
	}
	return hosts, nil
}

// isRegion reports whether a text can be part of a host name and nothing more.
func isRegion(s string) bool {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	return s != "" && len(s) <= 63 && strings.IndexFunc(s, odd) < 0 && s[0] != '-' && s[len(s)-1] != '-'
}

// assume returns the fetch of a role's session by the keys of base. Keys that
// STS no longer takes are replaced once.
func (f *finder) assume(r role, base fetch) fetch {
	base = f.remember(base)
	return func(ctx context.Context, _ ecs.Credentials) (keys, error) {
		by, err := base(ctx, ecs.Credentials{})
		if err != nil {
			return keys{}, err
		}
		got, err := f.sts(ctx, r, "AssumeRole", nil, &by.Credentials)
		if e, ok := asRefusal(err); !ok || !outdated(e.code) {
			return got, err
		}
		next, renewErr := base(ctx, by.Credentials)
		if renewErr != nil || next.Credentials == by.Credentials {
			return got, err
		}
		return f.sts(ctx, r, "AssumeRole", nil, &next.Credentials)
	}
}

// outdated reports whether STS refused a call for keys that may have been
// replaced meanwhile.
func outdated(code string) bool {
	return strings.HasPrefix(code, "InvalidSecurityToken") || strings.HasPrefix(code, "InvalidAccessKeyId")
}

// sts asks for a session, at one host after the other while they cannot be
// reached. Without keys to sign with, the call carries its own proof in more.
func (f *finder) sts(ctx context.Context, r role, action string, more url.Values, by *ecs.Credentials) (keys, error) {
	parameters := r.parameters()
	for name, values := range more {
		parameters[name] = values
	}
	var problems []string
	for _, host := range r.hosts {
		got, err := f.stsAt(ctx, host, action, parameters, by)
		e, ok := asRefusal(err)
		if !ok || !errors.Is(err, ecs.ErrUnreachable) {
			return got, err
		}
		problems = append(problems, e.reason)
		if ctx.Err() != nil {
			break
		}
	}
	return keys{}, &refusal{reason: strings.Join(problems, "; "), err: ecs.ErrUnreachable}
}

// stsAt asks one host. If this host's clock is too far off for it, it asks once
// more with the server's time.
func (f *finder) stsAt(ctx context.Context, at ecs.Endpoint, action string, parameters url.Values, by *ecs.Credentials) (keys, error) {
	got, date, err := f.stsOnce(ctx, at, action, parameters, by, f.clock())
	if e, ok := asRefusal(err); ok && !date.IsZero() && (e.code == "InvalidTimeStamp.Expired" || e.code == "IllegalTimestamp") {
		got, _, err = f.stsOnce(ctx, at, action, parameters, by, date)
	}
	return got, err
}

func (f *finder) stsOnce(ctx context.Context, at ecs.Endpoint, action string, parameters url.Values, by *ecs.Credentials, now time.Time) (keys, time.Time, error) {
	request, err := stsRequest(at, action, parameters, by, now)
	if err != nil {
		return keys{}, time.Time{}, refuse("the STS endpoint is not an address")
	}
	a, err := f.do(ctx, request)
	if err != nil {
		return keys{}, time.Time{}, err
	}
	var reply struct {
		RequestID, Code string
		Credentials     *session
	}
	if json.Unmarshal(a.body, &reply) != nil || reply.Code == "" && reply.Credentials == nil {
		return keys{}, a.date, unreachable(at.Host, statusText(a.status)+", and the answer is not that of STS")
	}
	if reply.Code != "" || a.status != http.StatusOK {
		r := refuse("STS refused %s for %s: %s", action, shown(parameters.Get("RoleArn")), word(reply.Code))
		if id := reply.RequestID; id != "" && word(id) == id {
			r.reason += " (request " + id + ")"
		}
		r.code, r.advice = reply.Code, stsAdvice(reply.Code)
		if a.status >= 500 || strings.HasPrefix(reply.Code, "Throttling") {
			r.err = ecs.ErrUnreachable
		}
		return keys{}, a.date, r
	}
	got, err := reply.Credentials.keys(at.Host)
	return got, a.date, err
}

func stsAdvice(code string) string {
	if strings.HasPrefix(code, "NoPermission") || strings.HasPrefix(code, "Forbidden") {
		return "the caller needs sts:AssumeRole on the role, and the role must trust the caller"
	}
	return ecs.Hint(&ecs.Error{Code: code})
}

// stsRequest makes a call: signed by the headers of version 3, or without a
// signature and with its parameters, among them a token, in the body.
func stsRequest(to ecs.Endpoint, action string, parameters url.Values, by *ecs.Credentials, now time.Time) (*http.Request, error) {
	const version = "2015-04-01"
	address := url.URL{Scheme: to.Scheme, Host: to.Host, Path: "/"}
	if by == nil {
		address.RawQuery = url.Values{
			"Action": {action}, "Version": {version}, "Format": {"JSON"},
			"Timestamp": {now.UTC().Format(time.RFC3339)}, "SignatureNonce": {rand.Text()},
		}.Encode()
		request, err := http.NewRequest(http.MethodPost, address.String(), strings.NewReader(parameters.Encode()))
		if err == nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Accept", "application/json")
		}
		return request, err
	}
	address.RawQuery = signature.CanonicalQuery(parameters)
	request, err := http.NewRequest(http.MethodPost, address.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	signed := []signature.Header{
		{Name: "host", Value: request.Host},
		{Name: "x-acs-action", Value: action},
		{Name: "x-acs-content-sha256", Value: signature.EmptyPayload},
		{Name: "x-acs-date", Value: now.UTC().Format(time.RFC3339)},
		{Name: "x-acs-signature-nonce", Value: rand.Text()},
		{Name: "x-acs-version", Value: version},
	}
	if token := by.SecurityToken.Reveal(); token != "" {
		signed = append(signed, signature.Header{Name: "x-acs-security-token", Value: token})
	}
	canonical, names := signature.CanonicalRequest(http.MethodPost, "/", address.RawQuery, signed, signature.EmptyPayload)
	for _, h := range signed[1:] {
		request.Header.Set(h.Name, h.Value)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", signature.AuthorizationV3(
		by.AccessKeyID, names, signature.SignV3(by.AccessKeySecret.Reveal(), canonical)))
	return request, nil
}
