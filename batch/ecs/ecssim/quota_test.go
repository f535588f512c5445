package ecssim_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

func TestParseQuota(t *testing.T) {
	for _, tt := range []struct {
		text string
		want ecssim.Quota
	}{
		{"", ecssim.Quota{}},
		{"none", ecssim.Quota{}},
		{"1000/60s", ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 1000, Window: time.Minute}},
		{"sliding:600/1m", ecssim.Quota{Shape: ecssim.SlidingWindow, Limit: 600, Window: time.Minute}},
		{"bucket:10/s,100", ecssim.Quota{Shape: ecssim.Bucket, Limit: 10, Depth: 100}},
		{"bucket:0.5/s", ecssim.Quota{Shape: ecssim.Bucket, Limit: 0.5, Depth: 1}},
		{"600/60s;neighbour=5/s", ecssim.Quota{
			Shape: ecssim.ClockWindow, Limit: 600, Window: time.Minute,
			Neighbour: ecssim.Neighbour{Rate: 5},
		}},
		{"bucket:10/s,10; neighbour=5/s,30s,20s; then=5@100s; then=20@200s; status=429; code=Throttling.Api; hint=retry-after+x-ratelimit-user", ecssim.Quota{
			Shape: ecssim.Bucket, Limit: 10, Depth: 10,
			Neighbour: ecssim.Neighbour{Rate: 5, On: 30 * time.Second, Off: 20 * time.Second},
			Changes:   []ecssim.Change{{At: 100 * time.Second, Limit: 5}, {At: 200 * time.Second, Limit: 20}},
			Status:    429, Code: "Throttling.Api", Hints: []string{"retry-after", "x-ratelimit-user"},
		}},
	} {
		got, err := ecssim.ParseQuota(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
	for _, text := range []string{
		"1000", "1000/0s", "-1/60s", "x/60s", "1000/60", "sliding:600", "bucket:0/s", "bucket:10/s,x", "bucket:NaN/s",
		"10/1s;neighbour=5/s,1s", "10/1s;then=5", "10/1s;status=42", "10/1s;hint=soon", "10/1s;colour=red",
		"10/1s;neighbour=20000/s", "10/1s;then=5@2s;then=4@1s", "bucket:10/s;then=0@1s", "10/1s;then=NaN@1s",
	} {
		if q, err := ecssim.ParseQuota(text); err == nil {
			t.Errorf("%q is taken for %+v", text, q)
		}
	}
}

// calls sends n reads at once and counts those that were let through.
func (c *client) burst(t testing.TB, n int) (accepted int) {
	t.Helper()
	for range n {
		switch got := c.call(t, "DescribeImages", "RegionId", region); got.Status {
		case 200:
			accepted++
		default:
			check(t, got, 400, "Throttling.User")
		}
	}
	return accepted
}

// Each row sends bursts at moments after the start, which is the first second
// of a minute of the server's clock.
func TestQuotaShapes(t *testing.T) {
	type step struct {
		at   time.Duration
		send int
		want int
	}
	const s = time.Second
	for _, tt := range []struct {
		name  string
		quota string
		steps []step
	}{
		{"no quota", "none", []step{{0, 500, 500}}},
		{"a window ends with the minute of the clock", "10/60s", []step{{0, 12, 10}, {59999 * time.Millisecond, 3, 0}, {60 * s, 12, 10}, {61 * s, 3, 0}}},
		{"a window does not save up", "10/60s", []step{{150 * s, 12, 10}, {180 * s, 12, 10}}},
		{"refused calls do not count", "10/60s", []step{{0, 100, 10}, {60 * s, 100, 10}}},
		{"a sliding window frees what grows old", "sliding:10/60s", []step{{0, 4, 4}, {30 * s, 10, 6}, {60 * s, 10, 4}, {90 * s, 10, 6}}},
		{"a bucket fills up slowly", "bucket:10/s,5", []step{{0, 9, 5}, {100 * time.Millisecond, 9, 1}, {300 * time.Millisecond, 9, 2}, {10 * s, 9, 5}}},
		{"a window that is halved", "10/60s;then=5@60s", []step{{0, 12, 10}, {60 * s, 12, 5}}},
		{"a sliding window that is halved", "sliding:10/60s;then=5@60s", []step{{30 * s, 12, 10}, {80 * s, 12, 0}, {90 * s, 12, 5}}},
		{"a bucket that is halved", "bucket:10/s,10;then=5@10s", []step{{0, 12, 10}, {10*s + 0, 12, 10}, {11 * s, 12, 5}}},
		{"a neighbour eats from a window", "10/60s;neighbour=0.1/s", []step{{55 * s, 12, 5}, {115 * s, 12, 4}}},
		{"a neighbour eats from a bucket", "bucket:10/s,10;neighbour=5/s", []step{{10 * s, 20, 9}, {11 * s, 20, 5}, {12 * s, 20, 5}}},
		{"a neighbour rests", "bucket:10/s,10;neighbour=10/s,5s,5s", []step{{9 * s, 12, 10}, {11 * s, 12, 9}, {12 * s, 12, 0}, {18 * s, 12, 10}}},
		{"nothing is let through", "0/60s", []step{{0, 3, 0}, {600 * s, 3, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, err := ecssim.ParseQuota(tt.quota)
				if err != nil {
					t.Fatal(err)
				}
				_, c := newServer(t, ecssim.Config{Quota: q}, image("m-1", "one"))
				start := time.Now()
				for _, step := range tt.steps {
					time.Sleep(time.Until(start.Add(step.at)))
					if got := c.burst(t, step.send); got != step.want {
						t.Errorf("at %v: %d of %d calls were let through, want %d", step.at, got, step.send, step.want)
					}
				}
			})
		})
	}
}

