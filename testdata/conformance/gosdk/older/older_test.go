// Package older runs the core of the Go SDK before the present one against the
// simulator: alibaba-cloud-sdk-go 1.63.107, which signs by the older scheme. Only
// endpoint and protocol are set.
package older

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	failure "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

const (
	account = "1234567890123456"
	region  = "cn-hangzhou"
)

// simulate starts a simulator with an image of each kind that the tests need, and
// returns its host.
func simulate(t *testing.T, faults ...string) (host string) {
	t.Helper()
	config := ecssim.Config{Accounts: []ecssim.Account{{
		ID: account,
		Regions: map[string][]ecssim.Image{region: {
			{ID: "m-1", Name: "one", Tags: []ecssim.Tag{{Key: "team", Value: "图"}}},
			{ID: "m-2", Name: "two"},
			{ID: "m-3", Name: "three", Status: "Deprecated"},
		}},
		Keys: []ecssim.Key{{AccessKeyID: "simulator", Secret: "simulator", Denied: []ecssim.Denial{{Action: "ecs:Modify*", Image: "m-3"}}}},
	}}}
	for _, text := range faults {
		f, err := ecssim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		config.Faults = append(config.Faults, f)
	}
	s, err := ecssim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func connect(t *testing.T) *sdk.Client {
	t.Helper()
	c, err := sdk.NewClientWithAccessKey(region, "simulator", "simulator")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// call makes a call with its parameters in the URL, or in a form.
func call(c *sdk.Client, host, action, in string, parameters ...string) (body string, err error) {
	request := requests.NewCommonRequest()
	request.Scheme, request.Domain, request.Version, request.ApiName = "http", host, "2014-05-26", action
	request.QueryParams["RegionId"] = region
	into := request.QueryParams
	if in == "form" {
		request.Method, into = "POST", request.FormParams
	}
	for n := 0; n < len(parameters); n += 2 {
		into[parameters[n]] = parameters[n+1]
	}
	answer, err := c.ProcessCommonRequest(request)
	if err != nil {
		return "", err
	}
	return answer.GetHttpContentString(), nil
}

// names lists the images that a call finds.
func names(t *testing.T, c *sdk.Client, host, in string, parameters ...string) string {
	t.Helper()
	body, err := call(c, host, "DescribeImages", in, parameters...)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Images struct {
			Image []struct{ ImageName, Description string }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range answer.Images.Image {
		all = append(all, strings.TrimSpace(i.ImageName+" "+i.Description))
	}
	return strings.Join(all, "|")
}

// TestConformanceOlderCore reads and changes every attribute, by parameters in the
// URL and in a form.
func TestConformanceOlderCore(t *testing.T) {
	for _, in := range []string{"URL", "form"} {
		t.Run(in, func(t *testing.T) {
			c, host := connect(t), simulate(t)
			for want, parameters := range map[string][]string{
				"one|two":       nil,
				"one|two|three": {"Status", "Available,Deprecated"},
				"one":           {"Tag.1.Key", "team", "Tag.1.Value", "图"},
				"two":           {"PageSize", "1", "PageNumber", "2"},
			} {
				if got := names(t, c, host, in, parameters...); got != want {
					t.Errorf("%q: %s, want %s", parameters, got, want)
				}
			}
			if _, err := call(c, host, "ModifyImageAttribute", in, "ImageId", "m-2",
				"ImageName", "黄金镜像-v1.2:rc_1", "Description", "a b*c~d+e & <f>", "ImageFamily", "db", "Status", "Deprecated",
				"BootMode", "UEFI", "LicenseType", "BYOL", "Features.NvmeSupport", "supported", "Features.ImdsSupport", "v2"); err != nil {
				t.Fatal(err)
			}
			body, err := call(c, host, "DescribeImages", in, "ImageFamily", "db", "Status", "Deprecated")
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{
				`"ImageName":"黄金镜像-v1.2:rc_1"`, `"Description":"a b*c~d+e & <f>"`, `"BootMode":"UEFI"`, `"LicenseType":"BYOL"`,
				`"NvmeSupport":"supported"`, `"ImdsSupport":"v2"`,
			} {
				if !strings.Contains(body, part) {
					t.Errorf("no %s in %s", part, body)
				}
			}
		})
	}
}

// TestConformanceOlderErrors reads every field of an error, and the hints of a
// throttled call.
func TestConformanceOlderErrors(t *testing.T) {
	c, host := connect(t), simulate(t, "throttle:image=m-2,hint=retry-after+x-acs-retry-after+x-ratelimit-user-api,by=3s")
	for _, tt := range []struct {
		image, name string
		status      int
		code        string
	}{
		{"m-1", "two", 400, "InvalidImageName.Duplicated"},
		{"m-1", "1", 400, "InvalidImageName.Malformed"},
		{"m-none", "new", 404, "InvalidImageId.NotFound"},
		{"m-3", "new", 403, "Forbidden.RAM"},
		{"m-2", "new", 400, "Throttling.User"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			_, err := call(c, host, "ModifyImageAttribute", "form", "ImageId", tt.image, "ImageName", tt.name)
			failed, ok := errors.AsType[*failure.ServerError](err)
			if !ok {
				t.Fatal(err)
			}
			if failed.HttpStatus() != tt.status || failed.ErrorCode() != tt.code || failed.Message() == "" || failed.HostId() != host || failed.RequestId() == "" {
				t.Errorf("%v", failed)
			}
			if !strings.HasPrefix(failed.Recommend(), "https://api.alibabacloud.com/troubleshoot?q="+tt.code) {
				t.Errorf("recommends %q", failed.Recommend())
			}
			if denied := failed.AccessDeniedDetail()["AuthAction"]; tt.status == 403 && denied != "ecs:ModifyImageAttribute" {
				t.Errorf("denied: %v", denied)
			}
			h := http.Header(failed.RespHeaders)
			hints := h.Get("Retry-After") + " " + h.Get("X-Acs-Retry-After") + " " + h.Get("X-Ratelimit-User-Api")
			if want := "3 3000 Limit:0,Remain:0,TimeLeft:3000,Reset:3000"; tt.image == "m-2" && hints != want {
				t.Errorf("hints: %s, want %s", hints, want)
			}
		})
	}
}

// TestConformanceOlderSession assumes a role and works with its keys.
func TestConformanceOlderSession(t *testing.T) {
	host := simulate(t)
	client, err := sts.NewClientWithAccessKey(region, "simulator", "simulator")
	if err != nil {
		t.Fatal(err)
	}
	who := sts.CreateGetCallerIdentityRequest()
	who.Scheme, who.Domain = "http", host
	if me, err := client.GetCallerIdentity(who); err != nil || me.AccountId != account || me.IdentityType != "Account" {
		t.Fatalf("%+v, %v", me, err)
	}
	role := sts.CreateAssumeRoleRequest()
	role.Scheme, role.Domain, role.RoleArn, role.RoleSessionName = "http", host, "acs:ram::"+account+":role/ops", "nightly"
	session, err := client.AssumeRole(role)
	if err != nil {
		t.Fatal(err)
	}
	k := session.Credentials
	c, err := sdk.NewClientWithStsToken(region, k.AccessKeyId, k.AccessKeySecret, k.SecurityToken)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, c, host, "URL"); got != "one|two" {
		t.Errorf("images: %s", got)
	}
}

// TestConformanceSTSEndpoints: a region's calls to STS go to the host that this
// SDK calls, but for regions that the newer one for TypeScript (1.2.0) took out of
// its table.
func TestConformanceSTSEndpoints(t *testing.T) {
	taken := map[string]bool{
		"cn-north-2-gov-1": true, "cn-qingdao-nebula": true, "cn-beijing-finance-1": true, "cn-shenzhen-finance-1": true, "cn-hangzhou-finance": true,
	}
	hosts := sts.GetEndpointMap()
	if len(hosts) < 30 {
		t.Errorf("the SDK has %d irregular hosts: is this the table?", len(hosts))
	}
	for region, want := range hosts {
		if got := ecs.STSEndpoint(region, ecs.Public); (got.Host == want) == taken[region] {
			t.Errorf("%s: %s, the SDK calls %s", region, got.Host, want)
		}
	}
}
