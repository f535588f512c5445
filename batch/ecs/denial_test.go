package ecs_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

func TestARefusalSaysWhatThePolicyDenies(t *testing.T) {
	const detail = `{"AuthAction":"ecs:ModifyImageAttribute","AuthPrincipalType":"SubUser","AuthPrincipalOwnerId":1001,` +
		`"AuthPrincipalDisplayName":"nightly","NoPermissionType":"ImplicitDeny","PolicyType":"AccountLevelIdentityBasedPolicy",` +
		`"EncodedDiagnosticMessage":"AQEAAAAA"}`
	refusal := func(code, detail string) string {
		return `{"RequestId":"R","Code":"` + code + `","Message":"Not authorized.","AccessDeniedDetail":` + detail + `}`
	}
	const facts = "Not authorized. (ecs:ModifyImageAttribute, SubUser nightly, ImplicitDeny, AccountLevelIdentityBasedPolicy)"
	for _, tt := range []struct{ name, body, want string }{
		{"an object", refusal("Forbidden.RAM", detail), facts},
		{"another code", refusal("NoPermission", detail), facts},
		{"in a string", refusal("Forbidden.RAM", `"`+strings.ReplaceAll(detail, `"`, `\"`)+`"`), facts},
		{
			"in XML", "<Error><RequestId>R</RequestId><Code>Forbidden.RAM</Code><Message>Not authorized.</Message><AccessDeniedDetail>" +
				"<AuthAction>ecs:ModifyImageAttribute</AuthAction><AuthPrincipalType>SubUser</AuthPrincipalType>" +
				"<AuthPrincipalDisplayName>nightly</AuthPrincipalDisplayName><NoPermissionType>ImplicitDeny</NoPermissionType>" +
				"<PolicyType>AccountLevelIdentityBasedPolicy</PolicyType></AccessDeniedDetail></Error>", facts,
		},
		{"a resource", refusal("Forbidden.RAM", `{"AuthAction":"a","AuthResource":"acs:ecs:*:1:image/m-1"}`), "Not authorized. (a, acs:ecs:*:1:image/m-1)"},
		{"nothing", refusal("Forbidden.RAM", `{}`), "Not authorized."},
		{"null", refusal("Forbidden.RAM", `null`), "Not authorized."},
		{"a text", refusal("Forbidden.RAM", `"none"`), "Not authorized."},
		{"a list", refusal("Forbidden.RAM", `[1]`), "Not authorized."},
		{"of another form", refusal("Forbidden.RAM", `{"AuthAction":{"a":1}}`), "Not authorized."},
		{"a refusal for another reason", refusal("InvalidImageName.Duplicated", detail), "Not authorized."},
		{
			"a secret", refusal("Forbidden.RAM", `{"AuthAction":"a","AuthPrincipalDisplayName":"`+testSecret+`"}`),
			"Not authorized. (a, [redacted])",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			failed, ok := errors.AsType[*ecs.Error](rename(t, answering(403, tt.body)))
			if !ok || failed.Message != tt.want || failed.RequestID != "R" {
				t.Errorf("%+v, want %s", failed, tt.want)
			}
		})
	}
}

func TestTheSimulatorsDenialIsExplained(t *testing.T) {
	s, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
		ID: "1001", Regions: map[string][]ecssim.Image{region: {{ID: "m-1", Name: "a"}}},
		Keys: []ecssim.Key{{AccessKeyID: "LTAI5test", Secret: testSecret, SecurityToken: testToken, User: "ops/nightly", Denied: []ecssim.Denial{{Image: "m-1"}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	err = rename(t, ecs.NewClient(region, ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: s}}))
	const want = "(ecs:ModifyImageAttribute, AssumedRoleUser ops/nightly, ExplicitDeny, AccountLevelIdentityBasedPolicy)"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
