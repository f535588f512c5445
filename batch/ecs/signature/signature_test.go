package signature_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"imgrename/batch/ecs/signature"
)

// The key, host, date and nonce of the example on the reference page of V3.
func vectorHeaders(action string) []signature.Header {
	return []signature.Header{
		{Name: "host", Value: "ecs.cn-shanghai.aliyuncs.com"},
		{Name: "x-acs-action", Value: action},
		{Name: "x-acs-version", Value: "2014-05-26"},
		{Name: "x-acs-date", Value: "2023-10-26T10:22:32Z"},
		{Name: "x-acs-signature-nonce", Value: "3156853299f313e23d1673dc12e1703d"},
		{Name: "x-acs-content-sha256", Value: signature.EmptyPayload},
	}
}

func TestV3Vectors(t *testing.T) {
	for _, tt := range []struct {
		name       string
		action     string
		parameters url.Values
		hash       string // "" where the source gives none
		signature  string
	}{
		{
			name:   "the example of the reference page",
			action: "RunInstances",
			parameters: url.Values{
				"ImageId":  {"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
				"RegionId": {"cn-shanghai"},
			},
			hash:      "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
			signature: "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
		},
		{
			name:   "Chinese name, space, star, tilde and plus",
			action: "ModifyImageAttribute",
			parameters: url.Values{
				"RegionId":    {"cn-shanghai"},
				"ImageId":     {"m-bp18ygjuqnwhechc0001"},
				"ImageName":   {"黄金镜像-v1.2:rc_1"},
				"Description": {"a b*c~d+e"},
			},
			signature: "d3e5ac21487daf69573a3c758de76b22701c2e56496ceee5a0f1e8218c2f091d",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request, signed := signature.CanonicalRequest("POST", "/", signature.CanonicalQuery(tt.parameters), vectorHeaders(tt.action), signature.EmptyPayload)
			if want := "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"; signed != want {
				t.Errorf("signed headers = %q, want %q", signed, want)
			}
			if got := signature.HashV3(request); tt.hash != "" && got != tt.hash {
				t.Errorf("hash = %s, want %s", got, tt.hash)
			}
			if got := signature.SignV3("YourAccessKeySecret", request); !signature.Equal(got, tt.signature) {
				t.Errorf("signature = %s, want %s", got, tt.signature)
			}
		})
	}
}

func TestV1Vector(t *testing.T) {
	got := signature.SignV1("testsecret", "GET", url.Values{
		"AccessKeyId":      {"testid"},
		"Action":           {"DescribeRegions"},
		"Format":           {"XML"},
		"SignatureMethod":  {"HMAC-SHA1"},
		"SignatureNonce":   {"3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"},
		"SignatureVersion": {"1.0"},
		"Timestamp":        {"2016-02-23T12:46:24Z"},
		"Version":          {"2014-05-26"},
	})
	if want := "OLeaidS1JvxuMvnyHOwuJ+uX5qY="; got != want {
		t.Errorf("SignV1 = %s, want %s", got, want)
	}
}

// The canonical query is what travels: a server must read back exactly the
// values that were signed, and the text must hold nothing but unreserved
// characters and escapes.
func FuzzCanonicalQuery(f *testing.F) {
	f.Add("ImageName", "黄金镜像-v1.2:rc_1", "Description", "a b*c~d+e")
	f.Add("a", "%", "A", "&=?#")
	f.Add("", "\x00\xff", "a", "")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		in := url.Values{}
		in.Add(name1, value1)
		in.Add(name2, value2)
		query := signature.CanonicalQuery(in)
		out, err := url.ParseQuery(query)
		if err != nil {
			t.Fatalf("query %q does not parse: %v", query, err)
		}
		for name, values := range in {
			if !slices.Equal(out[name], values) {
				t.Errorf("parameter %q = %q, want %q", name, out[name], values)
			}
		}
		if i := strings.IndexFunc(query, func(r rune) bool {
			return !strings.ContainsRune("%&=-_.~", r) && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
		}); i >= 0 {
			t.Errorf("query %q: byte %d needs no escape but is not unreserved", query, i)
		}
	})
}
