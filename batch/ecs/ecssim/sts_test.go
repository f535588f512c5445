package ecssim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
)

func stsClient(s *ecssim.Server) *client {
	c := newClient(s)
	c.host, c.version = "sts.aliyuncs.com", "2015-04-01"
	return c
}

// Source: the GetCallerIdentity reference of STS.
func TestGetCallerIdentity(t *testing.T) {
	a := account()
	a.Keys = append(a.Keys,
		ecssim.Key{AccessKeyID: "ram", Secret: secret, User: "alice"},
		ecssim.Key{AccessKeyID: "sts", Secret: secret, User: "ops/nightly", SecurityToken: "token"},
	)
	s, _ := newServer(t, ecssim.Config{Accounts: []ecssim.Account{a}})
	for _, tt := range []struct {
		name, key, token string
		want             []string
	}{
		{"the account itself", keyID, "", []string{`"AccountId":"` + accountID + `"`, `"Arn":"acs:ram::` + accountID + `:root"`, `"IdentityType":"Account"`}},
		{"a RAM user", "ram", "", []string{`"AccountId":"` + accountID + `"`, `"Arn":"acs:ram::` + accountID + `:user/alice"`, `"IdentityType":"RAMUser"`}},
		{"a role", "sts", "token", []string{`"AccountId":"` + accountID + `"`, `:assumed-role/ops/nightly"`, `"IdentityType":"AssumedRoleUser"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := stsClient(s)
			c.keyID, c.token = tt.key, tt.token
			got := c.call(t, "GetCallerIdentity")
			check(t, got, 200, "")
			for _, want := range tt.want {
				if !strings.Contains(got.Raw, want) {
					t.Errorf("body %s lacks %s", got.Raw, want)
				}
			}
		})
	}
}

// Source: the AssumeRole reference of STS.
func TestAssumeRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{}, image("m-1", "one"))
		got := stsClient(s).call(t, "AssumeRole", "RoleArn", "acs:ram::"+accountID+":role/ops", "RoleSessionName", "nightly", "DurationSeconds", "900")
		check(t, got, 200, "")
		var body struct {
			Credentials struct {
				AccessKeyID     string `json:"AccessKeyId"`
				AccessKeySecret string
				SecurityToken   string
				Expiration      time.Time
			}
		}
		if err := json.Unmarshal([]byte(got.Raw), &body); err != nil {
			t.Fatal(err)
		}
		if d := time.Until(body.Credentials.Expiration); d != 900*time.Second {
			t.Errorf("the token lasts %v", d)
		}
		c.keyID, c.secret, c.token = body.Credentials.AccessKeyID, body.Credentials.AccessKeySecret, body.Credentials.SecurityToken
		check(t, c.describe(t), 200, "")
		time.Sleep(900 * time.Second)
		check(t, c.describe(t), 400, "InvalidSecurityToken.Expired")
	})
}

func TestAssumeRoleRefuses(t *testing.T) {
	role := "acs:ram::" + accountID + ":role/ops"
	for _, tt := range []struct {
		name   string
		set    []string
		status int
		code   string
	}{
		{"no role", []string{"RoleSessionName", "nightly"}, 400, "MissingParameter"},
		{"no session name", []string{"RoleArn", role}, 400, "MissingParameter"},
		{"a role of another account", []string{"RoleArn", "acs:ram::1:role/ops", "RoleSessionName", "nightly"}, 404, "EntityNotExist.Role"},
		{"too short", []string{"RoleArn", role, "RoleSessionName", "nightly", "DurationSeconds", "899"}, 400, "InvalidParameter.DurationSeconds"},
		{"too long", []string{"RoleArn", role, "RoleSessionName", "nightly", "DurationSeconds", "43201"}, 400, "InvalidParameter.DurationSeconds"},
		{"a session of one letter", []string{"RoleArn", role, "RoleSessionName", "x"}, 400, "InvalidParameter.RoleSessionName"},
		{"a session with a space", []string{"RoleArn", role, "RoleSessionName", "a b"}, 400, "InvalidParameter.RoleSessionName"},
		{"a policy, which would be ignored", []string{"RoleArn", role, "RoleSessionName", "nightly", "Policy", "{}"}, 400, "UnsupportedParameter"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newServer(t, ecssim.Config{})
			check(t, stsClient(s).call(t, "AssumeRole", tt.set...), tt.status, tt.code)
		})
	}
}

// Source: RAM, deny statements on acs:ecs:*:*:image/ID.
func TestPolicies(t *testing.T) {
	for _, tt := range []struct {
		name   string
		denied []ecssim.Denial
		read   string
		one    string
		two    string
	}{
		{"nothing denied", nil, "", "", ""},
		{"one image", []ecssim.Denial{{Action: "ecs:ModifyImageAttribute", Image: "m-1"}}, "", "Forbidden.RAM", ""},
		{"images by pattern", []ecssim.Denial{{Action: "ecs:Modify*", Image: "m-*"}}, "", "Forbidden.RAM", "Forbidden.RAM"},
		{"all writes", []ecssim.Denial{{Action: "ecs:ModifyImageAttribute"}}, "", "Forbidden.RAM", "Forbidden.RAM"},
		{"all reads", []ecssim.Denial{{Action: "ecs:Describe*"}}, "Forbidden.RAM", "", ""},
		{"everything", []ecssim.Denial{{}}, "Forbidden.RAM", "Forbidden.RAM", "Forbidden.RAM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := account(image("m-1", "one"), image("m-2", "two"))
			a.Keys[0].Denied = tt.denied
			_, c := newServer(t, ecssim.Config{Accounts: []ecssim.Account{a}})
			for _, call := range []struct {
				got  reply
				code string
			}{
				{c.describe(t), tt.read},
				{c.modify(t, "m-1", "ImageName", "three"), tt.one},
				{c.modify(t, "m-2", "ImageName", "four"), tt.two},
			} {
				status := 200
				if call.code != "" {
					status = 403
				}
				check(t, call.got, status, call.code)
			}
		})
	}
}
