package gosdk

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	sdk "github.com/alibabacloud-go/ecs-20140526/v7/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"

	"imgrename/batch/ecs/ecssim"
)

const (
	account = "1234567890123456"
	region  = "cn-hangzhou"
)

// signed runs a test with the SDK's client as it comes, signing by V3 and by the
// older scheme, against a simulator of its own on loopback.
func signed(t *testing.T, images []ecssim.Image, test func(*testing.T, *sdk.Client)) {
	for _, scheme := range []struct {
		name      string
		algorithm *string
	}{{"V3", nil}, {"V1", dara.String("v2")}} {
		t.Run(scheme.name, func(t *testing.T) {
			s, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
				ID:      account,
				Keys:    []ecssim.Key{{AccessKeyID: "simulator", Secret: "simulator"}},
				Regions: map[string][]ecssim.Image{region: images, "cn-shanghai": nil},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			config := new(openapi.Config).SetAccessKeyId("simulator").SetAccessKeySecret("simulator").SetRegionId(region).
				SetProtocol("http").SetEndpoint(server.Listener.Addr().String())
			config.SignatureAlgorithm = scheme.algorithm
			client, err := sdk.NewClient(config)
			if err != nil {
				t.Fatal(err)
			}
			test(t, client)
		})
	}
}

// images returns images that differ in what they can be filtered by.
func images() []ecssim.Image {
	created := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	return []ecssim.Image{
		{ID: "m-1", Name: "one", Created: created, Family: "web", Tags: []ecssim.Tag{{Key: "team", Value: "图"}}},
		{ID: "m-2", Name: "two", Created: created.Add(-time.Hour), Family: "web", OSType: "windows", ResourceGroupID: "rg-1"},
		{ID: "m-3", Name: "three", Created: created.Add(-2 * time.Hour), Status: "Deprecated", Architecture: "arm64"},
		{ID: "m-4", Name: "four", Created: created.Add(-3 * time.Hour), OwnerAlias: "others", OwnerID: "42"},
		{ID: "m-5", Name: "five", Created: created.Add(-4 * time.Hour), OwnerAlias: "others", OwnerID: "42", Public: true},
	}
}

func find(t *testing.T, c *sdk.Client, request *sdk.DescribeImagesRequest) []*sdk.DescribeImagesResponseBodyImagesImage {
	t.Helper()
	answer, err := c.DescribeImages(request.SetRegionId(region))
	if err != nil {
		t.Fatal(err)
	}
	found := answer.Body.Images.Image
	if total := *answer.Body.TotalCount; int(total) != len(found) {
		t.Errorf("TotalCount = %d, images %d", total, len(found))
	}
	return found
}

// refused wants the SDK's error with the status and the code.
func refused(t *testing.T, err error, status int, code string) *tea.SDKError {
	t.Helper()
	failed, ok := errors.AsType[*tea.SDKError](err)
	if !ok || dara.IntValue(failed.StatusCode) != status || dara.StringValue(failed.Code) != code {
		t.Fatalf("error = %v, want %d %s", err, status, code)
	}
	return failed
}

// TestConformanceTerraform makes the calls that the Terraform provider makes to
// read, change and read again an alicloud_image.
func TestConformanceTerraform(t *testing.T) {
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		read := func(id string) string {
			found := find(t, c, new(sdk.DescribeImagesRequest).SetImageId(id).SetStatus("ALL"))
			if len(found) != 1 {
				t.Fatalf("%s: %d images", id, len(found))
			}
			request := new(sdk.ListTagResourcesRequest).SetRegionId(region).SetResourceType("image").SetResourceId([]*string{&id})
			answer, err := c.ListTagResources(request)
			if err != nil {
				t.Fatal(err)
			}
			if next := dara.StringValue(answer.Body.NextToken); next != "" {
				t.Errorf("NextToken = %q", next)
			}
			text := *found[0].ImageName + ", " + *found[0].Description + ":"
			for _, tag := range answer.Body.TagResources.TagResource {
				text += fmt.Sprintf(" %s=%s", *tag.TagKey, *tag.TagValue)
			}
			var described []string
			for _, tag := range found[0].Tags.Tag {
				described = append(described, *tag.TagKey)
			}
			return text + "; " + strings.Join(described, " ")
		}
		if got := read("m-1"); got != "one, : team=图; team" {
			t.Errorf("before: %s", got)
		}
		if got := read("m-3"); got != "three, :; " {
			t.Errorf("a deprecated image: %s", got)
		}
		id := dara.String("m-1")
		if _, err := c.UntagResources(new(sdk.UntagResourcesRequest).SetRegionId(region).SetResourceType("image").
			SetResourceId([]*string{id}).SetTagKey([]*string{dara.String("team")}).SetAll(true)); err != nil {
			t.Fatal(err)
		}
		tag := func(key, value string) *sdk.TagResourcesRequestTag {
			return new(sdk.TagResourcesRequestTag).SetKey(key).SetValue(value)
		}
		if _, err := c.TagResources(new(sdk.TagResourcesRequest).SetRegionId(region).SetResourceType("image").
			SetResourceId([]*string{id}).SetTag([]*sdk.TagResourcesRequestTag{tag("env", "a b+c&d"), tag("Created", "")})); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ModifyImageAttribute(new(sdk.ModifyImageAttributeRequest).SetRegionId(region).SetImageId(*id).
			SetImageName("黄金镜像-1").SetDescription("by Terraform")); err != nil {
			t.Fatal(err)
		}
		if got := read("m-1"); got != "黄金镜像-1, by Terraform: env=a b+c&d Created=; env Created" {
			t.Errorf("after: %s", got)
		}
	})
}

