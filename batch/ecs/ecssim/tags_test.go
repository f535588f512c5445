package ecssim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

// A tagPage is an answer of ListTagResources.
type tagPage struct {
	NextToken    string
	TagResources struct {
		TagResource []struct{ ResourceID, ResourceType, TagKey, TagValue string }
	}
}

// tagged makes a call about the tags of images.
func (c *client) tagged(t testing.TB, action string, set ...string) reply {
	t.Helper()
	return c.call(t, action, append([]string{"RegionId", region, "ResourceType", "image"}, set...)...)
}

// tags lists one page as "image key=value".
func (c *client) tags(t testing.TB, set ...string) (page []string, next string) {
	t.Helper()
	got := c.tagged(t, "ListTagResources", set...)
	check(t, got, 200, "")
	var answer tagPage
	if err := json.Unmarshal([]byte(got.Raw), &answer); err != nil {
		t.Fatal(err)
	}
	for _, r := range answer.TagResources.TagResource {
		if r.ResourceType != "image" {
			t.Errorf("ResourceType = %q", r.ResourceType)
		}
		page = append(page, r.ResourceID+" "+r.TagKey+"="+r.TagValue)
	}
	return page, answer.NextToken
}

// withTags returns an image with n tags k1=v1, k2=v2 …
func withTags(id, name string, n int) ecssim.Image {
	i := image(id, name)
	for k := range n {
		i.Tags = append(i.Tags, ecssim.Tag{Key: fmt.Sprintf("k%d", k+1), Value: fmt.Sprintf("v%d", k+1)})
	}
	return i
}

// Source of the rows: the references of TagResources and UntagResources,
// request parameters.
func TestTags(t *testing.T) {
	for _, tt := range []struct {
		name   string
		action string
		set    []string
		want   string // the tags of m-1 and m-2 afterwards
	}{
		{"a new tag", "TagResources", []string{"ResourceId.1", "m-1", "Tag.1.Key", "team", "Tag.1.Value", "图"}, "k1=v1 k2=v2 team=图; k1=v1"},
		{"a new value", "TagResources", []string{"ResourceId.1", "m-1", "Tag.1.Key", "k1", "Tag.1.Value", "new"}, "k1=new k2=v2; k1=v1"},
		{"no value", "TagResources", []string{"ResourceId.1", "m-1", "Tag.1.Key", "k1"}, "k1= k2=v2; k1=v1"},
		{"two tags on two images", "TagResources", []string{"ResourceId.1", "m-1", "ResourceId.2", "m-2", "Tag.1.Key", "k2", "Tag.1.Value", "2", "Tag.2.Key", "a"}, "k1=v1 k2=2 a=; k1=v1 k2=2 a="},
		{"an image named twice", "TagResources", []string{"ResourceId.1", "m-2", "ResourceId.2", "m-2", "Tag.1.Key", "a"}, "k1=v1 k2=v2; k1=v1 a="},
		{"the older spelling", "TagResources", []string{"ResourceId.1", "m-2", "Tag.1.key", "a", "Tag.1.value", "b"}, "k1=v1 k2=v2; k1=v1 a=b"},
		{"numbers with a gap", "TagResources", []string{"ResourceId.3", "m-2", "Tag.7.Key", "a"}, "k1=v1 k2=v2; k1=v1 a="},
		{"128 characters", "TagResources", []string{"ResourceId.1", "m-2", "Tag.1.Key", strings.Repeat("图", 128)}, "k1=v1 k2=v2; k1=v1 " + strings.Repeat("图", 128) + "="},
		{"a key removed", "UntagResources", []string{"ResourceId.1", "m-1", "TagKey.1", "k1"}, "k2=v2; k1=v1"},
		{"a key that is not there removed", "UntagResources", []string{"ResourceId.1", "m-1", "TagKey.1", "k3"}, "k1=v1 k2=v2; k1=v1"},
		{"all removed", "UntagResources", []string{"ResourceId.1", "m-1", "ResourceId.2", "m-2", "All", "true"}, "; "},
		{"a key counts before All", "UntagResources", []string{"ResourceId.1", "m-1", "TagKey.1", "k2", "All", "true"}, "k1=v1; k1=v1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{}, withTags("m-1", "one", 2), withTags("m-2", "two", 1))
			check(t, c.tagged(t, tt.action, tt.set...), 200, "")
			var got []string
			for _, i := range s.Images(accountID, region) {
				var tags []string
				for _, tag := range i.Tags {
					tags = append(tags, tag.Key+"="+tag.Value)
				}
				got = append(got, strings.Join(tags, " "))
			}
			if got := strings.Join(got, "; "); got != tt.want {
				t.Errorf("tags = %q, want %q", got, tt.want)
			}
		})
	}
}

