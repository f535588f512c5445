package ecssim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

func TestNewSaysWhyNot(t *testing.T) {
	twice := account(image("m-1", "one"), image("m-1", "two"))
	for _, tt := range []struct {
		name   string
		config ecssim.Config
		want   string
	}{
		{"no account", ecssim.Config{}, "at least one account"},
		{"an account twice", ecssim.Config{Accounts: []ecssim.Account{{ID: "1"}, {ID: "1"}}}, "account 1 is there twice"},
		{"a key twice", ecssim.Config{Accounts: []ecssim.Account{account(), {Keys: account().Keys}}}, "access key simulator is there twice"},
		{"a key without a secret", ecssim.Config{Accounts: []ecssim.Account{{Keys: []ecssim.Key{{AccessKeyID: "a"}}}}}, "an id and a secret"},
		{"an image twice", ecssim.Config{Accounts: []ecssim.Account{twice}}, "image m-1 is there twice"},
		{"an image without an id", ecssim.Config{Accounts: []ecssim.Account{account(image("", "one"))}}, `image "one" has no id`},
		{"a name twice", ecssim.Config{Accounts: []ecssim.Account{account(image("m-1", "one"), image("m-2", "one"))}}, `both named "one"`},
		{"a window without end", ecssim.Config{Accounts: []ecssim.Account{account()}, Quota: ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 1}}, "needs a length"},
		{"a quota of no action", ecssim.Config{Accounts: []ecssim.Account{account()}, Quotas: map[string]ecssim.Quota{"X": {}}}, `no action "X"`},
		{"a fault of no kind", ecssim.Config{Accounts: []ecssim.Account{account()}, Faults: []ecssim.Fault{{Kind: "x"}}}, `no kind "x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ecssim.New(tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestGenerate(t *testing.T) {
	images := ecssim.Generate(3, "cn-hangzhou", "cn-shanghai")
	ids := make(map[string]bool)
	for _, list := range images {
		for _, i := range list {
			ids[i.ID] = true
		}
	}
	if len(images) != 2 || len(ids) != 6 {
		t.Errorf("%d regions with %d ids", len(images), len(ids))
	}
	if diff := cmp.Diff(images, ecssim.Generate(3, "cn-hangzhou", "cn-shanghai")); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
	if list := ecssim.Generate(1)["cn-hangzhou"]; len(list) != 1 || !strings.HasPrefix(list[0].ID, "m-") || list[0].Status != "Available" || list[0].Shared {
		t.Errorf("images of no region = %+v", list)
	}
}

func TestHistory(t *testing.T) {
	var file bytes.Buffer
	s, c := newServer(t, ecssim.Config{History: &file}, image("m-1", "one"))
	renamed := c.modify(t, "m-1", "ImageName", "二号")
	refused := c.modify(t, "m-1", "ImageName", "")
	listed := c.describe(t)
	c.secret = "guess"
	forged := c.describe(t)

	before, after := s.History()[0].Before, s.History()[0].After
	if before.Name != "one" || after.Name != "二号" || after.ID != "m-1" {
		t.Errorf("before %+v, after %+v", before, after)
	}
	type line struct {
		Sequence   uint64
		Account    string
		Region     string
		Action     string
		Verdict    string
		Code       string
		Status     int
		RequestID  string `json:"request_id"`
		Delivered  bool
		Revision   uint64
		Parameters map[string]string
		Arrived    time.Time
	}
	var got []line
	for text := range strings.Lines(file.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("line %q: %v", text, err)
		}
		if l.Arrived.IsZero() || strings.Contains(text, "Signature=") {
			t.Errorf("line %q", text)
		}
		l.Arrived = time.Time{}
		got = append(got, l)
	}
	all := map[string]string{"RegionId": region, "Status": "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"}
	want := []line{
		{1, accountID, region, "ModifyImageAttribute", "applied", "", 200, renamed.RequestID, true, 1, map[string]string{"RegionId": region, "ImageId": "m-1", "ImageName": "二号"}, time.Time{}},
		{2, accountID, region, "ModifyImageAttribute", "applied", "", 200, refused.RequestID, true, 2, map[string]string{"RegionId": region, "ImageId": "m-1", "ImageName": ""}, time.Time{}},
		{3, accountID, region, "DescribeImages", "read", "", 200, listed.RequestID, true, 0, all, time.Time{}},
		{4, accountID, region, "DescribeImages", "refused", "SignatureDoesNotMatch", 400, forged.RequestID, true, 0, all, time.Time{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if s.Err() != nil || len(s.History()) != 4 {
		t.Errorf("%d calls in memory, error %v", len(s.History()), s.Err())
	}
}

type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestHistoryThatCannotBeWritten(t *testing.T) {
	s, c := newServer(t, ecssim.Config{History: fullDisk{}, Forget: true}, image("m-1", "one"))
	check(t, c.describe(t), 200, "")
	if !errors.Is(s.Err(), errFull) || len(s.History()) != 0 {
		t.Errorf("error = %v, %d calls in memory", s.Err(), len(s.History()))
	}
}

// However many clients fight for the same names, the lane stays consistent:
// names are unique, and replaying the history gives the final state.
func TestConcurrentWrites(t *testing.T) {
	const images, workers, each = 8, 6, 60
	s, c := newServer(t, ecssim.Config{}, ecssim.Generate(images, region)[region]...)
	list := s.Images(accountID, region)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := range each {
				id := list[(w+n)%images].ID
				got := c.modify(t, id, "ImageName", fmt.Sprintf("name-%d", (w*each+n*7)%(images+2)))
				if got.Code != "" && got.Code != "InvalidImageName.Duplicated" {
					t.Errorf("%d %s", got.Status, got.Code)
				}
			}
		})
	}
	wg.Wait()
	names := make(map[string]string)
	final := make(map[string]string)
	for _, i := range s.Images(accountID, region) {
		if other, taken := names[i.Name]; taken {
			t.Errorf("%s and %s are both named %s", i.ID, other, i.Name)
		}
		names[i.Name], final[i.ID] = i.ID, i.Name
	}
	if diff := cmp.Diff(final, replay(t, list, s.History())); diff != "" {
		t.Errorf("(-final state +history replayed):\n%s", diff)
	}
}

func replay(t *testing.T, list []ecssim.Image, calls []ecssim.Call) map[string]string {
	t.Helper()
	names := make(map[string]string)
	for _, i := range list {
		names[i.ID] = i.Name
	}
	byRevision := make(map[uint64]ecssim.Call)
	for _, c := range calls {
		if c.Revision > 0 {
			byRevision[c.Revision] = c
		}
	}
	for n := range uint64(len(byRevision)) {
		c := byRevision[n+1]
		if names[c.After.ID] != c.Before.Name {
			t.Errorf("revision %d found %q, was %q", n+1, c.Before.Name, names[c.After.ID])
		}
		names[c.After.ID] = c.After.Name
	}
	return names
}