func TestConformanceTagErrors(t *testing.T) {
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		id, key := []*string{dara.String("m-1")}, "a"
		for _, tt := range []struct {
			name    string
			request *sdk.TagResourcesRequest
			status  int
			code    string
		}{
			{"no region", new(sdk.TagResourcesRequest).SetResourceType("image").SetResourceId(id), 404, "MissingParameter.RegionId"},
			{"no type", new(sdk.TagResourcesRequest).SetRegionId(region).SetResourceId(id), 404, "MissingParameter.ResourceType"},
			{"another type", new(sdk.TagResourcesRequest).SetRegionId(region).SetResourceId(id).SetResourceType("disk"), 404, "InvalidResourceType.NotFound"},
			{"no tag", new(sdk.TagResourcesRequest).SetRegionId(region).SetResourceId(id).SetResourceType("image"), 404, "MissingParameter.Tags"},
			{"a key twice", new(sdk.TagResourcesRequest).SetRegionId(region).SetResourceId(id).SetResourceType("image").
				SetTag([]*sdk.TagResourcesRequestTag{{Key: &key}, {Key: &key}}), 400, "Duplicate.TagKey"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				_, err := c.TagResources(tt.request)
				refused(t, err, tt.status, tt.code)
			})
		}
	})
}

func TestConformanceFilters(t *testing.T) {
	filter := func(key, value string) []*sdk.DescribeImagesRequestFilter {
		return []*sdk.DescribeImagesRequestFilter{{Key: &key, Value: &value}}
	}
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		request := func() *sdk.DescribeImagesRequest { return new(sdk.DescribeImagesRequest).SetStatus("ALL") }
		for _, tt := range []struct {
			name    string
			request *sdk.DescribeImagesRequest
			want    string
		}{
			{"all", request(), "one two three four"},
			{"a system", request().SetOSType("windows"), "two"},
			{"an architecture", request().SetArchitecture("arm64"), "three"},
			{"a resource group", request().SetResourceGroupId("rg-2"), "one three four"},
			{"an owner, a number", request().SetImageOwnerId(42), "four"},
			{"the account", request().SetImageOwnerId(1234567890123456), "one two three"},
			{"community images", request().SetIsPublic(true).SetImageOwnerAlias("others"), "five"},
			{"not public", request().SetIsPublic(false).SetImageOwnerAlias("others"), "four"},
			{"cloud-init", request().SetIsSupportCloudinit(false), ""},
			{"I/O optimized", request().SetIsSupportIoOptimized(true).SetImageName("T"), "two three"},
			{"a time", request().SetFilter(filter("CreationStartTime", "2025-01-01T11:00Z")), "one two"},
			{"a tag", request().SetTag([]*sdk.DescribeImagesRequestTag{{Key: dara.String("team"), Value: dara.String("图")}}), "one"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var names []string
				for _, i := range find(t, c, tt.request) {
					names = append(names, *i.ImageName)
				}
				if got := strings.Join(names, " "); got != tt.want {
					t.Errorf("names = %q, want %q", got, tt.want)
				}
			})
		}
		for name, r := range map[string]*sdk.DescribeImagesRequest{
			"SnapshotId": request().SetSnapshotId("s-1"), "InstanceType": request().SetInstanceType("ecs.g5.large"),
			"ActionType": request().SetActionType("CreateEcs"), "NetworkType": request().SetFilter(filter("NetworkType", "vpc")),
		} {
			_, err := c.DescribeImages(r.SetRegionId(region))
			if failed := refused(t, err, 400, "UnsupportedParameter"); !strings.Contains(failed.Error(), "This simulator lacks the filter "+name) {
				t.Errorf("%s: %v", name, failed)
			}
		}
		two := find(t, c, request().SetImageId("m-2"))[0]
		if *two.ImageOwnerId != 1234567890123456 || *two.OSType != "windows" || *two.ResourceGroupId != "rg-1" || *two.IsPublic || !*two.IsSupportIoOptimized {
			t.Errorf("image = %v", two)
		}
	})
}

