package ecs_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
)

func TestParseEndpoint(t *testing.T) {
	for _, tt := range []struct {
		name, given string
		want        ecs.Endpoint
		problem     string
	}{
		{"host", "ecs.cn-hangzhou.aliyuncs.com", ecs.Endpoint{Scheme: "https", Host: "ecs.cn-hangzhou.aliyuncs.com"}, ""},
		{"host and port", "proxy:8443", ecs.Endpoint{Scheme: "https", Host: "proxy:8443"}, ""},
		{"address", "https://ecs.example", ecs.Endpoint{Scheme: "https", Host: "ecs.example"}, ""},
		{"address with a slash", "https://ecs.example/", ecs.Endpoint{Scheme: "https", Host: "ecs.example"}, ""},
		{"upper case", "HTTPS://ECS.Example", ecs.Endpoint{Scheme: "https", Host: "ecs.example"}, ""},
		{"IP address and port", "127.0.0.1:80", ecs.Endpoint{Scheme: "https", Host: "127.0.0.1:80"}, ""},
		{"IPv6", "[2001:db8::1]", ecs.Endpoint{Scheme: "https", Host: "[2001:db8::1]"}, ""},
		{"plain to loopback", "http://127.0.0.1:8080", ecs.Endpoint{Scheme: "http", Host: "127.0.0.1:8080"}, ""},
		{"plain to another loopback", "http://127.9.9.9", ecs.Endpoint{Scheme: "http", Host: "127.9.9.9"}, ""},
		{"plain to IPv6 loopback", "http://[::1]:8080", ecs.Endpoint{Scheme: "http", Host: "[::1]:8080"}, ""},
		{"plain to localhost", "http://LocalHost:8080", ecs.Endpoint{Scheme: "http", Host: "localhost:8080"}, ""},

		{"plain elsewhere", "http://ecs.example", ecs.Endpoint{}, "plain http is only for loopback"},
		{"plain to a host that looks like loopback", "http://127.0.0.1.example", ecs.Endpoint{}, "plain http is only for loopback"},
		{"plain to localhost's cousin", "http://localhost.example", ecs.Endpoint{}, "plain http is only for loopback"},
		{"plain to all interfaces", "http://0.0.0.0", ecs.Endpoint{}, "plain http is only for loopback"},
		{"path", "https://ecs.example/api", ecs.Endpoint{}, "without a path"},
		{"query", "https://ecs.example?x=1", ecs.Endpoint{}, "without a path"},
		{"fragment", "https://ecs.example/#x", ecs.Endpoint{}, "without a path"},
		{"other scheme", "ftp://ecs.example", ecs.Endpoint{}, "the scheme must be https"},
		{"no scheme", "//ecs.example", ecs.Endpoint{}, "the scheme must be https"},
		{"nothing", "", ecs.Endpoint{}, "is not an address"},
		{"scheme only", "https://", ecs.Endpoint{}, "is not an address"},
		{"port only", "https://:443", ecs.Endpoint{}, "is not an address"},
		{"port that is none", "ecs.example:http", ecs.Endpoint{}, "is not an address"},
		{"port that is missing", "https://ecs.example:", ecs.Endpoint{}, "is not an address"},
		{"white space", "ecs .example", ecs.Endpoint{}, "is not an address"},
		{"IPv6 zone", "https://[fe80::1%25eth0]", ecs.Endpoint{}, "is not an address"},
		{"letters beyond ASCII", "https://ecs.例子", ecs.Endpoint{}, "is not an address"},
		{"line break", "https://ecs.example\r\nx: y", ecs.Endpoint{}, "is not an address"},

		{"user and password", "https://user:hush@ecs.example", ecs.Endpoint{}, "no user and password"},
		{"user and password without a scheme", "user:hush@ecs.example", ecs.Endpoint{}, "no user and password"},
		{"password that cannot be read", "https://user:hush%zz@ecs.example", ecs.Endpoint{}, "no user and password"},
		{"password and a path", "http://user:hush@ecs.example/x", ecs.Endpoint{}, "no user and password"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ecs.ParseEndpoint(tt.given)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			switch {
			case tt.problem == "" && err != nil:
				t.Error(err)
			case tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)):
				t.Errorf("error = %v, want %q", err, tt.problem)
			case err != nil && strings.Contains(err.Error(), "hush"):
				t.Errorf("the error quotes a password: %v", err)
			}
		})
	}
}

func FuzzParseEndpoint(f *testing.F) {
	for _, seed := range []string{"", "a", "http://[::1]:80", "https://a:b@c", "//", "a:b:c", "http://127.0.0.1%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ecs.ParseEndpoint(s)
		if err != nil {
			return
		}
		again, err := ecs.ParseEndpoint(e.Scheme + "://" + e.Host)
		if err != nil || again != e {
			t.Errorf("%q is %+v, which is %+v, %v", s, e, again, err)
		}
	})
}

