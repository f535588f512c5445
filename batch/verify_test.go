package batch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// verify plans the scene's rows, asks about them, and returns the plan, the rows of
// which something is said, and the calls that asked.
func (s *scene) verify(ctx context.Context, t *testing.T) (p *plan.Plan, said []string, asked []ecssim.Call, err error) {
	t.Helper()
	st := s.build(t)
	inventories, err := batch.Load(t.Context(), st.lanes)
	if err != nil {
		t.Fatal(err)
	}
	p = plan.New(requests(s.rows, st.lanes), inventories)
	if s.before != nil {
		s.before(st, p)
	}
	verdicts, err := batch.Verify(ctx, p, st.lanes, 4)
	for _, v := range verdicts {
		text := p.Rows[v.Row].ImageID
		switch {
		case v.Refused != nil:
			text += " refused " + v.Refused.Code
			if v.Refused.RequestID == "" {
				t.Errorf("%s: no request id", text)
			}
			if v.Refused.ImageID != "" {
				text += " by " + v.Refused.ImageID
			}
		default:
			text += " unknown"
		}
		said = append(said, text)
	}
	slices.Sort(said)
	for _, c := range st.server.History() {
		if c.Action != "ModifyImageAttribute" {
			continue
		}
		asked = append(asked, c)
		if c.After != nil || c.Parameters["DryRun"] != "true" {
			t.Errorf("a call that changes something: %v", c.Parameters)
		}
	}
	return p, said, asked, err
}

func TestVerify(t *testing.T) {
	images := []ecssim.Image{{ID: "m-1", Name: "aa"}, {ID: "m-2", Name: "bb"}, {ID: "m-3", Name: "cc"}}
	rename := func(id, name string) manifest.Row {
		return manifest.Row{ImageID: id, Want: manifest.Values{ImageName: name}}
	}
	three := []manifest.Row{rename("m-1", "xx"), rename("m-2", "yy"), rename("m-3", "zz")}
	for _, test := range []struct {
		name  string
		scene scene
		want  []string
		asked int
	}{
		{"all well", scene{rows: three}, nil, 3},
		{"another spelling of success", scene{rows: three, server: ecssim.Config{Open: ecssim.Open{DryRun: ecssim.DryRunSuccess}}}, nil, 3},
		{"success in the message only", scene{rows: three, server: ecssim.Config{Open: ecssim.Open{DryRun: ecssim.DryRunMessageOnly}}}, nil, 3},
		{"rows that change nothing are not asked about", scene{rows: []manifest.Row{rename("m-1", "aa"), rename("m-2", "yy")}}, nil, 1},
		{
			"one is forbidden",
			scene{rows: three, faults: []ecssim.Fault{{Kind: "refuse", Code: "Forbidden.RAM", Status: 403, Action: "write", Image: "m-2"}}},
			[]string{"m-2 refused Forbidden.RAM"},
			3,
		},
		{
			"a value is not taken",
			scene{rows: three, faults: []ecssim.Fault{{Kind: "refuse", Code: "InvalidImageName.Malformed", Status: 400, Action: "write", Image: "m-3"}}},
			[]string{"m-3 refused InvalidImageName.Malformed"},
			3,
		},
		{"throttled calls are asked again", scene{rows: three, faults: []ecssim.Fault{{Kind: "throttle", Action: "write", Times: 2}}}, nil, 5},
		{
			"somebody took the name",
			scene{rows: three, before: func(st *stage, _ *plan.Plan) {
				if err := st.server.Put(account, region, ecssim.Image{ID: "m-9", Name: "zz"}); err != nil {
					st.t.Fatal(err)
				}
			}},
			[]string{"m-3 refused NameTaken by m-9"},
			3,
		},
		{
			"no answer, however often",
			scene{rows: three[:1], retry: batch.Retry{Attempts: 3, Settle: time.Minute}, faults: []ecssim.Fault{{Kind: "lost-before", Action: "write"}}},
			[]string{"m-1 unknown"},
			0,
		},
		{
			"once there is no answer, the others are not asked about",
			scene{rows: three, retry: batch.Retry{Attempts: 3, Settle: time.Minute}, faults: []ecssim.Fault{{Kind: "lost-before", Action: "write", Times: 3}}},
			[]string{"m-1 unknown", "m-2 unknown", "m-3 unknown"},
			0,
		},
		{
			"a ring that is open has to be closed", scene{
				images: []ecssim.Image{{ID: "m-1", Name: plan.TemporaryName(account, region, "m-1", "bb")}, {ID: "m-2", Name: "bb"}},
				rows:   []manifest.Row{rename("m-1", "bb"), rename("m-2", "aa")},
				server: ecssim.Config{Open: ecssim.Open{OwnName: ecssim.OwnNameDuplicated}},
			}, nil, 0,
		},
		{"names that others still have", scene{rows: []manifest.Row{rename("m-1", "bb"), rename("m-2", "cc"), rename("m-3", "aa")}}, nil, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.scene.images == nil {
					test.scene.images = images
				}
				_, said, asked, err := test.scene.verify(t.Context(), t)
				if err != nil || !slices.Equal(said, test.want) {
					t.Errorf("%q, %v; want %q", said, err, test.want)
				}
				if test.want == nil && len(asked) != test.asked {
					t.Errorf("%d questions, want %d", len(asked), test.asked)
				}
			})
		})
	}
}

