package ecssim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// newest returns the name of the image that the family stands for.
func (c *client) newest(t *testing.T, family string) string {
	t.Helper()
	got := c.call(t, "DescribeImageFromFamily", "RegionId", region, "ImageFamily", family)
	check(t, got, 200, "")
	var answer struct{ Image *replyImage }
	if err := json.Unmarshal([]byte(got.Raw), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Image == nil {
		return "no image"
	}
	return answer.Image.ImageName
}

// Source: the DescribeImageFromFamily reference.
func TestImageFromFamily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(family string, age time.Duration, i ecssim.Image) ecssim.Image {
			i.Family, i.Created = family, i.Created.Add(-age)
			return i
		}
		old, system, theirs := image("m-old", "deprecated"), image("ubuntu_22", "system"), image("m-9", "shared")
		old.Status, system.OwnerAlias, theirs.OwnerAlias = "Deprecated", "system", "others"
		_, c := newServer(t, ecssim.Config{Open: ecssim.Open{ReadLag: time.Second}},
			in("web", 2*time.Hour, image("m-1", "older")), in("web", time.Hour, image("m-2", "newer")), in("web", 0, old),
			in("web", 0, system), in("db", 0, image("m-3", "other")), in("theirs", 0, theirs),
		)
		if got := c.newest(t, "web"); got != "newer" {
			t.Errorf("web = %q, want the newest own image that is Available", got)
		}
		for _, family := range []string{"we", "WEB", "theirs", "none"} {
			if got := c.newest(t, family); got != "no image" {
				t.Errorf("%s = %q", family, got)
			}
		}
		check(t, c.modify(t, "m-1", "ImageFamily", "db"), 200, "")
		check(t, c.modify(t, "m-2", "Status", "Deprecated"), 200, "")
		if got := c.newest(t, "web"); got != "newer" {
			t.Errorf("web = %q at once, want what was there a second ago", got)
		}
		time.Sleep(time.Second)
		if got := c.newest(t, "web"); got != "no image" {
			t.Errorf("web = %q after both left it", got)
		}
		if got := c.newest(t, "db"); got != "other" {
			t.Errorf("db = %q, want its newest image", got)
		}
	})
}

func TestImageFromFamilyShape(t *testing.T) {
	i := image("m-1", "one")
	i.Family, i.Tags = "web", []ecssim.Tag{{Key: "team", Value: "图"}}
	s, c := newServer(t, ecssim.Config{}, i)
	check(t, c.call(t, "DescribeImageFromFamily", "RegionId", region), 400, "MissingParameter")
	check(t, c.call(t, "DescribeImageFromFamily", "ImageFamily", "web"), 400, "MissingParameter")
	query := rpc(c, "GET", nil, "Action", "DescribeImageFromFamily", "RegionId", region, "ImageFamily", "web")
	got, err := roundTrip(s, request(t, "GET", "https://ecs.aliyuncs.com/?"+query.Encode(), ""))
	if err != nil || !strings.Contains(got.Raw, "</RequestId><Image><ImageId>m-1</ImageId>") || !strings.HasSuffix(got.Raw, "</Image></DescribeImageFromFamilyResponse>") {
		t.Errorf("answer = %s (%v)", got.Raw, err)
	}
	for _, want := range []string{"<ImageFamily>web</ImageFamily>", "<TagKey>team</TagKey><TagValue>图</TagValue>"} {
		if !strings.Contains(got.Raw, want) {
			t.Errorf("answer %s lacks %s", got.Raw, want)
		}
	}
	if strings.Contains(got.Raw, "BootMode") {
		t.Errorf("answer %s has a field that the reference does not have", got.Raw)
	}
}
