package ecssim_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

// Source of the rows: the DescribeImages reference, request parameters.
func TestDescribeFilters(t *testing.T) {
	images := gallery()
	for n := range images {
		images[n].Created = images[n].Created.Add(-time.Duration(n) * time.Hour)
	}
	images[1].Tags = []ecssim.Tag{{Key: "team", Value: "db"}, {Key: "env", Value: "prod"}}
	const all = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
	for _, tt := range []struct {
		name string
		set  []string
		want string // names, newest first
	}{
		{"only Available ones by default", []string{}, "one two shared busy hardened fussy system"},
		{"one status", []string{"Status", "Deprecated"}, "old"},
		{"several statuses", []string{"Status", "Creating,Waiting"}, "young younger"},
		{"all statuses", []string{"Status", all, "PageSize", "100"}, "one two old broken young younger shared busy hardened fussy system"},
		{"ALL, as Terraform asks", []string{"Status", "ALL", "PageSize", "100"}, "one two old broken young younger shared busy hardened fussy system"},
		{"ALL among others", []string{"Status", "Available,ALL", "ImageId", "m-deprecated"}, "old"},
		{"all in small letters is no status", []string{"Status", "all"}, ""},
		{"own ones", []string{"ImageOwnerAlias", "self"}, "one two shared busy hardened fussy"},
		{"those of the system", []string{"ImageOwnerAlias", "system"}, "system"},
		{"one id", []string{"ImageId", "m-2"}, "two"},
		{"ids joined by commas, in the listing's order", []string{"ImageId", "m-2,m-1,m-2"}, "one two"},
		{"an id in another status", []string{"ImageId", "m-deprecated"}, ""},
		{"an unknown id", []string{"ImageId", "m-none"}, ""},
		{"a name is fuzzy", []string{"ImageName", "US"}, "busy fussy"},
		{"a family", []string{"ImageFamily", "web"}, "one"},
		{"a usage", []string{"Usage", "instance"}, "busy"},
		{"a tag", []string{"Tag.1.Key", "team", "Tag.1.Value", "db"}, "two"},
		{"a tag's key", []string{"Tag.1.Key", "team"}, "two"},
		{"a tag's older spelling", []string{"Tag.1.key", "team", "Tag.1.value", "db"}, "two"},
		{"a tag with another number", []string{"Tag.2.Key", "team"}, "two"},
		{"an empty tag", []string{"Tag.1.Key", "", "Tag.1.Value", "", "ImageId", "m-1"}, "one"},
		{"two tags", []string{"Tag.1.Key", "team", "Tag.2.Key", "env", "Tag.2.Value", "test"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newServer(t, ecssim.Config{}, images...)
			got := c.call(t, "DescribeImages", append([]string{"RegionId", region}, tt.set...)...)
			check(t, got, 200, "")
			if names := strings.Join(got.names(), " "); names != tt.want {
				t.Errorf("names = %q, want %q", names, tt.want)
			}
			if got.TotalCount != len(got.names()) {
				t.Errorf("TotalCount = %d for %d images", got.TotalCount, len(got.names()))
			}
		})
	}
}

func TestDescribeShowsAllValues(t *testing.T) {
	i := image("m-1", "黄金镜像")
	i.Description, i.Family, i.NvmeSupport, i.ImdsSupport, i.Shared = `a "b" <c> & \d`, "web", "supported", "v2", true
	i.Tags = []ecssim.Tag{{Key: "team", Value: "图"}}
	_, c := newServer(t, ecssim.Config{}, i)
	want := replyImage{
		ImageID: "m-1", ImageName: "黄金镜像", Description: `a "b" <c> & \d`, ImageFamily: "web",
		Status: "Available", ImageOwnerAlias: "self", IsSelfShared: "True",
	}
	want.Features.NvmeSupport, want.Features.ImdsSupport = "supported", "v2"
	want.Tags.Tag = append(want.Tags.Tag, struct{ TagKey, TagValue string }{"team", "图"})
	if diff := cmp.Diff([]replyImage{want}, c.describe(t).Images.Image); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
}

