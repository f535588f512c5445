package ecssim_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
)

func TestStaleRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := newServer(t, ecssim.Config{Faults: faults(t, "stale-read:3s,every=2")}, image("m-1", "one"))
		check(t, c.modify(t, "m-1", "ImageName", "two"), 200, "")
		for n, want := range []string{"two", "one", "two", "one"} {
			if got := c.describe(t).names()[0]; got != want {
				t.Errorf("read %d: name = %q, want %q", n, got, want)
			}
		}
		time.Sleep(3 * time.Second)
		for range 2 {
			if got := c.describe(t).names()[0]; got != "two" {
				t.Errorf("after 3 s: name = %q", got)
			}
		}
	})
}

func TestShiftedPages(t *testing.T) {
	for _, tt := range []struct {
		fault string
		want  string // second page
	}{
		{"page-repeated", "image-000003 image-000004 image-000005"},
		{"page-skipped", "image-000005 image-000006 image-000007"},
	} {
		_, c := newServer(t, ecssim.Config{Faults: faults(t, tt.fault)}, ecssim.Generate(9, region)[region]...)
		first, second := c.describe(t, "PageSize", "3"), c.describe(t, "PageSize", "3", "PageNumber", "2")
		if got := strings.Join(first.names(), " "); got != "image-000001 image-000002 image-000003" {
			t.Errorf("%s: first page = %s", tt.fault, got)
		}
		if got := strings.Join(second.names(), " "); got != tt.want || second.TotalCount != 9 {
			t.Errorf("%s: second page = %s of %d, want %s", tt.fault, got, second.TotalCount, tt.want)
		}
	}
}

// An outage keeps calls from getting there, and loses answers under way.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{
			Faults:  faults(t, "outage:at=10s,for=300s"),
			Latency: ecssim.Latency{Median: time.Second},
		}, image("m-1", "one"))
		time.Sleep(9500 * time.Millisecond)
		rename := func(name string) error {
			_, err := c.send("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", name)
			return err
		}
		if err := rename("two"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("call under way: %v", err)
		}
		if err := rename("three"); !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("call in the outage: %v", err)
		}
		time.Sleep(300 * time.Second)
		if err := rename("four"); err != nil {
			t.Errorf("call after the outage: %v", err)
		}
		var names []string
		for _, call := range s.History() {
			if call.After != nil {
				names = append(names, call.After.Name)
			}
		}
		if got := strings.Join(names, " "); got != "two four" {
			t.Errorf("names given = %q", got)
		}
	})
}

func TestTokenExpires(t *testing.T) {
	a := account(image("m-1", "one"))
	a.Keys = append(a.Keys, ecssim.Key{AccessKeyID: "sts", Secret: secret, SecurityToken: "token"})
	_, c := newServer(t, ecssim.Config{Accounts: []ecssim.Account{a}, Faults: faults(t, "token-expired:after=1")})
	check(t, c.describe(t), 200, "")
	c.keyID, c.token = "sts", "token"
	check(t, c.describe(t), 200, "")
	check(t, c.describe(t), 400, "InvalidSecurityToken.Expired")
	c.keyID, c.token = keyID, ""
	check(t, c.describe(t), 200, "")
}

// The first of several faults decides how a call ends; the others may still
// bend it.
func TestFaultsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{Faults: faults(t, "late-write:2s", "reset-after", "internal-error")}, image("m-1", "one"))
		start := time.Now()
		_, err := c.send("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "two")
		if !errors.Is(err, syscall.ECONNRESET) || time.Since(start) != 2*time.Second {
			t.Errorf("error = %v after %v", err, time.Since(start))
		}
		if call := s.History()[0]; call.Fault != "late-write+reset-after" || call.Verdict != ecssim.Applied {
			t.Errorf("history = %+v", call)
		}
	})
}

// The server sees a call after 40 % of its time.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{
			Latency: ecssim.Latency{Median: 100 * time.Millisecond, Refuse: 20 * time.Millisecond},
			Quota:   ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 1, Window: time.Minute},
		}, image("m-1", "one"))
		start := time.Now()
		c.describe(t)
		if d := time.Since(start); d != 100*time.Millisecond {
			t.Errorf("a call took %v", d)
		}
		c.describe(t)
		if d := time.Since(start); d != 160*time.Millisecond {
			t.Errorf("a throttled call took %v, want 60ms", d-100*time.Millisecond)
		}
		if d := s.History()[0].Arrived.Sub(start); d != 40*time.Millisecond {
			t.Errorf("the call arrived after %v", d)
		}
	})
}

// A client that gives up after it has sent a call does not take it back.
func TestCancelledAfterSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{Latency: ecssim.Latency{Median: time.Second}}, image("m-1", "one"))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, connected, sent, err := c.traced(ctx, c.sign("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "two"))
		if !errors.Is(err, context.DeadlineExceeded) || !connected || !sent {
			t.Errorf("error = %v, connected = %v, sent = %v", err, connected, sent)
		}
		_, connected, sent, err = c.traced(ctx, c.sign("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "three"))
		if !errors.Is(err, context.DeadlineExceeded) || connected || sent {
			t.Errorf("after the end: error = %v, connected = %v, sent = %v", err, connected, sent)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if name := s.Images(accountID, region)[0].Name; name != "two" {
			t.Errorf("name = %q", name)
		}
		if h := s.History(); len(h) != 1 || h[0].Delivered {
			t.Errorf("history = %+v", h)
		}
	})
}

// Somebody else may act at the very moment before a write is decided.
func TestBefore(t *testing.T) {
	var s *ecssim.Server
	config := ecssim.Config{
		Accounts: []ecssim.Account{account(image("m-1", "one"))},
		Before: func(call ecssim.Call) {
			if call.Action == "ModifyImageAttribute" {
				s.Remove(accountID, region, call.Parameters["ImageId"])
			}
		},
	}
	s, err := ecssim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(s)
	check(t, c.describe(t), 200, "")
	check(t, c.modify(t, "m-1", "ImageName", "two"), 404, "InvalidImageId.NotFound")
	if err := s.Put(accountID, region, image("m-1", "again")); err != nil {
		t.Fatal(err)
	}
	if got := c.describe(t).names(); len(got) != 1 || got[0] != "again" {
		t.Errorf("names after the image came back = %q", got)
	}
	if s.Remove(accountID, region, "m-none") || s.Put("nobody", region, image("m-2", "x")) == nil || s.Put(accountID, region, image("m-2", "again")) == nil {
		t.Error("what cannot be done was done")
	}
}
