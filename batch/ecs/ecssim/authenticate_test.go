package ecssim_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/ecs/signature"
)

// The vectors printed on the reference pages of the two schemes go through the
// server, each at the time it was signed for: in a bubble years pass at once.
func TestVectors(t *testing.T) {
	v3 := func(action, query, sum string) *http.Request {
		r := request(t, "POST", "https://ecs.cn-shanghai.aliyuncs.com/?"+query, "")
		for name, value := range map[string]string{
			"x-acs-action": action, "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
			"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d", "x-acs-content-sha256": signature.EmptyPayload,
			"Authorization": "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;" +
				"x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=" + sum,
		} {
			r.Header.Set(name, value)
		}
		return r
	}
	const (
		runInstances = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
		rename       = "Description=a%20b%2Ac~d%2Be&ImageId=m-bp18ygjuqnwhechc0001&ImageName=%E9%BB%84%E9%87%91%E9%95%9C%E5%83%8F-v1.2%3Arc_1&RegionId=cn-shanghai"
		regions      = "AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf" +
			"&SignatureVersion=1.0&Timestamp=2016-02-23T12%3A46%3A24Z&Version=2014-05-26&Signature="
	)
	for _, tt := range []struct {
		name    string
		signed  time.Time
		request *http.Request
		status  int
		body    string
	}{
		{
			"V3, the page's example: genuine, but not an action that is played",
			time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC),
			v3("RunInstances", runInstances, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"),
			404, `"Code":"InvalidAction.NotFound"`,
		},
		{
			"V3, a rename",
			time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC),
			v3("ModifyImageAttribute", rename, "d3e5ac21487daf69573a3c758de76b22701c2e56496ceee5a0f1e8218c2f091d"),
			200, `{"RequestId":"`,
		},
		{
			"V3, one digit of the signature is wrong",
			time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC),
			v3("ModifyImageAttribute", rename, "d3e5ac21487daf69573a3c758de76b22701c2e56496ceee5a0f1e8218c2f091e"),
			400, `"Code":"SignatureDoesNotMatch"`,
		},
		{
			"RPC, the page's example",
			time.Date(2016, 2, 23, 12, 46, 24, 0, time.UTC),
			request(t, "GET", "https://ecs.aliyuncs.com/?"+regions+url.QueryEscape("OLeaidS1JvxuMvnyHOwuJ+uX5qY="), ""),
			200, "<DescribeRegionsResponse><RequestId>",
		},
		{
			"RPC, another signature",
			time.Date(2016, 2, 23, 12, 46, 24, 0, time.UTC),
			request(t, "GET", "https://ecs.aliyuncs.com/?"+regions+url.QueryEscape("OLeaidS1JvxuMvnyHOwuJ+uX5qZ="), ""),
			400, "<Code>SignatureDoesNotMatch</Code>",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(tt.signed))
				s, _ := newServer(t, ecssim.Config{Accounts: []ecssim.Account{{
					Keys:    []ecssim.Key{{AccessKeyID: "YourAccessKeyId", Secret: "YourAccessKeySecret"}, {AccessKeyID: "testid", Secret: "testsecret"}},
					Regions: map[string][]ecssim.Image{"cn-shanghai": {image("m-bp18ygjuqnwhechc0001", "one")}},
				}}})
				got, err := roundTrip(s, tt.request)
				if err != nil || got.Status != tt.status || !strings.Contains(got.Raw, tt.body) {
					t.Errorf("answer = %d %s, %v, want %d and %s", got.Status, got.Raw, err, tt.status, tt.body)
				}
			})
		})
	}
}

func request(t testing.TB, method, address, form string) *http.Request {
	t.Helper()
	var body io.Reader
	if form != "" {
		body = strings.NewReader(form)
	}
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	return r
}

