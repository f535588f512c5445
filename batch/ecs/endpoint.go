package ecs

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// An Endpoint is where calls go: a scheme and a host.
type Endpoint struct{ Scheme, Host string }

// A Network says which endpoints of the APIs to use.
type Network string

// The networks.
const (
	Public Network = "public"
	VPC    Network = "vpc"
)

// irregularHosts holds the regions whose public host does not follow the pattern,
// by host, as the official Go SDK lists them (ecs-20140526, version 7.7.0).
var irregularHosts = map[string]string{
	"ecs-cn-hangzhou": `cn-hangzhou cn-shanghai-finance-1 cn-shenzhen-finance-1
		cn-beijing-nu16-b01 cn-fujian cn-haidian-cm12-c01 cn-hangzhou-bj-b01
		cn-hangzhou-internal-prod-1 cn-hangzhou-internal-test-1
		cn-hangzhou-internal-test-2 cn-hangzhou-internal-test-3 cn-hangzhou-test-306
		cn-shanghai-et15-b01 cn-shanghai-et2-b01 cn-shanghai-internal-test-1
		cn-shenzhen-st4-d01 cn-shenzhen-su18-b01 cn-zhangbei-na61-b01`,
	"ecs": `cn-north-2-gov-1 ap-northeast-2-pop cn-beijing-finance-pop cn-beijing-gov-1
		cn-hangzhou-finance cn-hongkong-finance-pop cn-shanghai-inner
		cn-shenzhen-inner cn-wuhan cn-yushanfang cn-zhangbei rus-west-1-pop`,
	"ecs.cn-qingdao-nebula":      "cn-edge-1 cn-huhehaote-nebula-1 cn-zhengzhou-nebula-1",
	"ecs.cn-shenzhen-cloudstone": "eu-west-1-oxs",
	"ecs.cn-zhangjiakou":         "cn-zhangjiakou-na62-a01",
}

// centralSTS holds the regions without a public host of their own for STS, as the
// official TypeScript SDK lists them (sts20150401, version 1.2.0).
const centralSTS = `ap-northeast-2-pop ap-south-1 ap-southeast-2 cn-beijing-finance-pop
	cn-beijing-gov-1 cn-beijing-nu16-b01 cn-edge-1 cn-fujian cn-haidian-cm12-c01
	cn-hangzhou-bj-b01 cn-hangzhou-internal-prod-1 cn-hangzhou-internal-test-1
	cn-hangzhou-internal-test-2 cn-hangzhou-internal-test-3 cn-hangzhou-test-306
	cn-hongkong-finance-pop cn-huhehaote-nebula-1 cn-shanghai-et15-b01
	cn-shanghai-et2-b01 cn-shanghai-inner cn-shanghai-internal-test-1
	cn-shenzhen-inner cn-shenzhen-st4-d01 cn-shenzhen-su18-b01 cn-wuhan cn-yushanfang
	cn-zhangbei cn-zhangbei-na61-b01 cn-zhangjiakou-na62-a01 cn-zhengzhou-nebula-1
	eu-west-1-oxs rus-west-1-pop`

// RegionEndpoint returns the endpoint of a region's ECS API.
func RegionEndpoint(region string, network Network) Endpoint {
	if network != VPC {
		for host, regions := range irregularHosts {
			if slices.Contains(strings.Fields(regions), region) {
				return Endpoint{"https", host + ".aliyuncs.com"}
			}
		}
	}
	return endpointOf("ecs", region, network)
}

// STSEndpoint returns the endpoint of a region's STS API.
func STSEndpoint(region string, network Network) Endpoint {
	if network != VPC && slices.Contains(strings.Fields(centralSTS), region) {
		return Endpoint{"https", "sts.aliyuncs.com"}
	}
	return endpointOf("sts", region, network)
}

func endpointOf(service, region string, network Network) Endpoint {
	if network == VPC {
		service += "-vpc"
	}
	return Endpoint{"https", service + "." + region + ".aliyuncs.com"}
}

// NoSuchHost reports whether a call failed because DNS knows no host of a region
// that is not listed here either. Then it is rather a typing error than an
// outage; of a listed region DNS is not believed.
func NoSuchHost(region string, err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound && !slices.Contains(knownRegions, region)
}

// ParseEndpoint parses an endpoint that a person typed: a host, or an http or
// https URL without a path. It accepts plain http for loopback only, so that no
// signed call crosses a network in clear text.
func ParseEndpoint(s string) (Endpoint, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		u, err = url.Parse("https://" + s)
	}
	switch {
	case strings.Contains(s, "@"): // never quoted: there may be a password in it
		return Endpoint{}, errors.New("an endpoint must have no user and password")
	case err != nil || u.Hostname() == "" || !plain(u.Host):
		return Endpoint{}, fmt.Errorf("%q is not an address", s)
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return Endpoint{}, fmt.Errorf("%q: an endpoint is a host, without a path", s)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return Endpoint{}, fmt.Errorf("%q: plain http is only for loopback; use https", s)
	case u.Scheme != "http" && u.Scheme != "https":
		return Endpoint{}, fmt.Errorf("%q: the scheme must be https", s)
	}
	return Endpoint{u.Scheme, strings.ToLower(u.Host)}, nil
}

// plain reports whether a host goes unchanged into the Host header, which is
// signed: it has no empty port, no zone, and no letter that DNS must encode.
func plain(host string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '%' }
	return !strings.HasSuffix(host, ":") && strings.IndexFunc(host, odd) < 0
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