// What is asked is what will be sent, but for names that others still have.
func TestVerifyAsksForTheValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: []ecssim.Image{{ID: "m-1", Name: "aa"}, {ID: "m-2", Name: "bb"}, {ID: "m-3", Name: "cc"}},
			rows: []manifest.Row{
				{ImageID: "m-1", Want: manifest.Values{ImageName: "bb", Description: "the first"}},
				{ImageID: "m-2", Want: manifest.Values{ImageName: "aa"}},
				{ImageID: "m-3", Want: manifest.Values{ImageName: "web", Description: "the third"}},
			},
		}
		_, said, asked, err := s.verify(t.Context(), t)
		if said != nil || err != nil {
			t.Fatal(said, err)
		}
		for _, c := range asked {
			name, description := c.Parameters["ImageName"], c.Parameters["Description"]
			switch id := c.Parameters["ImageId"]; {
			case id == "m-1" && name == "" && description == "the first":
			case id == "m-2" && plan.IsTemporary(name) && description == "":
			case id == "m-3" && name == "web" && description == "the third":
			default:
				t.Errorf("%s is asked about %q, %q", id, name, description)
			}
		}
	})
}

// A service that takes the question for the change is asked only once.
func TestVerifyStopsWhereItIsNotUnderstood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: []ecssim.Image{{ID: "m-1", Name: "aa"}, {ID: "m-2", Name: "bb"}}}
		for _, id := range []string{"m-1", "m-2"} {
			s.rows = append(s.rows, manifest.Row{ImageID: id, Want: manifest.Values{ImageName: id + "-new"}})
		}
		m := new(misunderstanding)
		s.wire = func(next http.RoundTripper) http.RoundTripper {
			m.RoundTripper = next
			return m
		}
		_, _, _, err := s.verify(t.Context(), t)
		if !errors.Is(err, ecs.ErrNotDry) || !strings.Contains(err.Error(), "m-1") || m.calls != 1 {
			t.Errorf("%v after %d calls", err, m.calls)
		}
	})
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: []ecssim.Image{{ID: "m-1", Name: "aa"}}, rows: []manifest.Row{{ImageID: "m-1", Want: manifest.Values{ImageName: "xx"}}}}
		why := errors.New("stopped")
		ctx, stop := context.WithCancelCause(t.Context())
		s.faults = []ecssim.Fault{{Kind: "throttle", Action: "write"}}
		time.AfterFunc(time.Second, func() { stop(why) })
		if _, _, _, err := s.verify(ctx, t); !errors.Is(err, why) {
			t.Error(err)
		}
	})
}

// A misunderstanding answers each change as done.
type misunderstanding struct {
	http.RoundTripper
	calls int
}

func (m *misunderstanding) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("x-acs-action") != "ModifyImageAttribute" {
		return m.RoundTripper.RoundTrip(r)
	}
	m.calls++
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"RequestId":"1"}`)), Request: r}, nil
}
