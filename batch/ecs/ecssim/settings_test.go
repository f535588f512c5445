package ecssim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

func TestSettings(t *testing.T) {
	var got ecssim.Config
	for _, text := range []string{
		"latency=80ms", "latency-spread=0.5", "latency-refused=5ms", "read-lag=3s", "own-name=duplicated",
		"id-lists=refused", "dry-run=success", "types=loose", "hidden=LicenseType", "max-families=2",
		"max-family-images=9", "clock=-5m", "seed=7",
	} {
		if err := got.Set(text); err != nil {
			t.Error(err)
		}
	}
	for _, text := range []string{"10/1s", "ModifyImageAttribute=100/60s", "DescribeImages=bucket:1/s;neighbour=5/s", "20/1s;code=Throttling"} {
		if err := got.SetQuota(text); err != nil {
			t.Error(err)
		}
	}
	want := ecssim.Config{
		Latency: ecssim.Latency{Median: 80 * time.Millisecond, Spread: 0.5, Refuse: 5 * time.Millisecond},
		Open: ecssim.Open{
			OwnName: ecssim.OwnNameDuplicated, IDLists: ecssim.IDListsRefused, DryRun: ecssim.DryRunSuccess,
			ReadLag: 3 * time.Second, LooseTypes: true, Hidden: "LicenseType",
		},
		MaxFamilies: 2, MaxFamilyImages: 9, ClockSkew: -5 * time.Minute, Seed: 7,
		Quota: ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 20, Window: time.Second, Code: "Throttling"},
		Quotas: map[string]ecssim.Quota{
			"ModifyImageAttribute": {Shape: ecssim.ClockWindow, Limit: 100, Window: time.Minute},
			"DescribeImages":       {Shape: ecssim.Bucket, Limit: 1, Depth: 1, Neighbour: ecssim.Neighbour{Rate: 5}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	friendly := got
	for _, text := range []string{"own-name=kept", "id-lists=accepted", "dry-run=operation", "types=exact"} {
		if err := friendly.Set(text); err != nil {
			t.Error(err)
		}
	}
	if o := friendly.Open; o != (ecssim.Open{ReadLag: 3 * time.Second, Hidden: "LicenseType"}) {
		t.Errorf("the friendlier answers: %+v", o)
	}
}

func TestDenialsAsText(t *testing.T) {
	for text, want := range map[string]ecssim.Denial{
		"ecs:ModifyImageAttribute": {Action: "ecs:ModifyImageAttribute"},
		"ecs:Describe*":            {Action: "ecs:Describe*"},
		"*=m-prod-*":               {Action: "*", Image: "m-prod-*"},
	} {
		if got, err := ecssim.ParseDenial(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
