package ecs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

// One call with all of the client and the simulator's share, but no socket.
func BenchmarkCall(b *testing.B) {
	s := simulator(b, ecssim.Config{Forget: true}, ecssim.Generate(100, region)[region]...)
	c := ecs.NewClient(region, ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: s}})
	page, err := c.DescribeImages(b.Context(), ecs.Query{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("rename", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			set := ecs.Attributes{ImageName: fmt.Sprintf("renamed-%d", n)}
			if _, err := modify(b.Context(), c, page.Images[n%100].ID, set); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("list a page of 100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.DescribeImages(b.Context(), ecs.Query{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Building and signing alone.
func BenchmarkNewRequest(b *testing.B) {
	keys := ecs.Credentials(testKeys())
	endpoint := ecs.RegionEndpoint(region, ecs.Public)
	parameters := url.Values{"RegionId": {region}, "ImageId": {"m-bp18ygjuqnwhechc0001"}, "ImageName": {"黄金镜像-v1.2:rc_1"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ecs.NewRequest(b.Context(), endpoint, "2014-05-26", "ModifyImageAttribute", parameters, keys, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// The client's share of reading a page of 100 images: its body, decoded.
func BenchmarkDecodePage(b *testing.B) {
	s := simulator(b, ecssim.Config{Forget: true}, ecssim.Generate(100, region)[region]...)
	var body []byte
	keep := roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := s.RoundTrip(r)
		if err == nil {
			body, err = io.ReadAll(response.Body)
			response.Body = io.NopCloser(bytes.NewReader(body))
		}
		return response, err
	})
	c := ecs.NewClient(region, ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: keep}})
	if _, err := c.DescribeImages(b.Context(), ecs.Query{}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := ecs.DecodePage(body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAProxyThatCannotBeReadIsNotQuoted(t *testing.T) {
	broken := errors.New(`invalid proxy address "http://user:hush%zz@proxy"`)
	proxy := ecs.Discreet(func(*http.Request) (*url.URL, error) { return nil, broken })
	if _, err := proxy(nil); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("error = %v", err)
	}
	good := &url.URL{Scheme: "http", Host: "proxy"}
	proxy = ecs.Discreet(func(*http.Request) (*url.URL, error) { return good, nil })
	if u, err := proxy(nil); u != good || err != nil {
		t.Errorf("%v, %v", u, err)
	}
}
