package batch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/manifest"
)

// An attribute that the API shows of no image is applied once that was
// acknowledged, without another call. One that it shows is not.
func TestHiddenAttributes(t *testing.T) {
	const (
		acknowledged = "acknowledged; the API does not show this attribute"
		before       = "the API acknowledged it, but m-1 still reads as before"
	)
	license := manifest.Values{LicenseType: "BYOL"}
	renamed := manifest.Values{ImageName: "new", LicenseType: "BYOL"}
	for _, test := range []struct {
		name             string
		want             manifest.Values
		hidden           string
		other            string // the license of another image
		lost             bool   // the write does not become visible
		faults           []ecssim.Fault
		outcome, message string
		writes           int
	}{
		{name: "shown", want: license, outcome: "applied", writes: 1},
		{name: "hidden", want: license, hidden: "LicenseType", outcome: "applied", message: acknowledged, writes: 1},
		{name: "hidden, and a name", want: renamed, hidden: "LicenseType", outcome: "applied", message: acknowledged, writes: 1},
		{
			name: "hidden, after a lost answer", want: license, hidden: "LicenseType",
			faults:  []ecssim.Fault{{Kind: "internal-error-after", Action: "write", Times: 1}},
			outcome: "applied", message: acknowledged, writes: 2,
		},
		{
			name: "never acknowledged", want: license, hidden: "LicenseType",
			faults:  []ecssim.Fault{{Kind: "internal-error-after", Action: "write"}},
			outcome: "failed", message: "The request processing has failed due to some unknown error, exception or failure.", writes: 5,
		},
		{name: "lost, and shown of another", want: license, lost: true, other: "BYOL", outcome: "unknown", message: before, writes: 2},
		{name: "a description, which every API shows", want: manifest.Values{Description: "new"}, hidden: "Description", outcome: "unknown", message: before, writes: 2},
		{
			name: "the lane cannot be listed", want: license, hidden: "LicenseType",
			faults:  []ecssim.Fault{{Kind: "forbidden", Action: "read", After: 7}},
			outcome: "unknown", message: "the API acknowledged it, but it could not be read back: User not authorized to operate on the specified resource, or this API doesn't support RAM.", writes: 2,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a", "m-2:b"), rows: []manifest.Row{{ImageID: "m-1", Want: test.want}}, faults: test.faults, retry: exact,
					server: ecssim.Config{Open: ecssim.Open{Hidden: test.hidden}},
				}
				s.images[1].LicenseType = test.other
				if test.lost {
					s.server.Open.ReadLag = time.Hour
				}
				r := s.play(t.Context(), t)
				if got := r.results[0]; got.Outcome.String() != test.outcome || got.Message != test.message {
					t.Errorf("%s, %q; want %s, %q", got.Outcome, got.Message, test.outcome, test.message)
				}
				if n := len(r.writes()); n != test.writes {
					t.Errorf("%d writes, want %d", n, test.writes)
				}
			})
		})
	}
}