func TestDescribePages(t *testing.T) {
	_, c := newServer(t, ecssim.Config{}, ecssim.Generate(205, region)[region]...)
	for _, tt := range []struct {
		name       string
		set        []string
		page, size int
		length     int
		first      string
	}{
		{"ten on the first page by default", nil, 1, 10, 10, "image-000001"},
		{"a full page", []string{"PageNumber", "2", "PageSize", "100"}, 2, 100, 100, "image-000101"},
		{"the last page", []string{"PageNumber", "3", "PageSize", "100"}, 3, 100, 5, "image-000201"},
		{"past the end", []string{"PageNumber", "4", "PageSize", "100"}, 4, 100, 0, ""},
		{"a searched listing", []string{"PageNumber", "2", "PageSize", "2", "ImageName", "image-00000"}, 2, 2, 2, "image-000003"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.describe(t, tt.set...)
			check(t, got, 200, "")
			if got.PageNumber != tt.page || got.PageSize != tt.size || len(got.names()) != tt.length {
				t.Errorf("page %d of size %d has %d images, want %d, %d, %d", got.PageNumber, got.PageSize, len(got.names()), tt.page, tt.size, tt.length)
			}
			if tt.first != "" && got.names()[0] != tt.first {
				t.Errorf("the page begins with %s, want %s", got.names()[0], tt.first)
			}
			if got.RegionID != region {
				t.Errorf("RegionId = %q", got.RegionID)
			}
		})
	}
}

func TestDescribeRefuses(t *testing.T) {
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = fmt.Sprintf("m-%d", i)
	}
	for _, tt := range []struct {
		name string
		set  []string
		code string
	}{
		{"page 0", []string{"PageNumber", "0"}, "InvalidParameter"},
		{"a page that is no number", []string{"PageNumber", "one"}, "InvalidParameter"},
		{"pages of none", []string{"PageSize", "0"}, "InvalidParameter"},
		{"pages of 101", []string{"PageSize", "101"}, "InvalidParameter"},
		{"101 ids", []string{"ImageId", strings.Join(ids, ",")}, "InvalidParameter"},
		{"21 tags", numbered(21, "Tag", ".Key", "k"), "InvalidTagCount"},
		{"a tag without a key", []string{"Tag.1.Value", "db"}, "InvalidTag.Mismatch"},
		{"tags as text", []string{"Tag", `[{"Key":"team"}]`}, "InvalidParameter"},
		{"a dry run", []string{"DryRun", "true"}, "DryRunOperation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newServer(t, ecssim.Config{}, gallery()...)
			check(t, c.describe(t, tt.set...), 400, tt.code)
		})
	}
	_, c := newServer(t, ecssim.Config{})
	check(t, c.call(t, "DescribeImages"), 400, "MissingParameter")
	check(t, c.call(t, "DescribeImages", "RegionId", "mars-1"), 404, "InvalidRegionId.NotFound")
}

func TestDescribeLacks(t *testing.T) {
	for _, name := range []string{"SnapshotId", "InstanceType", "ActionType", "Usable"} {
		t.Run(name, func(t *testing.T) {
			_, c := newServer(t, ecssim.Config{}, gallery()...)
			got := c.describe(t, name, "x")
			check(t, got, 400, "UnsupportedParameter")
			checkLacks(t, got, "the filter "+name)
			if !strings.Contains(got.Message, `"`+name+`"`) {
				t.Errorf("message %q does not name the filter as ECS does", got.Message)
			}
		})
	}
}