// numbered returns prefix.1, prefix.2 … with a value each.
func numbered(n int, prefix, suffix, value string) (set []string) {
	for k := 1; k <= n; k++ {
		set = append(set, fmt.Sprintf("%s.%d%s", prefix, k, suffix), fmt.Sprintf("%s%d", value, k))
	}
	return set
}

// Source of the rows: the error tables of the three references. Nothing is done
// by a call that is refused, not even on the images that it could have tagged.
func TestTagsRefuse(t *testing.T) {
	one := []string{"ResourceId.1", "m-1"}
	tag := []string{"Tag.1.Key", "a", "Tag.1.Value", "b"}
	for _, tt := range []struct {
		name   string
		action string
		set    [][]string
		status int
		code   string
	}{
		{"no tag", "TagResources", [][]string{one}, 404, "MissingParameter.Tags"},
		{"no image", "TagResources", [][]string{tag}, 400, "MissingParameter"},
		{"an unknown image among others", "TagResources", [][]string{one, tag, {"ResourceId.2", "m-none"}}, 404, "InvalidResourceId.NotFound"},
		{"an image of the system", "TagResources", [][]string{one, tag, {"ResourceId.2", "ubuntu_22"}}, 404, "InvalidResourceId.NotFound"},
		{"51 images", "TagResources", [][]string{numbered(51, "ResourceId", "", "m-"), tag}, 400, "NumberExceed.ResourceIds"},
		{"21 tags", "TagResources", [][]string{one, numbered(21, "Tag", ".Key", "k")}, 400, "NumberExceed.Tags"},
		{"more than 20 with those it has", "TagResources", [][]string{one, {"ResourceId.2", "m-full"}, tag}, 400, "OperationDenied.QuotaExceed"},
		{"a key twice", "TagResources", [][]string{one, tag, {"Tag.2.Key", "a"}}, 400, "Duplicate.TagKey"},
		{"an empty key", "TagResources", [][]string{one, {"Tag.1.Key", "", "Tag.1.Value", "b"}}, 400, "InvalidTagKey.Malformed"},
		{"a value without a key", "TagResources", [][]string{one, tag, {"Tag.2.Value", "b"}}, 400, "InvalidTagKey.Malformed"},
		{"a key of 129 characters", "TagResources", [][]string{one, {"Tag.1.Key", strings.Repeat("图", 129)}}, 400, "InvalidTagKey.Malformed"},
		{"a key that begins with aliyun", "TagResources", [][]string{one, {"Tag.1.Key", "aliyun-a"}}, 400, "InvalidTagKey.Malformed"},
		{"a key that begins with acs:", "TagResources", [][]string{one, {"Tag.1.Key", "acs:a"}}, 400, "InvalidTagKey.Malformed"},
		{"a key that holds http://", "TagResources", [][]string{one, {"Tag.1.Key", "a http://"}}, 400, "InvalidTagKey.Malformed"},
		{"a key that is no text", "TagResources", [][]string{one, {"Tag.1.Key", "\xff"}}, 400, "InvalidTagKey.Malformed"},
		{"a value of 129 characters", "TagResources", [][]string{one, {"Tag.1.Key", "a", "Tag.1.Value", strings.Repeat("图", 129)}}, 400, "InvalidTagValue.Malformed"},
		{"a value that holds https://", "TagResources", [][]string{one, {"Tag.1.Key", "a", "Tag.1.Value", "a https://"}}, 400, "InvalidTagValue.Malformed"},
		{"a number that is none", "TagResources", [][]string{one, tag, {"Tag.0.Key", "x"}}, 400, "InvalidParameter"},
		{"a number spelled otherwise", "TagResources", [][]string{one, tag, {"ResourceId.02", "m-2"}}, 400, "InvalidParameter"},
		{"tags as text", "TagResources", [][]string{one, tag, {"Tag", `[{"Key":"a"}]`}}, 400, "InvalidParameter"},
		{"images as text", "TagResources", [][]string{one, tag, {"ResourceId", `["m-2"]`}}, 400, "InvalidParameter"},
		{"neither keys nor All", "UntagResources", [][]string{one, {"All", "false"}}, 404, "MissingParameter.Tags"},
		{"All is neither true nor false", "UntagResources", [][]string{one, {"All", "yes"}}, 400, "InvalidParameter"},
		{"nothing to remove from", "UntagResources", [][]string{{"All", "true"}}, 400, "MissingParameter"},
		{"21 keys", "UntagResources", [][]string{one, numbered(21, "TagKey", "", "k")}, 400, "NumberExceed.Tags"},
		{"a key to remove twice", "UntagResources", [][]string{one, {"TagKey.1", "k1", "TagKey.2", "k1"}}, 400, "Duplicate.TagKey"},
		{"an empty key to remove", "UntagResources", [][]string{one, {"TagKey.1", ""}}, 400, "InvalidTagKey.Malformed"},
		{"an unknown image to remove from", "UntagResources", [][]string{one, {"ResourceId.2", "m-none", "All", "true"}}, 404, "InvalidResourceId.NotFound"},
		{"nothing to list", "ListTagResources", nil, 404, "MissingParameter.Tags"},
		{"an unknown image to list", "ListTagResources", [][]string{one, {"ResourceId.2", "m-none"}}, 404, "InvalidResourceId.NotFound"},
		{"a value to list without a key", "ListTagResources", [][]string{{"Tag.1.Value", "v1"}}, 400, "InvalidParameter.TagValue"},
		{"a token that is none", "ListTagResources", [][]string{one, {"NextToken", "caeba0bbb2be03f84eb48b699f0a4883"}}, 400, "InvalidParameter"},
		{"a short token", "ListTagResources", [][]string{one, {"NextToken", "1"}}, 400, "InvalidParameter"},
		{"a filter by pattern", "ListTagResources", [][]string{{"TagFilter.1.TagKey", "k"}}, 400, "UnsupportedParameter"},
		{"a resource group", "ListTagResources", [][]string{{"Tag.1.Key", "acs:rm:rgId", "Tag.1.Value", "rg-1"}}, 400, "UnsupportedParameter"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			system := image("ubuntu_22", "system")
			system.OwnerAlias = "system"
			s, c := newServer(t, ecssim.Config{}, withTags("m-1", "one", 2), withTags("m-2", "two", 2), withTags("m-full", "full", 20), system)
			before := s.Images(accountID, region)
			var set []string
			for _, part := range tt.set {
				set = append(set, part...)
			}
			check(t, c.tagged(t, tt.action, set...), tt.status, tt.code)
			if diff := cmp.Diff(before, s.Images(accountID, region)); diff != "" {
				t.Errorf("images (-before +after):\n%s", diff)
			}
		})
	}
	_, c := newServer(t, ecssim.Config{}, withTags("m-1", "one", 2))
	for _, action := range []string{"TagResources", "UntagResources", "ListTagResources"} {
		with := func(set ...string) []string {
			return append(set, "ResourceId.1", "m-1", "Tag.1.Key", "a", "TagKey.1", "a")
		}
		check(t, c.call(t, action, with("ResourceType", "image")...), 404, "MissingParameter.RegionId")
		check(t, c.call(t, action, with("RegionId", region)...), 404, "MissingParameter.ResourceType")
		check(t, c.call(t, action, with("RegionId", region, "ResourceType", "Image")...), 404, "InvalidResourceType.NotFound")
		got := c.call(t, action, with("RegionId", region, "ResourceType", "instance")...)
		check(t, got, 404, "InvalidResourceType.NotFound")
		checkLacks(t, got, "resources of the type instance")
	}
}

