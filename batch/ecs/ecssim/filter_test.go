package ecssim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// mixed returns images that differ in what they can be filtered by.
func mixed() []ecssim.Image {
	kinds := []struct {
		id, alias string
		edit      func(*ecssim.Image)
	}{
		{"plain", "self", func(*ecssim.Image) {}},
		{"windows", "self", func(i *ecssim.Image) { i.OSType = "windows" }},
		{"arm", "self", func(i *ecssim.Image) { i.Architecture = "arm64" }},
		{"grouped", "self", func(i *ecssim.Image) { i.ResourceGroupID = "rg-1" }},
		{"published", "self", func(i *ecssim.Image) { i.Public = true }},
		{"theirs", "others", func(i *ecssim.Image) { i.OwnerID = "42" }},
		{"community", "others", func(i *ecssim.Image) { i.OwnerID, i.Public = "42", true }},
		{"system", "system", func(*ecssim.Image) {}},
	}
	images := make([]ecssim.Image, len(kinds))
	for n, k := range kinds {
		images[n] = image("m-"+k.id, k.id)
		images[n].OwnerAlias = k.alias
		images[n].Created = images[n].Created.Add(-time.Duration(n) * time.Hour)
		k.edit(&images[n])
	}
	return images
}

// Source of the rows: the DescribeImages reference, request parameters.
func TestMoreFilters(t *testing.T) {
	const usual = "plain windows arm grouped published theirs system" // without the community
	for _, tt := range []struct {
		name string
		set  []string
		want string // names, newest first
	}{
		{"no community images unless asked", nil, usual},
		{"nor if they are not wanted", []string{"IsPublic", "false"}, usual},
		{"community images", []string{"IsPublic", "true", "ImageOwnerAlias", "others"}, "community"},
		{"shared images", []string{"IsPublic", "false", "ImageOwnerAlias", "others"}, "theirs"},
		{"own ones, published or not", []string{"ImageOwnerAlias", "self"}, "plain windows arm grouped published"},
		{"a community image by its id", []string{"ImageId", "m-community", "ImageOwnerAlias", "others"}, ""},
		{"linux", []string{"OSType", "linux"}, "plain arm grouped published theirs system"},
		{"windows", []string{"OSType", "windows"}, "windows"},
		{"x86_64", []string{"Architecture", "x86_64"}, "plain windows grouped published theirs system"},
		{"arm64", []string{"Architecture", "arm64"}, "arm"},
		{"i386", []string{"Architecture", "i386"}, ""},
		{"a group, with the default one", []string{"ResourceGroupId", "rg-1"}, usual},
		{"another group, with the default one", []string{"ResourceGroupId", "rg-2"}, "plain windows arm published theirs system"},
		{"an owner", []string{"ImageOwnerId", "42"}, "theirs"},
		{"an owner of community images", []string{"ImageOwnerId", "42", "ImageOwnerAlias", "others", "IsPublic", "true"}, "community"},
		{"another owner of community images", []string{"ImageOwnerId", "43", "ImageOwnerAlias", "others", "IsPublic", "true"}, ""},
		{"the account itself", []string{"ImageOwnerId", accountID}, "plain windows arm grouped published"},
		{"an owner of own images has no effect", []string{"ImageOwnerId", "42", "ImageOwnerAlias", "self"}, "plain windows arm grouped published"},
		{"with cloud-init", []string{"IsSupportCloudinit", "true"}, usual},
		{"without cloud-init", []string{"IsSupportCloudinit", "false"}, ""},
		{"I/O optimized", []string{"IsSupportIoOptimized", "true"}, usual},
		{"not I/O optimized", []string{"IsSupportIoOptimized", "false"}, ""},
		{"created from a time on", []string{"Filter.1.Key", "CreationStartTime", "Filter.1.Value", "2024-12-31T22:00Z"}, "plain windows arm"},
		{"created up to a time", []string{"Filter.1.Key", "CreationEndTime", "Filter.1.Value", "2024-12-31T19:00Z"}, "theirs system"},
		{"created within a span", []string{
			"Filter.1.Key", "CreationStartTime", "Filter.1.Value", "2024-12-31T21:59Z",
			"Filter.2.Key", "CreationEndTime", "Filter.2.Value", "2024-12-31T23:00Z",
		}, "windows arm"},
		{"several filters", []string{"OSType", "linux", "Architecture", "x86_64", "ResourceGroupId", "rg-1", "ImageOwnerId", accountID, "ImageName", "p"}, "plain grouped published"},
		{"empty filters", []string{"OSType", "", "IsPublic", "", "ImageOwnerId", "", "Filter.1.Key", "", "Filter.1.Value", "", "Filter", ""}, usual},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newServer(t, ecssim.Config{}, mixed()...)
			got := c.describe(t, tt.set...)
			check(t, got, 200, "")
			if names := strings.Join(got.names(), " "); names != tt.want || got.TotalCount != len(got.names()) {
				t.Errorf("names = %q of %d, want %q", names, got.TotalCount, tt.want)
			}
		})
	}
}

