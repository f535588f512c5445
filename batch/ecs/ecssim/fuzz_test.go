package ecssim_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// Whatever comes over the wire, the answer is one of the API's: a documented
// status, and a well-formed body with a request id. Signed requests get past
// the gate with the same foreign bytes.
func FuzzRequest(f *testing.F) {
	s, c := newServer(f, ecssim.Config{Forget: true}, gallery()...)
	f.Add("GET", "Action=DescribeRegions&Format=XML", "", "", "", false)
	f.Add("POST", "RegionId=cn-hangzhou&ImageId=m-1&ImageName=%E9%BB%84", "", "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=b", "ModifyImageAttribute", false)
	f.Add("POST", "RegionId=cn-hangzhou&ImageId=m-1&ImageName=%E9%BB%84%00&DryRun=true&Format=XML", "", "", "ModifyImageAttribute", true)
	f.Add("POST", "RegionId=cn-hangzhou&PageNumber=-1&Tag.1.Key=%FF&ImageId=,,,", "a=b;c&%", "", "DescribeImages", true)
	f.Add("POST", "RegionId=cn-hangzhou&PageNumber=1073741823&PageSize=100", "", "", "DescribeImages", true)
	f.Add("POST", "RegionId=cn-hangzhou&ResourceType=image&ResourceId.1=m-1&Tag.1.Key=%E9%BB%84&Tag.2.Value=%FF&Format=XML", "", "", "TagResources", true)
	f.Add("POST", "RegionId=cn-hangzhou&ResourceType=image&ResourceId.1=m-1&TagKey.1=%E9%BB%84&All=true", "", "", "UntagResources", true)
	f.Add("POST", "RegionId=cn-hangzhou&ResourceType=image&Tag.1.Key=a&NextToken=0000000000000000000000000000000f", "", "", "ListTagResources", true)
	f.Add("POST", "RegionId=cn-hangzhou&ImageFamily=web", "", "", "DescribeImageFromFamily", true)
	f.Add("POST", "RegionId=cn-hangzhou&IsPublic=true&OSType=linux&ImageOwnerId=-1&Filter.1.Key=CreationStartTime&Filter.1.Value=2024-12-31T22:00Z", "", "", "DescribeImages", true)
	f.Fuzz(func(t *testing.T, method, query, form, authorization, action string, signed bool) {
		r := &http.Request{
			Method: method, Host: c.host, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			URL: &url.URL{Scheme: "https", Host: c.host, Path: "/", RawQuery: query}, Body: io.NopCloser(strings.NewReader(form)),
		}
		if values, err := url.ParseQuery(query); signed && err == nil {
			var parameters []string
			for name, list := range values {
				for _, value := range list {
					parameters = append(parameters, name, value)
				}
			}
			r = c.sign(action, parameters...)
		} else {
			r.Header.Set("Authorization", authorization)
			r.Header.Set("X-Acs-Action", action)
		}
		got, err := roundTrip(s, r)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, got)
	})
}

func wellFormed(t *testing.T, got reply) {
	t.Helper()
	switch got.Status {
	case 200, 400, 403, 404:
	default:
		t.Errorf("status = %d", got.Status)
	}
	var body struct {
		RequestId, HostId, Code, Message string // as the API spells them
	}
	decode := xml.Unmarshal
	if strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		decode = json.Unmarshal
	}
	if err := decode([]byte(got.Raw), &body); err != nil {
		t.Errorf("body %q: %v", got.Raw, err)
	}
	if body.RequestId == "" || got.Status != 200 && (body.Code == "" || body.Message == "" || body.HostId == "") {
		t.Errorf("body = %q", got.Raw)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("lost-after:0.01")
	f.Add("outage:at=10s,for=300s")
	f.Add("1000/60s;neighbour=5/s,30s,30s;then=5@1s;hint=retry-after")
	f.Add("bucket:10/s,100")
	f.Fuzz(func(t *testing.T, text string) {
		if fault, err := ecssim.ParseFault(text); err == nil {
			newServer(t, ecssim.Config{Faults: []ecssim.Fault{fault}})
		}
		if quota, err := ecssim.ParseQuota(text); err == nil {
			_, c := newServer(t, ecssim.Config{Quota: quota})
			c.call(t, "DescribeImages", "RegionId", region)
			c.call(t, "DescribeImages", "RegionId", region)
		}
	})
}
