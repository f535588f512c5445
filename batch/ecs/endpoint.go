package ecs

import (
	"errors"
	"fmt"
	"net"
	"net/url"
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

// centralHosts holds the regions whose host does not follow the pattern, as the
// official SDKs list them.
var centralHosts = map[string]string{
	"cn-hangzhou":           "ecs-cn-hangzhou.aliyuncs.com",
	"cn-shanghai-finance-1": "ecs-cn-hangzhou.aliyuncs.com",
	"cn-shenzhen-finance-1": "ecs-cn-hangzhou.aliyuncs.com",
	"cn-north-2-gov-1":      "ecs.aliyuncs.com",
}

// RegionEndpoint returns the endpoint of a region's ECS API.
func RegionEndpoint(region string, network Network) Endpoint {
	if host, ok := centralHosts[region]; ok && network != VPC {
		return Endpoint{"https", host}
	}
	return endpointOf("ecs", region, network)
}

// STSEndpoint returns the endpoint of a region's STS API.
func STSEndpoint(region string, network Network) Endpoint {
	return endpointOf("sts", region, network)
}

func endpointOf(service, region string, network Network) Endpoint {
	if network == VPC {
		service += "-vpc"
	}
	return Endpoint{"https", service + "." + region + ".aliyuncs.com"}
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
