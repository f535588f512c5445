package ecs_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

const account = "1234567890123456"

func simulator(t testing.TB, c ecssim.Config, images ...ecssim.Image) *ecssim.Server {
	t.Helper()
	c.Accounts = []ecssim.Account{{
		ID: account,
		Keys: []ecssim.Key{
			{AccessKeyID: "LTAI5test", Secret: testSecret, SecurityToken: testToken, User: "tester"},
			{AccessKeyID: "plain", Secret: testSecret},
		},
		Regions: map[string][]ecssim.Image{region: images},
	}}
	s, err := ecssim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// overBoth runs a test with a client in process and with one over a socket.
func overBoth(t *testing.T, make func(t *testing.T) *ecssim.Server, test func(t *testing.T, s *ecssim.Server, c *ecs.Client)) {
	t.Run("in process", func(t *testing.T) {
		s := make(t)
		test(t, s, ecs.NewClient(region, ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: s}}))
	})
	t.Run("over a socket", func(t *testing.T) {
		s := make(t)
		test(t, s, dialling(t, serve(t, s).URL, nil))
	})
}

func someImages() []ecssim.Image {
	return []ecssim.Image{
		{ID: "m-1", Name: "web", Description: "old", BootMode: "BIOS", NvmeSupport: "unsupported", ImdsSupport: "v1"},
		{ID: "m-2", Name: "web-2", Status: "Deprecated"},
		{ID: "m-3", Name: "db", Status: "Creating"},
		{ID: "m-4", Name: "lost", Status: "CreateFailed"},
		{ID: "m-5", Name: "slow", Status: "Waiting"},
		{ID: "m-6", Name: "off", Status: "UnAvailable", InUse: true, Shared: true},
		{ID: "aliyun_3_x64", Name: "aliyun", OwnerAlias: "system"},
	}
}

