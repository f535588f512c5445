package ecs_test

import (
	"net/http"
	"slices"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

func TestDescribeRegions(t *testing.T) {
	make := func(t *testing.T) *ecssim.Server {
		s, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
			Keys:    []ecssim.Key{{AccessKeyID: "LTAI5test", Secret: testSecret, SecurityToken: testToken}},
			Regions: map[string][]ecssim.Image{"cn-shanghai": nil, "cn-beijing": nil},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	overBoth(t, make, func(t *testing.T, _ *ecssim.Server, c *ecs.Client) {
		regions, err := c.DescribeRegions(t.Context())
		if err != nil || !slices.Equal(regions, []string{"cn-beijing", "cn-shanghai"}) {
			t.Error(regions, err)
		}
	})
}

// A region becomes part of a host's name: what cannot be one is never returned.
// Nor is an empty list, which would export nothing as if that were all.
func TestDescribeRegionsRefused(t *testing.T) {
	for _, body := range []string{
		`{"RequestId":"R"}`,
		`{"RequestId":"R","Regions":{"Region":[]}}`,
		`{"RequestId":"R","Regions":{"Region":[{"RegionId":"cn-beijing"},{"RegionId":"evil.example/"}]}}`,
		`{"RequestId":"R","Regions":{"Region":[{"LocalName":"x"}]}}`,
	} {
		c := dialling(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })).URL, nil)
		if regions, err := c.DescribeRegions(t.Context()); err == nil {
			t.Errorf("%s: %q", body, regions)
		}
	}
}