func TestRegionEndpoints(t *testing.T) {
	for _, tt := range []struct {
		region   string
		network  ecs.Network
		ecs, sts string
	}{
		{"cn-beijing", ecs.Public, "ecs.cn-beijing.aliyuncs.com", "sts.cn-beijing.aliyuncs.com"},
		{"cn-beijing", "", "ecs.cn-beijing.aliyuncs.com", "sts.cn-beijing.aliyuncs.com"},
		{"cn-beijing", ecs.VPC, "ecs-vpc.cn-beijing.aliyuncs.com", "sts-vpc.cn-beijing.aliyuncs.com"},
		{"cn-hangzhou", ecs.Public, "ecs-cn-hangzhou.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com"},
		{"cn-hangzhou", ecs.VPC, "ecs-vpc.cn-hangzhou.aliyuncs.com", "sts-vpc.cn-hangzhou.aliyuncs.com"},
		{"cn-shanghai-finance-1", ecs.Public, "ecs-cn-hangzhou.aliyuncs.com", "sts.cn-shanghai-finance-1.aliyuncs.com"},
		{"cn-shenzhen-finance-1", ecs.Public, "ecs-cn-hangzhou.aliyuncs.com", "sts.cn-shenzhen-finance-1.aliyuncs.com"},
		{"cn-north-2-gov-1", ecs.Public, "ecs.aliyuncs.com", "sts.cn-north-2-gov-1.aliyuncs.com"},
		{"ap-south-1", ecs.Public, "ecs.ap-south-1.aliyuncs.com", "sts.aliyuncs.com"},
		{"cn-wuhan", ecs.Public, "ecs.aliyuncs.com", "sts.aliyuncs.com"},
		{"cn-wuhan", ecs.VPC, "ecs-vpc.cn-wuhan.aliyuncs.com", "sts-vpc.cn-wuhan.aliyuncs.com"},
		{"moon-1", ecs.Public, "ecs.moon-1.aliyuncs.com", "sts.moon-1.aliyuncs.com"},
	} {
		t.Run(tt.region+" "+string(tt.network), func(t *testing.T) {
			got := []ecs.Endpoint{ecs.RegionEndpoint(tt.region, tt.network), ecs.STSEndpoint(tt.region, tt.network)}
			if diff := cmp.Diff([]ecs.Endpoint{{Scheme: "https", Host: tt.ecs}, {Scheme: "https", Host: tt.sts}}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestNoRegionBecomesAHost: whatever stands for a region, a call goes to a host of
// the API or nowhere.
func TestNoRegionBecomesAHost(t *testing.T) {
	for _, region := range []string{
		"x@127.0.0.1:8443/#", "x@127.0.0.1:8443/?", "127.0.0.1:8443/", "x.evil.example/", "x%2f@evil.example", "x:pass@evil.example:443#", "x\\evil.example", "x evil",
	} {
		c := ecs.NewClient(region, ecs.Config{
			Credentials: ecs.Static{AccessKeyID: "id", AccessKeySecret: ecs.NewSecret("secret"), SecurityToken: ecs.NewSecret("token")},
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if host := r.URL.Hostname(); !strings.HasSuffix(host, ".aliyuncs.com") || r.URL.Path != "/" || r.URL.User != nil {
					t.Errorf("region %q: a call to %s", region, r.URL)
				}
				return nil, errors.New("no network")
			})},
		})
		if _, err := c.DescribeImages(t.Context(), ecs.Query{}); err == nil {
			t.Errorf("region %q: no error", region)
		}
		if _, err := c.CallerIdentity(t.Context()); err == nil {
			t.Errorf("region %q: no error of STS", region)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCheckProxy(t *testing.T) {
	for _, test := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"none", nil, ""},
		{"a URL", map[string]string{"HTTPS_PROXY": "http://user:secret@proxy:3128"}, ""},
		{"a host", map[string]string{"https_proxy": "proxy:3128"}, ""},
		{"socks", map[string]string{"https_proxy": "socks5://127.0.0.1:1080"}, ""},
		{"a blank", map[string]string{"HTTPS_PROXY": "http://user:secret@proxy:3128 "}, "HTTPS_PROXY: character ' ' at position 30"},
		{"a line break", map[string]string{"https_proxy": "http://proxy:3128\n"}, `https_proxy: character '\n' at position 18`},
		{"another scheme", map[string]string{"HTTPS_PROXY": "ftp://secret@proxy"}, "HTTPS_PROXY is not the address of a proxy, such as http://proxy:3128"},
		{"no address", map[string]string{"HTTPS_PROXY": "http://[::1"}, "HTTPS_PROXY is not the address of a proxy, such as http://proxy:3128"},
		{"for http, which credentials URIs may use", map[string]string{"HTTP_PROXY": "http://user:secret@proxy\t"}, `HTTP_PROXY: character '\t' at position 25`},
		{"for http, without an address", map[string]string{"http_proxy": "http://"}, "http_proxy is not the address of a proxy, such as http://proxy:3128"},
		{"the first counts", map[string]string{"HTTPS_PROXY": "proxy", "https_proxy": "a b"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := ecs.CheckProxy(func(name string) string { return test.env[name] })
			if got := fmt.Sprint(err); got != test.want && (err != nil || test.want != "") {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Error("it quotes a secret")
			}
		})
	}
}
