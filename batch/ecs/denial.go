package ecs

import (
	"encoding/json"
	"strings"
)

// A denial is what a refusal says about the policy behind it. RAM's pages and
// the SDKs of other products describe it; ECS need not send it, and few send
// the resource.
type denial struct {
	AuthAction               text
	AuthResource             text
	AuthPrincipalType        text
	AuthPrincipalDisplayName text
	NoPermissionType         text
	PolicyType               text
}

// UnmarshalJSON takes an object, or one within a string. Whatever else comes
// here must not keep the refusal itself from being read.
func (d *denial) UnmarshalJSON(b []byte) error {
	var quoted string
	if json.Unmarshal(b, &quoted) == nil {
		b = []byte(quoted)
	}
	type plain denial // without this method
	if json.Unmarshal(b, (*plain)(d)) != nil {
		*d = denial{}
	}
	return nil
}

// explain adds to the message of a call without permission who may not do what
// to which resource, and by which kind of policy.
func (d denial) explain(code, message string) string {
	if m, _ := meaningOf(code); m.class != Forbidden {
		return message
	}
	var facts []string
	for _, words := range [][]text{
		{d.AuthAction},
		{d.AuthResource},
		{d.AuthPrincipalType, d.AuthPrincipalDisplayName},
		{d.NoPermissionType},
		{d.PolicyType},
	} {
		fact := ""
		for _, word := range words {
			fact += " " + string(word)
		}
		if fact = strings.TrimSpace(fact); fact != "" {
			facts = append(facts, fact)
		}
	}
	if len(facts) == 0 {
		return message
	}
	return strings.TrimSpace(message + " (" + strings.Join(facts, ", ") + ")")
}