func TestModifyImageAttribute(t *testing.T) {
	set := ecs.Attributes{
		ImageName: "黄金镜像-v1.2:rc_1", Description: "a b*c~d+e & f=g\r\nh", ImageFamily: "golden",
		Status: "Deprecated", BootMode: "UEFI", LicenseType: "BYOL", NvmeSupport: "supported", ImdsSupport: "v2",
	}
	for a, value := range set.All() { // so that none is forgotten on the way there and back
		if err := a.Check(value); value == "" || err != nil {
			t.Errorf("%s has no legal value: %q, %v", a, value, err)
		}
	}
	make := func(t *testing.T) *ecssim.Server { return simulator(t, ecssim.Config{}, someImages()...) }
	overBoth(t, make, func(t *testing.T, s *ecssim.Server, c *ecs.Client) {
		id, err := modify(t.Context(), c, "m-1", set)
		if err != nil || id == "" {
			t.Fatalf("%q, %v", id, err)
		}
		page, err := c.DescribeImages(t.Context(), ecs.Query{IDs: []string{"m-1"}})
		if err != nil || len(page.Images) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
		if diff := cmp.Diff(set, page.Images[0].Attributes); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		// What is not given stays as it is.
		if _, err := modify(t.Context(), c, "m-1", ecs.Attributes{ImageName: "again"}); err != nil {
			t.Fatal(err)
		}
		page, _ = c.DescribeImages(t.Context(), ecs.Query{IDs: []string{"m-1"}})
		if diff := cmp.Diff(set.Apply(ecs.Attributes{ImageName: "again"}), page.Images[0].Attributes); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestModifyImageAttributeRefused(t *testing.T) {
	make := func(t *testing.T) *ecssim.Server { return simulator(t, ecssim.Config{}, someImages()...) }
	overBoth(t, make, func(t *testing.T, _ *ecssim.Server, c *ecs.Client) {
		for _, tt := range []struct {
			name, id string
			set      ecs.Attributes
			code     string
			class    ecs.Class
		}{
			{"taken", "m-1", ecs.Attributes{ImageName: "db"}, "InvalidImageName.Duplicated", ecs.Duplicated},
			{"no such image", "m-9", ecs.Attributes{ImageName: "new"}, "InvalidImageId.NotFound", ecs.Refused},
			{"malformed", "m-1", ecs.Attributes{ImageName: "1"}, "InvalidImageName.Malformed", ecs.Refused},
		} {
			t.Run(tt.name, func(t *testing.T) {
				id, err := modify(t.Context(), c, tt.id, tt.set)
				e, ok := errors.AsType[*ecs.Error](err)
				if !ok || e.Code != tt.code || ecs.Classify(err) != tt.class || e.RequestID == "" || id != e.RequestID || e.Action != "ModifyImageAttribute" {
					t.Errorf("%q, %+v (%v)", id, e, ecs.Classify(err))
				}
			})
		}
	})
}

func TestDescribeImages(t *testing.T) {
	for _, tt := range []struct {
		name  string
		open  ecssim.Open
		query ecs.Query
		ids   []string
		total int
	}{
		{"own ones in all statuses", ecssim.Open{}, ecs.Query{}, []string{"m-1", "m-2", "m-3", "m-4", "m-5", "m-6"}, 6},
		{"an edition with other types", ecssim.Open{LooseTypes: true}, ecs.Query{}, []string{"m-1", "m-2", "m-3", "m-4", "m-5", "m-6"}, 6},
		{"by id", ecssim.Open{}, ecs.Query{IDs: []string{"m-3"}}, []string{"m-3"}, 1},
		{"by several ids", ecssim.Open{}, ecs.Query{IDs: []string{"m-3", "m-1", "m-9"}}, []string{"m-1", "m-3"}, 2},
		{"several ids taken for one", ecssim.Open{IDLists: ecssim.IDListsUnknown}, ecs.Query{IDs: []string{"m-3", "m-1"}}, nil, 0},
		{"an unknown id", ecssim.Open{}, ecs.Query{IDs: []string{"m-9"}}, nil, 0},
		{"by a name, which is fuzzy", ecssim.Open{}, ecs.Query{Name: "web"}, []string{"m-1", "m-2"}, 2},
		{"a page beyond the end", ecssim.Open{}, ecs.Query{Page: 2}, nil, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			make := func(t *testing.T) *ecssim.Server { return simulator(t, ecssim.Config{Open: tt.open}, someImages()...) }
			overBoth(t, make, func(t *testing.T, _ *ecssim.Server, c *ecs.Client) {
				page, err := c.DescribeImages(t.Context(), tt.query)
				if err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, image := range page.Images {
					ids = append(ids, image.ID)
				}
				slices.Sort(ids)
				if diff := cmp.Diff(tt.ids, ids); diff != "" || page.Total != tt.total {
					t.Errorf("total %d, want %d, (-want +got)\n%s", page.Total, tt.total, diff)
				}
			})
		})
	}
}

func TestDescribeImagesTellsEverything(t *testing.T) {
	image := ecssim.Image{
		ID: "m-1", Name: "web", Description: "d\n", Family: "f", BootMode: "UEFI", LicenseType: "BYOL", NvmeSupport: "supported",
		ImdsSupport: "v2", Shared: true, Public: true, InUse: true, Created: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
		ResourceGroupID: "rg-1", Tags: []ecssim.Tag{{Key: "team", Value: "图"}, {Key: "empty"}},
	}
	want := []ecs.Image{{
		ID: "m-1", Shared: true, Public: true, InUse: true, Created: "2025-01-02T03:04:05Z",
		ResourceGroupID: "rg-1", Tags: []ecs.Tag{{Key: "team", Value: "图"}, {Key: "empty"}},
		Attributes: ecs.Attributes{
			ImageName: "web", Description: "d\n", ImageFamily: "f", Status: ecs.Available, BootMode: "UEFI",
			LicenseType: "BYOL", NvmeSupport: "supported", ImdsSupport: "v2",
		},
	}}
	for _, loose := range []bool{false, true} {
		make := func(t *testing.T) *ecssim.Server {
			return simulator(t, ecssim.Config{Open: ecssim.Open{LooseTypes: loose}}, image)
		}
		overBoth(t, make, func(t *testing.T, _ *ecssim.Server, c *ecs.Client) {
			page, err := c.DescribeImages(t.Context(), ecs.Query{Name: "web"})
			if diff := cmp.Diff(want, page.Images); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestPagesMakeTheWholeLane(t *testing.T) {
	make := func(t *testing.T) *ecssim.Server {
		return simulator(t, ecssim.Config{}, ecssim.Generate(250, region)[region]...)
	}
	overBoth(t, make, func(t *testing.T, _ *ecssim.Server, c *ecs.Client) {
		seen := map[string]bool{}
		for number, want := range []int{100, 100, 50} {
			page, err := c.DescribeImages(t.Context(), ecs.Query{Page: number + 1})
			if err != nil || len(page.Images) != want || page.Total != 250 {
				t.Fatalf("page %d: %d of %d, %v", number+1, len(page.Images), page.Total, err)
			}
			for _, image := range page.Images {
				seen[image.ID] = true
			}
		}
		if len(seen) != 250 {
			t.Errorf("%d different images", len(seen))
		}
	})
}

func TestCallerIdentity(t *testing.T) {
	make := func(t *testing.T) *ecssim.Server { return simulator(t, ecssim.Config{}) }
	overBoth(t, make, func(t *testing.T, _ *ecssim.Server, c *ecs.Client) {
		got, err := c.CallerIdentity(t.Context())
		if got.AccountID != account || err != nil {
			t.Errorf("%+v, %v, want account %s", got, err, account)
		}
	})
}

func TestCallerIdentityWithoutAnAccount(t *testing.T) {
	_, err := answering(200, `{"RequestId":"R","Arn":"x"}`).CallerIdentity(t.Context())
	if err == nil || err.Error() != "GetCallerIdentity: HTTP status 200: the reply names no account" {
		t.Errorf("error = %v", err)
	}
}

// Each API has its host, and STS takes no region as a parameter.
func TestCallsGoToTheHostsOfTheRegion(t *testing.T) {
	for _, tt := range []struct {
		name    string
		network ecs.Network
		want    []string
	}{
		{"public", "", []string{"https://ecs.cn-beijing.aliyuncs.com", "https://sts.cn-beijing.aliyuncs.com"}},
		{"vpc", ecs.VPC, []string{"https://ecs-vpc.cn-beijing.aliyuncs.com", "https://sts-vpc.cn-beijing.aliyuncs.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var hosts []string
			c := ecs.NewClient("cn-beijing", ecs.Config{
				Credentials: testKeys(), Network: tt.network,
				HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					hosts = append(hosts, r.URL.Scheme+"://"+r.Host)
					return answer(200, `{"RequestId":"R","AccountId":"1"}`), verify(r)
				})},
			})
			if err := rename(t, c); err != nil {
				t.Error(err)
			}
			if _, err := c.CallerIdentity(t.Context()); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.want, hosts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// The simulator's faults, as the client tells them apart.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		fault string
		class ecs.Class
	}{
		{"refused", ecs.Unsent},
		{"dns", ecs.Unsent},
		{"tls-cut", ecs.Unsent},
		{"wrong-certificate", ecs.Unsent},
		{"request-cut", ecs.Ambiguous},
		{"reset-before", ecs.Ambiguous},
		{"reset-after", ecs.Ambiguous},
		{"cut-head-after", ecs.Ambiguous},
		{"cut-body-after", ecs.Ambiguous},
		{"internal-error", ecs.Ambiguous},
		{"unavailable-after", ecs.Ambiguous},
		{"unknown-error", ecs.Ambiguous},
		{"conflict", ecs.Ambiguous},
		{"last-token", ecs.Ambiguous},
		{"nonce-used", ecs.Ambiguous},
		{"bad-gateway", ecs.Ambiguous},
		{"gateway-timeout-after", ecs.Ambiguous},
		{"html-after", ecs.Ambiguous},
		{"throttle", ecs.Throttled},
		{"throttle:status=429", ecs.Throttled},
		{"rejected-throttling", ecs.Throttled},
		{"token-expired", ecs.Expired},
		{"forbidden", ecs.Forbidden},
		{"clock-off:20m", ecs.Skewed},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			fault, err := ecssim.ParseFault(tt.fault)
			if err != nil {
				t.Fatal(err)
			}
			s := simulator(t, ecssim.Config{Faults: []ecssim.Fault{fault}}, someImages()...)
			c := ecs.NewClient(region, ecs.Config{Credentials: testKeys(), HTTP: &http.Client{Transport: s}})
			err = rename(t, c)
			if got := ecs.Classify(err); got != tt.class {
				t.Errorf("class = %v, want %v: %v", got, tt.class, err)
			}
		})
	}
}

func TestAWrongSecretIsNotQuoted(t *testing.T) {
	s := simulator(t, ecssim.Config{}, someImages()...)
	keys := testKeys()
	keys.AccessKeySecret = ecs.NewSecret("wrong-Hush")
	err := rename(t, ecs.NewClient(region, ecs.Config{Credentials: keys, HTTP: &http.Client{Transport: s}}))
	if e, ok := errors.AsType[*ecs.Error](err); !ok || e.Code != "SignatureDoesNotMatch" || ecs.Classify(err) != ecs.Down || exposed(e.Error()) != "" {
		t.Errorf("error = %v", err)
	}
}