func TestConformanceModify(t *testing.T) {
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		features := new(sdk.ModifyImageAttributeRequestFeatures).SetNvmeSupport("supported").SetImdsSupport("v2")
		modify := func() *sdk.ModifyImageAttributeRequest {
			return new(sdk.ModifyImageAttributeRequest).SetRegionId(region).SetImageId("m-2")
		}
		if _, err := c.ModifyImageAttribute(modify().SetImageName("new").SetDescription("100% new").SetImageFamily("db").SetStatus("Deprecated").
			SetBootMode("UEFI").SetLicenseType("BYOL").SetFeatures(features).SetDryRun(false)); err != nil {
			t.Fatal(err)
		}
		i := find(t, c, new(sdk.DescribeImagesRequest).SetImageId("m-2").SetStatus("Deprecated"))[0]
		got := fmt.Sprint(*i.ImageName, ", ", *i.Description, ", ", *i.ImageFamily, ", ", *i.BootMode, ", ", *i.LicenseType, ", ", *i.Features.NvmeSupport, ", ", *i.Features.ImdsSupport)
		if want := "new, 100% new, db, UEFI, BYOL, supported, v2"; got != want {
			t.Errorf("image = %s, want %s", got, want)
		}
		_, err := c.ModifyImageAttribute(modify().SetImageName("one").SetDryRun(true))
		refused(t, err, 400, "InvalidImageName.Duplicated")
		_, err = c.ModifyImageAttribute(modify().SetImageName("newer").SetDryRun(true))
		refused(t, err, 400, "DryRunOperation")
	})
}

func TestConformanceFamily(t *testing.T) {
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		ask := func(family string) *sdk.DescribeImageFromFamilyResponseBodyImage {
			answer, err := c.DescribeImageFromFamily(new(sdk.DescribeImageFromFamilyRequest).SetRegionId(region).SetImageFamily(family))
			if err != nil {
				t.Fatal(err)
			}
			return answer.Body.Image
		}
		if i := ask("web"); i == nil || *i.ImageId != "m-1" || *i.Tags.Tag[0].TagValue != "图" {
			t.Errorf("web = %v, want m-1", i)
		}
		if i := ask("none"); i != nil {
			t.Errorf("none = %v", i)
		}
	})
}

func TestConformanceRegions(t *testing.T) {
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		answer, err := c.DescribeRegions(new(sdk.DescribeRegionsRequest).SetAcceptLanguage("en-US").SetResourceType("instance"))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range answer.Body.Regions.Region {
			ids = append(ids, *r.RegionId)
		}
		if got := strings.Join(ids, " "); got != "cn-hangzhou cn-shanghai" {
			t.Errorf("regions = %q", got)
		}
	})
}

// TestConformanceTagPages follows NextToken to the end.
func TestConformanceTagPages(t *testing.T) {
	var many []ecssim.Image
	for n := range 70 {
		many = append(many, ecssim.Image{ID: fmt.Sprintf("m-%d", n), Name: fmt.Sprintf("name-%d", n), Tags: []ecssim.Tag{{Key: "k", Value: "v"}, {Key: "l", Value: "w"}}})
	}
	signed(t, many, func(t *testing.T, c *sdk.Client) {
		request := new(sdk.ListTagResourcesRequest).SetRegionId(region).SetResourceType("image").SetTag([]*sdk.ListTagResourcesRequestTag{{Key: dara.String("k"), Value: dara.String("v")}})
		seen, pages := make(map[string]bool), 0
		for {
			answer, err := c.ListTagResources(request)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range answer.Body.TagResources.TagResource {
				seen[*r.ResourceId+" "+*r.TagKey] = true
			}
			pages++
			next := dara.StringValue(answer.Body.NextToken)
			if next == "" || pages > 10 {
				break
			}
			request.SetNextToken(next)
		}
		if len(seen) != 140 || pages != 3 {
			t.Errorf("%d tags on %d pages, want 140 on 3", len(seen), pages)
		}
	})
}

// TestConformanceLacks: what the simulator does not play says so.
func TestConformanceLacks(t *testing.T) {
	signed(t, images(), func(t *testing.T, c *sdk.Client) {
		_, err := c.DeleteImage(new(sdk.DeleteImageRequest).SetRegionId(region).SetImageId("m-1"))
		if failed := refused(t, err, 404, "InvalidAction.NotFound"); !strings.Contains(failed.Error(), `This simulator lacks the action "DeleteImage".`) {
			t.Errorf("message: %v", failed)
		}
	})
}