// Source of the rows: the ListTagResources reference, request parameters.
func TestListTags(t *testing.T) {
	images := []ecssim.Image{withTags("m-1", "one", 2), withTags("m-2", "two", 1), image("m-3", "three"), withTags("ubuntu_22", "system", 1)}
	images[3].OwnerAlias = "system"
	_, c := newServer(t, ecssim.Config{}, images...)
	for _, tt := range []struct {
		name string
		set  []string
		want string
	}{
		{"one image", []string{"ResourceId.1", "m-2"}, "m-2 k1=v1"},
		{"two images", []string{"ResourceId.1", "m-2", "ResourceId.2", "m-1"}, "m-1 k1=v1,m-1 k2=v2,m-2 k1=v1"},
		{"an image without", []string{"ResourceId.1", "m-3"}, ""},
		{"a key", []string{"Tag.1.Key", "k2"}, "m-1 k1=v1,m-1 k2=v2"},
		{"a key and a value", []string{"Tag.1.Key", "k1", "Tag.1.Value", "v2"}, ""},
		{"two tags", []string{"Tag.1.Key", "k1", "Tag.1.Value", "v1", "Tag.2.Key", "k2"}, "m-1 k1=v1,m-1 k2=v2"},
		{"a key of one image", []string{"ResourceId.1", "m-2", "Tag.1.Key", "k2"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, next := c.tags(t, tt.set...)
			if got := strings.Join(page, ","); got != tt.want || next != "" {
				t.Errorf("tags = %q, next %q, want %q and no next", got, next, tt.want)
			}
		})
	}
}

