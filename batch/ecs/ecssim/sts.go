package ecssim

import (
	"fmt"
	"strings"
	"time"
)

// getCallerIdentity plays the call of that name of STS.
func getCallerIdentity(_ *Server, x *exchange) (object, *refusal) {
	who := x.principal
	user := who.User
	if user == "" {
		user = who.account.id
	}
	return object{
		{"AccountId", who.account.id},
		{"Arn", who.arn()},
		{"IdentityType", who.identityType()},
		{"PrincipalId", user},
		{"UserId", user},
	}, nil
}

// The limits of DurationSeconds of the AssumeRole reference.
const (
	minSession     = 900
	maxSession     = 43200
	defaultSession = 3600
)

// assumeRole plays the call of that name of STS. Every role of the caller's own
// account exists and may do what the caller may.
func assumeRole(s *Server, x *exchange) (object, *refusal) {
	arn, session := x.request.parameter("RoleArn"), x.request.parameter("RoleSessionName")
	if arn == "" {
		return nil, missing("RoleArn")
	}
	switch {
	case session == "":
		return nil, missing("RoleSessionName")
	case !legalSession(session):
		return nil, refuse("InvalidParameter.RoleSessionName")
	case x.request.parameter("Policy") != "": // the session would have more rights than asked for
		return nil, lacks("the parameter Policy", "UnsupportedParameter", "Policy")
	}
	seconds, r := readNumber(x.request, "DurationSeconds", defaultSession, maxSession)
	if r != nil || seconds < minSession {
		return nil, refuse("InvalidParameter.DurationSeconds")
	}
	role, ok := strings.CutPrefix(arn, "acs:ram::"+x.principal.account.id+":role/")
	if !ok {
		return nil, refuse("EntityNotExist.Role", arn)
	}
	p := s.issue(x.principal, role+"/"+session, time.Duration(seconds)*time.Second)
	return object{
		{"AssumedRoleUser", object{
			{"AssumedRoleId", p.AccessKeyID + ":" + session},
			{"Arn", p.arn()},
		}},
		{"Credentials", object{
			{"AccessKeyId", p.AccessKeyID},
			{"AccessKeySecret", p.Secret},
			{"SecurityToken", p.SecurityToken},
			{"Expiration", p.Expires.UTC().Format(dateLayout)},
		}},
	}, nil
}

// legalSession reports whether s may be a RoleSessionName.
func legalSession(s string) bool {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".@-_", r))
	}
	return len(s) >= 2 && len(s) <= 64 && strings.IndexFunc(s, odd) < 0
}

// issue makes a temporary key.
func (s *Server) issue(by *principal, user string, lifetime time.Duration) *principal {
	n := s.issued.Add(1)
	p := &principal{account: by.account, Key: Key{
		AccessKeyID:   fmt.Sprintf("STS.Simulated%010d", n),
		Secret:        fmt.Sprintf("SimulatedSecret%010d", n),
		SecurityToken: fmt.Sprintf("SimulatedToken%020d", n),
		Expires:       s.clock().Add(lifetime),
		User:          user,
		Denied:        by.Denied,
	}}
	s.keys.add(p)
	return p
}

// describeRegions plays the call of that name of ECS.
func describeRegions(s *Server, _ *exchange) (object, *refusal) {
	regions := make(list, len(s.regions))
	for i, id := range s.regions {
		regions[i] = object{
			{"RegionId", id},
			{"RegionEndpoint", "ecs." + id + ".aliyuncs.com"},
			{"LocalName", id},
			{"Status", "available"},
		}
	}
	return object{{"Regions", object{{"Region", regions}}}}, nil
}
