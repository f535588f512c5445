package ecs_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
)

func TestListingsOfSeveralEditions(t *testing.T) {
	full := ecs.Image{
		ID: "m-1", Created: "2025-01-01T00:00:00Z", Shared: true, InUse: true,
		Attributes: ecs.Attributes{
			ImageName: "web", Description: "a\nb", ImageFamily: "f", Status: "Available",
			BootMode: "UEFI", LicenseType: "BYOL", NvmeSupport: "supported", ImdsSupport: "v2",
		},
	}
	const fields = `"ImageId":"m-1","ImageName":"web","Description":"a\nb","ImageFamily":"f","Status":"Available",` +
		`"BootMode":"UEFI","LicenseType":"BYOL","CreationTime":"2025-01-01T00:00:00Z","Usage":"instance",`
	const featured = `"Features":{"NvmeSupport":"supported","ImdsSupport":"v2"}`
	tagged := full
	tagged.Public, tagged.ResourceGroupID, tagged.Tags = true, "rg-1", []ecs.Tag{{Key: "a"}, {Key: "b", Value: "2"}}
	const tags = `[{"TagKey":"a","TagValue":""},{"TagKey":"b","TagValue":2}]`
	one := func(image string) string {
		return `{"RequestId":"R","TotalCount":1,"Images":{"Image":[{` + image + `}]}}`
	}
	bare := ecs.Image{ID: "m-1"}
	for _, tt := range []struct {
		name, body string
		want       ecs.Page
	}{
		{"text", one(fields + featured + `,"IsSelfShared":"True"`), ecs.Page{Images: []ecs.Image{full}, Total: 1}},
		{"truth value", one(fields + featured + `,"IsSelfShared":true`), ecs.Page{Images: []ecs.Image{full}, Total: 1}},
		{"number", one(fields + featured + `,"IsSelfShared":1`), ecs.Page{Images: []ecs.Image{full}, Total: 1}},
		{"fields nobody asked for", one(fields + featured + `,"IsSelfShared":"true","DiskDeviceMappings":{"DiskDeviceMapping":[]},"Size":40`), ecs.Page{Images: []ecs.Image{full}, Total: 1}},
		{"fields that are missing", one(`"ImageId":"m-1"`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"null", one(`"ImageId":"m-1","ImageName":null,"Description":null,"IsSelfShared":null,"Features":null`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"false", one(`"ImageId":"m-1","IsSelfShared":"False","Usage":"none"`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"empty features as text", one(`"ImageId":"m-1","Features":""`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"empty features as a list", one(`"ImageId":"m-1","Features":[]`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"features with other types", one(`"ImageId":"m-1","Features":{"NvmeSupport":true,"ImdsSupport":null,"New":{}}`), ecs.Page{Images: []ecs.Image{{ID: "m-1", Attributes: ecs.Attributes{NvmeSupport: "true"}}}, Total: 1}},
		{"published and tagged", one(fields + featured + `,"IsSelfShared":"true","IsPublic":true,"ResourceGroupId":"rg-1","Tags":{"Tag":` + tags + `}`), ecs.Page{Images: []ecs.Image{tagged}, Total: 1}},
		{"published as text, tags in a flat list", one(fields + featured + `,"IsSelfShared":"true","IsPublic":"True","ResourceGroupId":"rg-1","Tags":` + tags), ecs.Page{Images: []ecs.Image{tagged}, Total: 1}},
		{"no tags", one(`"ImageId":"m-1","IsPublic":false,"ResourceGroupId":"","Tags":{"Tag":[]}`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"empty tags as text", one(`"ImageId":"m-1","IsPublic":null,"Tags":""`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"tags of null", one(`"ImageId":"m-1","Tags":{"Tag":null}`), ecs.Page{Images: []ecs.Image{bare}, Total: 1}},
		{"numbers as text", `{"RequestId":"R","TotalCount":"250","PageNumber":"3","PageSize":"100","Images":{"Image":[]}}`, ecs.Page{Images: []ecs.Image{}, Total: 250}},
		{"no image at all", `{"RequestId":"R","TotalCount":0,"Images":{"Image":[]}}`, ecs.Page{Images: []ecs.Image{}}},
		{"a count that no number holds", `{"RequestId":"R","TotalCount":99999999999999999999,"Images":{"Image":[]}}`, ecs.Page{Images: []ecs.Image{}, Total: math.MaxInt}},
		{"no list where there is no image", `{"RequestId":"R","TotalCount":0}`, ecs.Page{Images: []ecs.Image{}}},
		{"null where there is no image", `{"RequestId":"R","TotalCount":0,"Images":{"Image":null}}`, ecs.Page{Images: []ecs.Image{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := answering(200, tt.body).DescribeImages(t.Context(), ecs.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A reply that was not understood must never look like a lane without images.
func TestBrokenListingsAreErrors(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"no count", `{"RequestId":"R","Images":{"Image":[]}}`, "the reply has no TotalCount"},
		{"a count that is none", `{"RequestId":"R","TotalCount":"many","Images":{"Image":[]}}`, "the reply has no TotalCount"},
		{"a negative count", `{"RequestId":"R","TotalCount":-1,"Images":{"Image":[]}}`, "the reply has no TotalCount"},
		{"no images", `{"RequestId":"R","TotalCount":1}`, "the reply has no Images"},
		{"images as text", `{"RequestId":"R","TotalCount":1,"Images":"m-1"}`, "the reply has an unexpected form"},
		{"images in a flat list", `{"RequestId":"R","TotalCount":1,"Images":[{"ImageId":"m-1"}]}`, "the reply has an unexpected form"},
		{"an image without an id", `{"RequestId":"R","TotalCount":1,"Images":{"Image":[{"ImageName":"web"}]}}`, "the reply has an image without an id"},
		{"a name that is an object", `{"RequestId":"R","TotalCount":1,"Images":{"Image":[{"ImageId":"m-1","ImageName":{"a":"b"}}]}}`, "the reply has an unexpected form"},
		{"a name that is a list", `{"RequestId":"R","TotalCount":1,"Images":{"Image":[{"ImageId":"m-1","ImageName":["a"]}]}}`, "the reply has an unexpected form"},
		{"cut", `{"RequestId":"R","TotalCount":1,"Images":{"Image":[{"ImageId":`, "the reply is not the API's"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, err := answering(200, tt.body).DescribeImages(t.Context(), ecs.Query{})
			if want := "DescribeImages: HTTP status 200: " + tt.want; err == nil || err.Error() != want || ecs.Classify(err) != ecs.Ambiguous {
				t.Errorf("%v, %v (%v), want %s", page, err, ecs.Classify(err), want)
			}
		})
	}
}

func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"RequestId":"R","TotalCount":1,"Images":{"Image":[{"ImageId":"m-1","Features":[]}]}}`,
		`{"RequestId":"R","Code":"Throttling"}`, `{"RequestId":1,"Code":null}`, `{"Code":{}}`, "\xff",
	} {
		f.Add(200, seed)
		f.Add(500, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c := answering(status, body)
		page, err := c.DescribeImages(t.Context(), ecs.Query{})
		if err == nil {
			for _, image := range page.Images {
				if image.ID == "" || status != 200 {
					t.Errorf("%d %q gives %+v", status, body, page)
				}
			}
		}
		err = rename(t, c)
		if class := ecs.Classify(err); class == ecs.Undecided || class == ecs.Unsent || err == nil && status != 200 {
			t.Errorf("%d %q is %v", status, body, class)
		}
		if exposed(fmt.Sprint(err)) != "" {
			t.Errorf("%v", err)
		}
	})
}
