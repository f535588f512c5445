// Package gosdk compares this program with the official Go SDK. It is a module of
// its own, so that nobody who builds the program needs the SDK.
package gosdk

import (
	"testing"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	sdk "github.com/alibabacloud-go/ecs-20140526/v7/client"

	"imgrename/batch/ecs"
)

// TestConformanceEndpoints: a region's calls go to the host that the SDK calls.
func TestConformanceEndpoints(t *testing.T) {
	endpoint := func(region string) string {
		id, secret := "id", "secret"
		client, err := sdk.NewClient(&openapi.Config{RegionId: &region, AccessKeyId: &id, AccessKeySecret: &secret})
		if err != nil {
			t.Fatal(err)
		}
		return *client.Endpoint
	}
	client, err := sdk.NewClient(new(openapi.Config).SetRegionId("cn-hangzhou"))
	if err != nil {
		t.Fatal(err)
	}
	regions := []string{
		"cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-heyuan-acdr-1", "cn-zhongwei", "ap-southeast-8", "eu-central-1", "us-west-1",
	}
	for region := range client.EndpointMap {
		regions = append(regions, region)
	}
	if len(client.EndpointMap) < 30 {
		t.Errorf("the SDK has %d irregular hosts: is this the table?", len(client.EndpointMap))
	}
	for _, region := range regions {
		if got, want := ecs.RegionEndpoint(region, ecs.Public), endpoint(region); got.Host != want || got.Scheme != "https" {
			t.Errorf("%s: %+v, the SDK calls %s", region, got, want)
		}
	}
}