// Source of the rows: the DescribeImages reference, error codes.
func TestMoreFiltersRefuse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		set    []string
		status int
		code   string
	}{
		{"an unknown system", []string{"OSType", "Linux"}, 404, "InvalidOSType"},
		{"an unknown architecture", []string{"Architecture", "x86"}, 404, "InvalidArchitecture"},
		{"an unknown kind of owner", []string{"ImageOwnerAlias", "slef"}, 400, "InvalidImageOwnerAlias.ValueNotSupported"},
		{"an unknown usage", []string{"Usage", "disk"}, 400, "InvalidParameter"},
		{"community images, of no one", []string{"IsPublic", "true"}, 400, "InvalidImageOwnerAlias.ValueNotSupported"},
		{"own community images", []string{"IsPublic", "true", "ImageOwnerAlias", "self"}, 400, "InvalidImageOwnerAlias.ValueNotSupported"},
		{"perhaps public", []string{"IsPublic", "maybe"}, 400, "InvalidParameter"},
		{"perhaps with cloud-init", []string{"IsSupportCloudinit", "1"}, 400, "InvalidParameter"},
		{"perhaps I/O optimized", []string{"IsSupportIoOptimized", "optimized"}, 400, "InvalidParameter"},
		{"an owner that is no number", []string{"ImageOwnerId", "me"}, 400, "InvalidParameter"},
		{"an owner below zero", []string{"ImageOwnerId", "-1"}, 400, "InvalidParameter"},
		{"an unknown filter", []string{"Filter.1.Key", "Name", "Filter.1.Value", "2024-12-31T22:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{"a time with seconds", []string{"Filter.1.Key", "CreationEndTime", "Filter.1.Value", "2024-12-31T22:00:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{"a filter without a value", []string{"Filter.1.Key", "CreationEndTime"}, 404, "InvalidFilterKey.NotFound"},
		{"a filter without a key", []string{"Filter.1.Value", "2024-12-31T22:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{"a filter whose number is none", []string{"Filter.x.Key", "CreationEndTime"}, 400, "InvalidParameter"},
		{"filters as text", []string{"Filter", "[]"}, 400, "InvalidParameter"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newServer(t, ecssim.Config{}, mixed()...)
			got := c.describe(t, tt.set...)
			check(t, got, tt.status, tt.code)
		})
	}
	_, c := newServer(t, ecssim.Config{}, mixed()...)
	got := c.describe(t, "Filter.2.Key", "NetworkType", "Filter.2.Value", "vpc")
	check(t, got, 400, "UnsupportedParameter")
	checkLacks(t, got, "the filter NetworkType")
}

// An image shows what it can be filtered by.
func TestDescribeShowsFilters(t *testing.T) {
	type shown struct {
		ImageName, OSType, Architecture, ResourceGroupID   string
		ImageOwnerID                                       json.Number
		IsPublic, IsSupportCloudinit, IsSupportIoOptimized bool
	}
	_, c := newServer(t, ecssim.Config{}, mixed()...)
	got := make(map[string]shown)
	for _, set := range [][]string{nil, {"IsPublic", "true", "ImageOwnerAlias", "others"}} {
		var answer struct{ Images struct{ Image []shown } }
		if err := json.Unmarshal([]byte(c.describe(t, set...).Raw), &answer); err != nil {
			t.Fatal(err)
		}
		for _, i := range answer.Images.Image {
			got[i.ImageName] = i
		}
	}
	for _, want := range []shown{
		{"plain", "linux", "x86_64", "", accountID, false, true, true},
		{"windows", "windows", "x86_64", "", accountID, false, true, true},
		{"arm", "linux", "arm64", "", accountID, false, true, true},
		{"grouped", "linux", "x86_64", "rg-1", accountID, false, true, true},
		{"published", "linux", "x86_64", "", accountID, true, true, true},
		{"theirs", "linux", "x86_64", "", "42", false, true, true},
		{"community", "linux", "x86_64", "", "42", true, true, true},
		{"system", "linux", "x86_64", "", "", false, true, true},
	} {
		if got[want.ImageName] != want {
			t.Errorf("image = %+v, want %+v", got[want.ImageName], want)
		}
	}
}

// The plain listing's shortcut must not show a community image, even one that
// was not when the server started.
func TestPlainListingHasNoCommunity(t *testing.T) {
	i := image("m-2", "two")
	i.OwnerAlias = "others"
	s, c := newServer(t, ecssim.Config{}, image("m-1", "one"), i)
	if got := strings.Join(c.describe(t).names(), " "); got != "one two" {
		t.Errorf("names = %q", got)
	}
	if got := c.describe(t, "OSType", "windows").names(); len(got) > 0 {
		t.Errorf("names = %q of images for windows", got)
	}
	i.Public = true
	if err := s.Put(accountID, region, i); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.describe(t).names(), " "); got != "one" {
		t.Errorf("names = %q after it was published", got)
	}
}