// ECS counts per account, region and operation. STS is not part of it.
func TestQuotaScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := account(image("m-1", "one"))
		one.Regions["cn-shanghai"] = nil
		other := ecssim.Account{Keys: []ecssim.Key{{AccessKeyID: "other", Secret: secret}}}
		s, c := newServer(t, ecssim.Config{
			Accounts: []ecssim.Account{one, other},
			Quota:    ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 1, Window: time.Minute},
			Quotas:   map[string]ecssim.Quota{"DescribeRegions": {}},
		})
		sts := newClient(s)
		sts.version = "2015-04-01"
		stranger := newClient(s)
		stranger.keyID = "other"
		for range 2 {
			check(t, sts.call(t, "GetCallerIdentity"), 200, "")
			check(t, c.call(t, "DescribeRegions"), 200, "")
		}
		check(t, c.describe(t), 200, "")
		check(t, c.describe(t), 400, "Throttling.User")
		check(t, c.modify(t, "m-1", "ImageName", "two"), 200, "")
		check(t, c.modify(t, "m-1", "ImageName", "three"), 400, "Throttling.User")
		check(t, c.call(t, "DescribeImages", "RegionId", "cn-shanghai"), 200, "")
		check(t, stranger.describe(t), 200, "")
		if name := s.Images(accountID, region)[0].Name; name != "two" {
			t.Errorf("name = %q: a throttled call was done", name)
		}
	})
}

// Which hints a refusal carries is open.
func TestQuotaHints(t *testing.T) {
	for _, tt := range []struct {
		quota  string
		after  time.Duration
		status int
		code   string
		header string
		want   string
	}{
		{"1/60s", 10 * time.Second, 400, "Throttling.User", "Retry-After", ""},
		{"1/60s;hint=retry-after", 10*time.Second + time.Millisecond, 400, "Throttling.User", "Retry-After", "50"},
		{"1/60s;hint=x-acs-retry-after;status=429", 10 * time.Second, 429, "Throttling.User", "X-Acs-Retry-After", "50000"},
		{"1/60s;hint=x-ratelimit-user-api;code=Throttling.Api", 10 * time.Second, 400, "Throttling.Api", "X-Ratelimit-User-Api", "Limit:1,Remain:0,TimeLeft:50000,Reset:50000"},
		{"sliding:1/60s;hint=x-ratelimit-user;status=403", 10 * time.Second, 403, "Throttling.User", "X-Ratelimit-User", "Limit:1,Remain:0,TimeLeft:60000,Reset:60000"},
		{"bucket:0.5/s,1;hint=x-acs-retry-after;code=Rejected.Throttling", 10 * time.Second, 400, "Rejected.Throttling", "X-Acs-Retry-After", "2000"},
	} {
		t.Run(tt.quota, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, err := ecssim.ParseQuota(tt.quota)
				if err != nil {
					t.Fatal(err)
				}
				s, c := newServer(t, ecssim.Config{Quota: q}, image("m-1", "one"))
				time.Sleep(tt.after)
				check(t, c.describe(t), 200, "")
				got := c.describe(t)
				check(t, got, tt.status, tt.code)
				if hint := got.Header.Get(tt.header); hint != tt.want {
					t.Errorf("%s = %q, want %q", tt.header, hint, tt.want)
				}
				if v := s.History()[1].Verdict; v != ecssim.Throttled {
					t.Errorf("verdict = %v", v)
				}
				wait := map[string]time.Duration{"50000": 50 * time.Second, "2000": 2 * time.Second}[tt.want]
				if wait == 0 {
					return
				}
				time.Sleep(wait)
				check(t, c.describe(t), 200, "") // the hint was true
			})
		})
	}
}