func TestListTagsPages(t *testing.T) {
	for _, tt := range []struct {
		name, fault, want string
	}{
		{"as they are", "", "50 50 20, 120 different"},
		{"a page begins too early", "page-repeated", "50 50 21, 120 different"},
		{"a page begins too late", "page-skipped", "50 50 19, 119 different"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var config ecssim.Config
			if tt.fault != "" {
				config.Faults = faults(t, tt.fault)
			}
			var images []ecssim.Image
			for n := range 6 {
				images = append(images, withTags(fmt.Sprintf("m-%d", n), fmt.Sprintf("name-%d", n), 20))
			}
			_, c := newServer(t, config, images...)
			var lengths []string
			seen := make(map[string]bool)
			for next, more := "", true; more; more = next != "" {
				var page []string
				page, next = c.tags(t, "Tag.1.Key", "k1", "NextToken", next)
				lengths = append(lengths, fmt.Sprint(len(page)))
				for _, entry := range page {
					seen[entry] = true
				}
			}
			if got := fmt.Sprintf("%s, %d different", strings.Join(lengths, " "), len(seen)); got != tt.want {
				t.Errorf("pages = %s, want %s", got, tt.want)
			}
		})
	}
}

// A tag is filed and seen as any other change of an image: with both values, as
// late as reads lag, by the policy and by faults.
func TestTagsAreWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := ecssim.Config{Open: ecssim.Open{ReadLag: 3 * time.Second}, Accounts: []ecssim.Account{account(withTags("m-1", "one", 1), image("m-2", "two"), image("m-3", "three"))}}
		config.Accounts[0].Keys[0].Denied = []ecssim.Denial{{Action: "ecs:TagResources", Image: "m-2"}}
		config.Faults = faults(t, "internal-error:image=m-3")
		s, c := newServer(t, config)
		set := []string{"Tag.1.Key", "k1", "Tag.1.Value", "new", "ResourceId.1", "m-1"}
		check(t, c.tagged(t, "TagResources", set...), 200, "")
		if page, _ := c.tags(t, "ResourceId.1", "m-1"); page[0] != "m-1 k1=v1" {
			t.Errorf("at once: %q", page)
		}
		time.Sleep(3 * time.Second)
		if page, _ := c.tags(t, "ResourceId.1", "m-1"); page[0] != "m-1 k1=new" {
			t.Errorf("3 s later: %q", page)
		}
		if got := c.describe(t, "Tag.1.Key", "k1", "Tag.1.Value", "new").names(); len(got) != 1 || got[0] != "one" {
			t.Errorf("described by the tag: %q", got)
		}
		check(t, c.tagged(t, "TagResources", append(set, "ResourceId.2", "m-2")...), 403, "Forbidden.RAM")
		check(t, c.tagged(t, "TagResources", append(set, "ResourceId.2", "m-3")...), 500, "InternalError")
		call := s.History()[0]
		if call.Verdict != ecssim.Applied || call.Revision != 1 || call.Before.Tags[0].Value != "v1" || call.After.Tags[0].Value != "new" {
			t.Errorf("history = %+v, before %v, after %v", call, call.Before, call.After)
		}
		check(t, c.tagged(t, "UntagResources", "ResourceId.1", "m-1", "All", "true"), 200, "")
		if page, _ := c.tags(t, "ResourceId.1", "m-1"); len(page) != 1 || page[0] != "m-1 k1=new" {
			t.Errorf("just after the tags were removed: %q", page)
		}
		calls := s.History()
		call = calls[len(calls)-2]
		if call.Revision != 2 || len(call.Before.Tags) != 1 || call.Before.Tags[0].Key != "k1" || len(call.After.Tags) != 0 {
			t.Errorf("history = %+v, before %v, after %v", call, call.Before, call.After)
		}
	})
}

// Somebody else deletes the image just before it is tagged.
func TestTagsMeetOutsiders(t *testing.T) {
	_, c := newServer(t, ecssim.Config{Faults: faults(t, "image-deleted")}, image("m-1", "one"))
	check(t, c.tagged(t, "TagResources", "ResourceId.1", "m-1", "Tag.1.Key", "a"), 404, "InvalidResourceId.NotFound")
}

func TestTagsInXML(t *testing.T) {
	s, c := newServer(t, ecssim.Config{}, withTags("m-1", "one", 1))
	query := rpc(c, "GET", nil, "Action", "ListTagResources", "RegionId", region, "ResourceType", "image", "ResourceId.1", "m-1")
	got, err := roundTrip(s, request(t, "GET", "https://ecs.aliyuncs.com/?"+query.Encode(), ""))
	if want := "<TagResources><TagResource><ResourceId>m-1</ResourceId><ResourceType>image</ResourceType><TagKey>k1</TagKey><TagValue>v1</TagValue></TagResource></TagResources></ListTagResourcesResponse>"; err != nil || !strings.HasSuffix(got.Raw, want) {
		t.Errorf("answer = %s (%v), want it to end with %s", got.Raw, err, want)
	}
}
