package ecssim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/ecs/signature"
)

// rpc signs by the older scheme; the test says where the parameters travel.
func rpc(c *client, method string, edit func(url.Values), parameters ...string) url.Values {
	r := c.sign("x") // for an unused nonce
	p := url.Values{
		"Version": {c.version}, "AccessKeyId": {c.keyID}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"},
		"SignatureNonce": {r.Header.Get("X-Acs-Signature-Nonce")}, "Timestamp": {r.Header.Get("X-Acs-Date")},
	}
	for i := 0; i < len(parameters); i += 2 {
		p.Set(parameters[i], parameters[i+1])
	}
	if edit != nil {
		edit(p)
	}
	p.Set("Signature", signature.SignV1(c.secret, method, p))
	return p
}

// Source: the page of the RPC signature mechanism.
func TestRPC(t *testing.T) {
	rename := []string{"Action", "ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "黄金镜像-v1.2:rc_1", "Description", "a b*c~d+e", "Format", "JSON"}
	for _, tt := range []struct {
		name   string
		method string
		inForm bool
		edit   func(url.Values)
		status int
		code   string
	}{
		{"GET", "GET", false, nil, 200, ""},
		{"POST with a query", "POST", false, nil, 200, ""},
		{"POST with a form", "POST", true, nil, 200, ""},
		{"another signature method", "GET", false, func(v url.Values) { v.Set("SignatureMethod", "HMAC-SHA256") }, 400, "InvalidParameter"},
		{"another signature version", "GET", false, func(v url.Values) { v.Set("SignatureVersion", "2.0") }, 400, "InvalidParameter"},
		{"no nonce", "GET", false, func(v url.Values) { v.Del("SignatureNonce") }, 400, "MissingParameter"},
		{"no time", "GET", false, func(v url.Values) { v.Del("Timestamp") }, 400, "MissingParameter"},
		{"no key", "GET", false, func(v url.Values) { v.Del("AccessKeyId") }, 400, "MissingParameter"},
		{"no action", "GET", false, func(v url.Values) { v.Del("Action") }, 400, "MissingParameter"},
		{"unknown action", "GET", false, func(v url.Values) { v.Set("Action", "DeleteImage") }, 404, "InvalidAction.NotFound"},
		{"token for a key without", "GET", false, func(v url.Values) { v.Set("SecurityToken", "t") }, 400, "InvalidSecurityToken.Malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{}, image("m-1", "one"))
			text := rpc(c, tt.method, tt.edit, rename...).Encode()
			r := request(t, tt.method, "https://ecs.aliyuncs.com/?"+text, "")
			if tt.inForm {
				r = request(t, tt.method, "https://ecs.aliyuncs.com/", text)
			}
			got, err := roundTrip(s, r)
			if err != nil {
				t.Fatal(err)
			}
			check(t, got, tt.status, tt.code)
			if name := s.Images(accountID, region)[0].Name; (name == "黄金镜像-v1.2:rc_1") != (tt.status == 200) {
				t.Errorf("name = %q", name)
			}
		})
	}
}

// The format follows Format, then Accept; the older scheme's default is XML.
func TestFormats(t *testing.T) {
	const (
		errorXML = `<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>`
		json     = `{"RequestId":"`
	)
	s, c := newServer(t, ecssim.Config{}, image("m-1", "a&b"))
	v1 := func(parameters ...string) *http.Request {
		return request(t, "GET", "https://ecs.aliyuncs.com/?"+rpc(c, "GET", nil, parameters...).Encode(), "")
	}
	accepting := func(accept string, r *http.Request) *http.Request {
		r.Header.Set("Accept", accept)
		return r
	}
	for _, tt := range []struct {
		name    string
		request *http.Request
		media   string
		body    string
	}{
		{"RPC says nothing", v1("Action", "DescribeImages"), "text/xml;charset=utf-8", errorXML},
		{"RPC accepts JSON but says nothing", accepting("application/json", v1("Action", "DescribeImages")), "text/xml;charset=utf-8", errorXML},
		{"RPC says JSON", v1("Action", "DescribeImages", "Format", "json"), "application/json;charset=utf-8", json},
		{"RPC lists in XML", v1("Action", "DescribeImages", "RegionId", region), "text/xml;charset=utf-8", "<Images><Image><ImageId>m-1</ImageId><ImageName>a&amp;b</ImageName>"},
		{"V3 says nothing", accepting("", c.sign("DescribeImages")), "application/json;charset=utf-8", json},
		{"V3 accepts XML", accepting("text/xml", c.sign("DescribeImages")), "text/xml;charset=utf-8", errorXML},
		{"V3 says XML", c.sign("DescribeImages", "Format", "XML"), "text/xml;charset=utf-8", errorXML},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := roundTrip(s, tt.request)
			if err != nil {
				t.Fatal(err)
			}
			if media := got.Header.Get("Content-Type"); media != tt.media || !strings.Contains(got.Raw, tt.body) {
				t.Errorf("answer = %s %s, want %s with %s", media, got.Raw, tt.media, tt.body)
			}
		})
	}
}

// Every answer says when it was made, and a refusal by whom and why.
func TestAnswersAreComplete(t *testing.T) {
	_, c := newServer(t, ecssim.Config{ClockSkew: time.Minute}, image("m-1", "one"))
	got := c.modify(t, "m-1", "ImageName", "1")
	if got.HostID != c.host || got.Message == "" || !strings.Contains(got.Raw, `"Recommend":"https://api.alibabacloud.com/troubleshoot?q=InvalidImageName.Malformed&product=Ecs&requestId=`+got.RequestID) {
		t.Errorf("error body = %s", got.Raw)
	}
	date, err := time.Parse(http.TimeFormat, got.Header.Get("Date"))
	if ahead := time.Until(date); err != nil || ahead < 55*time.Second || ahead > 65*time.Second {
		t.Errorf("Date is ahead by %v, want a minute (%v)", ahead, err)
	}
	if id := got.Header.Get("X-Acs-Request-Id"); id != got.RequestID {
		t.Errorf("request id %q in the header, %q in the body", id, got.RequestID)
	}
}