// Whether ids joined by commas are still taken is open.
func TestIDLists(t *testing.T) {
	for _, tt := range []struct {
		lists  ecssim.IDLists
		status int
		found  int
	}{
		{ecssim.IDListsAccepted, 200, 2},
		{ecssim.IDListsUnknown, 200, 0},
		{ecssim.IDListsRefused, 400, 0},
	} {
		_, c := newServer(t, ecssim.Config{Open: ecssim.Open{IDLists: tt.lists}}, gallery()...)
		got := c.describe(t, "ImageId", "m-1,m-2")
		if got.Status != tt.status || len(got.names()) != tt.found {
			t.Errorf("lists %d: %d with %d images, want %d with %d", tt.lists, got.Status, len(got.names()), tt.status, tt.found)
		}
		if one := c.describe(t, "ImageId", "m-1"); len(one.names()) != 1 {
			t.Errorf("lists %d: a single id finds %d images", tt.lists, len(one.names()))
		}
	}
}

// Reads may lag behind writes by some seconds; how far is open.
func TestReadLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{Open: ecssim.Open{ReadLag: 3 * time.Second}}, image("m-1", "one"), image("m-2", "two"))
		check(t, c.modify(t, "m-1", "ImageName", "three"), 200, "")
		check(t, c.modify(t, "m-2", "ImageName", "one"), 200, "") // names are not read with a lag
		s.Remove(accountID, region, "m-2")
		if err := s.Put(accountID, region, image("m-3", "four")); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			want  string
		}{
			{0, "one two"},
			{2999 * time.Millisecond, "one two"},
			{time.Millisecond, "three four"},
		} {
			time.Sleep(step.after)
			if got := strings.Join(c.describe(t).names(), " "); got != step.want {
				t.Errorf("after %v more: names = %q, want %q", step.after, got, step.want)
			}
		}
	})
}

// Some editions answer with other types, and leave empty fields out.
func TestLooseTypes(t *testing.T) {
	_, c := newServer(t, ecssim.Config{Open: ecssim.Open{LooseTypes: true}}, image("m-1", "one"))
	response, err := c.transport.RoundTrip(c.sign("DescribeImages", "RegionId", region))
	if err != nil {
		t.Fatal(err)
	}
	body := new(strings.Builder)
	if err := response.Write(body); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"TotalCount":"1"`, `"IsSelfShared":false`} {
		if !strings.Contains(body.String(), want) {
			t.Errorf("body %s lacks %s", body, want)
		}
	}
	if strings.Contains(body.String(), "Description") {
		t.Errorf("body %s shows an empty description", body)
	}
}

func TestDescribeRegions(t *testing.T) {
	_, c := newServer(t, ecssim.Config{Accounts: []ecssim.Account{{
		Keys:    []ecssim.Key{{AccessKeyID: keyID, Secret: secret}},
		Regions: map[string][]ecssim.Image{"cn-shanghai": nil, "cn-beijing": nil},
	}}})
	got := c.call(t, "DescribeRegions")
	check(t, got, 200, "")
	if b, s := strings.Index(got.Raw, `"RegionId":"cn-beijing"`), strings.Index(got.Raw, `"RegionId":"cn-shanghai"`); b < 0 || s < b {
		t.Errorf("regions = %s, want cn-beijing and cn-shanghai in order", got.Raw)
	}
}

// The plain listing takes a shortcut, which must show what the long way shows.
func TestListingWaysAgree(t *testing.T) {
	images := append(gallery(), ecssim.Generate(30, region)[region]...)
	s, c := newServer(t, ecssim.Config{}, images...)
	short := c.describe(t, "PageSize", "100")
	long := c.describe(t, "PageSize", "100", "ImageName", "")
	if err := s.Put(accountID, region, image("m-gone", "gone")); err != nil {
		t.Fatal(err)
	}
	s.Remove(accountID, region, "m-gone") // from now on there is a gap to step over
	gap := c.describe(t, "PageSize", "100")
	if diff := cmp.Diff(short.Images, long.Images); diff != "" {
		t.Errorf("(-plain +searched):\n%s", diff)
	}
	if diff := cmp.Diff(short.Images, gap.Images); diff != "" {
		t.Errorf("(-plain +with a gap):\n%s", diff)
	}
}