// Source of the codes: ECS API reference, common error codes.
func TestAuthenticateV3Refuses(t *testing.T) {
	now := time.Now()
	keys := []ecssim.Key{
		{AccessKeyID: keyID, Secret: secret},
		{AccessKeyID: "inactive", Secret: secret, Inactive: true},
		{AccessKeyID: "disabled", Secret: secret, Disabled: true},
		{AccessKeyID: "sts", Secret: secret, SecurityToken: "token", Expires: now.Add(time.Hour)},
		{AccessKeyID: "sts-old", Secret: secret, SecurityToken: "token", Expires: now.Add(-time.Second)},
	}
	for _, tt := range []struct {
		name   string
		spoil  func(*client)
		status int
		code   string
	}{
		{"nothing wrong", func(*client) {}, 200, ""},
		{"a good token", func(c *client) { c.keyID, c.token = "sts", "token" }, 200, ""},
		{"clock 14 minutes behind", func(c *client) { c.skew = -14 * time.Minute }, 200, ""},
		{"clock 14 minutes ahead", func(c *client) { c.skew = 14 * time.Minute }, 200, ""},
		{"clock 16 minutes behind", func(c *client) { c.skew = -16 * time.Minute }, 400, "InvalidTimeStamp.Expired"},
		{"clock 16 minutes ahead", func(c *client) { c.skew = 16 * time.Minute }, 400, "InvalidTimeStamp.Expired"},
		{"unknown key", func(c *client) { c.keyID = "nobody" }, 404, "InvalidAccessKeyId.NotFound"},
		{"inactive key", func(c *client) { c.keyID = "inactive" }, 400, "InvalidAccessKeyId.Inactive"},
		{"disabled key", func(c *client) { c.keyID = "disabled" }, 403, "Forbidden.AccessKeyDisabled"},
		{"wrong secret", func(c *client) { c.secret = "guess" }, 400, "SignatureDoesNotMatch"},
		{"token missing", func(c *client) { c.keyID = "sts" }, 400, "MissingSecurityToken"},
		{"token of another key", func(c *client) { c.keyID, c.token = "sts", "other" }, 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		{"token for a key without", func(c *client) { c.token = "token" }, 400, "InvalidSecurityToken.Malformed"},
		{"token expired", func(c *client) { c.keyID, c.token = "sts-old", "token" }, 400, "InvalidSecurityToken.Expired"},
		{"another version", func(c *client) { c.version = "2015-04-01" }, 400, "InvalidVersion"},
		{"date of another form", afterSigning("X-Acs-Date", "yesterday"), 400, "InvalidTimeStamp.Format"},
		{"date missing", afterSigning("X-Acs-Date", ""), 400, "MissingParameter"},
		{"nonce missing", afterSigning("X-Acs-Signature-Nonce", ""), 400, "MissingParameter"},
		{"action missing", afterSigning("X-Acs-Action", ""), 400, "MissingParameter"},
		{"version missing", afterSigning("X-Acs-Version", ""), 400, "MissingParameter"},
		{"action changed", afterSigning("X-Acs-Action", "DescribeRegions"), 400, "SignatureDoesNotMatch"},
		{"hash of another body", afterSigning("X-Acs-Content-Sha256", strings.Repeat("0", 64)), 400, "SignatureDoesNotMatch"},
		{"authorization of another form", afterSigning("Authorization", "ACS3-HMAC-SHA256 Credential=simulator"), 400, "IncompleteSignature"},
		{"another algorithm", afterSigning("Authorization", "ACS3-HMAC-SM3 Credential=a,SignedHeaders=b,Signature=c"), 400, "IncompleteSignature"},
		{"headers not signed", func(c *client) {
			c.edit = func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "x-acs-date;", "", 1))
			}
		}, 400, "IncompleteSignature"},
		{"token not signed", func(c *client) {
			c.keyID = "sts"
			c.edit = func(r *http.Request) { r.Header.Set("X-Acs-Security-Token", "token") }
		}, 400, "IncompleteSignature"},
		{"query changed", func(c *client) {
			c.edit = func(r *http.Request) { r.URL.RawQuery += "&PageSize=50" }
		}, 400, "SignatureDoesNotMatch"},
		{"query that cannot be read", func(c *client) {
			c.edit = func(r *http.Request) { r.URL.RawQuery += "&x=%zz" }
		}, 400, "InvalidParameter"},
		{"host changed", func(c *client) {
			c.edit = func(r *http.Request) { r.Host = "ecs.cn-beijing.aliyuncs.com" }
		}, 400, "SignatureDoesNotMatch"},
		{"method of another kind", func(c *client) {
			c.edit = func(r *http.Request) { r.Method = http.MethodPut }
		}, 400, "UnsupportedHTTPMethod"},
		{"path of another kind", func(c *client) {
			c.edit = func(r *http.Request) { r.URL.Path = "/images" }
		}, 404, "InvalidAction.NotFound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := account(image("m-1", "one"))
			a.Keys = keys
			_, c := newServer(t, ecssim.Config{Accounts: []ecssim.Account{a}})
			tt.spoil(c)
			check(t, c.call(t, "DescribeImages", "RegionId", region), tt.status, tt.code)
		})
	}
}

func afterSigning(header, value string) func(*client) {
	return func(c *client) {
		c.edit = func(r *http.Request) { r.Header.Set(header, value) }
	}
}

// A V3 call may have its parameters in a form, whose hash is signed.
func TestV3Form(t *testing.T) {
	s, c := newServer(t, ecssim.Config{}, image("m-1", "one"))
	form := "ImageName=%E4%BA%8C%E5%8F%B7"
	r := c.sign("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1")
	headers := []signature.Header{{Name: "host", Value: c.host}}
	for _, name := range []string{"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"} {
		headers = append(headers, signature.Header{Name: name, Value: r.Header.Get(name)})
	}
	sum := signature.HashV3(form)
	headers = append(headers, signature.Header{Name: "x-acs-content-sha256", Value: sum})
	canonical, signed := signature.CanonicalRequest("POST", "/", r.URL.RawQuery, headers, sum)
	r.Header.Set("x-acs-content-sha256", sum)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", signature.AuthorizationV3(keyID, signed, signature.SignV3(secret, canonical)))
	r.Body = io.NopCloser(strings.NewReader(form))
	got, err := roundTrip(s, r)
	if err != nil {
		t.Fatal(err)
	}
	check(t, got, 200, "")
	if name := s.Images(accountID, region)[0].Name; name != "二号" {
		t.Errorf("name = %q", name)
	}
}

// The nonce of a genuine call is used up; that of a forged one is not.
func TestNonceReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{}, image("m-1", "one"))
		r := c.sign("DescribeImages", "RegionId", region)
		forged := r.Clone(t.Context())
		forged.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1))
		for _, step := range []struct {
			name    string
			request *http.Request
			wait    time.Duration
			code    string
		}{
			{"forged", forged, 0, "SignatureDoesNotMatch"},
			{"genuine", r, 0, ""},
			{"again", r, 0, "SignatureNonceUsed"},
			{"again after 14 minutes", r, 14 * time.Minute, "SignatureNonceUsed"},
			{"again after 16 minutes", r, 2 * time.Minute, "InvalidTimeStamp.Expired"},
		} {
			time.Sleep(step.wait)
			got, err := roundTrip(s, step.request.Clone(t.Context()))
			if err != nil || got.Code != step.code {
				t.Errorf("%s: %q, %v, want %q", step.name, got.Code, err, step.code)
			}
		}
	})
}
