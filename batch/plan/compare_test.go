package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestCompare(t *testing.T) {
	a, b, c := image("m-1", "a"), image("m-2", "b"), image("m-3", "c")
	drifted := func(i *ecs.Image) { i.Description = "somebody's" }
	described := func(text string) func(*ecs.Image) { return func(i *ecs.Image) { i.Description = text } }
	path := []manifest.Row{rename("m-1", "b"), rename("m-2", "c"), rename("m-3", "d")}
	ring := []manifest.Row{rename("m-1", "b"), rename("m-2", "c"), rename("m-3", "a")}
	fam := func(i *ecs.Image) { i.ImageFamily = "f" }
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		now    []ecs.Image
		want   []string
		chains []string
	}{
		{
			name: "nothing has changed", images: []ecs.Image{a, b, c}, rows: path, now: []ecs.Image{a, b, c},
			want: []string{"planned", "planned", "planned"}, chains: []string{"m-3→d m-2→c m-1→b"},
		},
		{
			name: "what is done is unchanged, the rest is done", images: []ecs.Image{a, b, c}, rows: path,
			now:  []ecs.Image{a, b, image("m-3", "d")},
			want: []string{"planned", "planned", "unchanged"}, chains: []string{"m-2→c m-1→b"},
		},
		{
			name: "a condition that our own edit has broken holds", images: []ecs.Image{with(a, described("before"))},
			rows: []manifest.Row{{
				ImageID: "m-1", Want: manifest.Values{ImageName: "b", Description: "after"},
				Current: &manifest.Values{Description: "before"},
			}},
			now:  []ecs.Image{with(a, described("after"))},
			want: []string{"planned"}, chains: []string{"m-1→b"},
		},
		{
			name: "a drifted row is a conflict, what comes before it is done", images: []ecs.Image{a, b, c}, rows: path,
			now:  []ecs.Image{with(a, drifted), b, c},
			want: []string{"conflict ChangedSincePlan", "planned", "planned"}, chains: []string{"m-3→d m-2→c"},
		},
		{
			name: "a drifted row blocks what comes after it", images: []ecs.Image{a, b, c}, rows: path,
			now:    []ecs.Image{a, with(b, drifted), c},
			want:   []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan", "planned"},
			chains: []string{"m-3→d"},
		},
		{
			name: "a row that drifted to another name blocks too, though its name is free", images: []ecs.Image{a, b, c}, rows: path,
			now:    []ecs.Image{a, image("m-2", "elsewhere"), c},
			want:   []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan", "planned"},
			chains: []string{"m-3→d"},
		},
		{
			name: "an image that is gone blocks too", images: []ecs.Image{a, b, c}, rows: path,
			now:    []ecs.Image{a, c},
			want:   []string{"blocked WaitsForAnother m-2:3", "refused NoSuchImage m-2", "planned"},
			chains: []string{"m-3→d"},
		},
		{
			name: "a ring with a drifted member is blocked", images: []ecs.Image{a, b, c}, rows: ring,
			now:  []ecs.Image{a, image("m-2", "elsewhere"), c},
			want: []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan", "blocked WaitsForAnother m-2:3"},
		},
		{
			name: "an open ring is finished", images: []ecs.Image{a, b, c}, rows: ring,
			now:  []ecs.Image{image("m-1", plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")), b, image("m-3", "a")},
			want: []string{"planned", "planned", "unchanged"}, chains: []string{"open: m-2→c m-1→b"},
		},
		{
			name: "a stranger has taken the name", images: []ecs.Image{a}, rows: []manifest.Row{rename("m-1", "x")},
			now: []ecs.Image{a, image("m-9", "x")}, want: []string{"refused NameTaken m-9"},
		},
		{
			name: "nobody has agreed to what the plan refused", images: []ecs.Image{a, b}, rows: []manifest.Row{rename("m-1", "b")},
			now: []ecs.Image{a}, want: []string{"refused NameTaken m-2"},
		},
		{
			name: "what was as desired and is not any more is a conflict", images: []ecs.Image{a}, rows: []manifest.Row{rename("m-1", "a")},
			now: []ecs.Image{image("m-1", "x")}, want: []string{"conflict ChangedSincePlan"},
		},
		{
			name: "a row by name stays with the image it meant", images: []ecs.Image{a}, rows: []manifest.Row{byName("a", "x")},
			now: []ecs.Image{image("m-1", "x"), image("m-9", "a")}, want: []string{"unchanged"},
		},
		{
			name: "a name that was free may be freed now", images: []ecs.Image{a, b}, rows: []manifest.Row{rename("m-1", "b"), rename("m-2", "a")},
			now: []ecs.Image{a, image("m-2", "a2")}, want: []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan"},
		},
		{
			name:   "what would deprecate is blocked if what was to be before it is held back",
			images: []ecs.Image{with(a, fam), b, c},
			rows:   []manifest.Row{edit("m-1", values{Status: ecs.Deprecated}), edit("m-2", values{ImageFamily: "f"}), rename("m-3", "x")},
			now:    []ecs.Image{with(a, fam), with(b, drifted), c},
			want:   []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan", "planned"},
			chains: []string{"m-3→x"},
		},
		{
			name: "that goes on from chain to chain",
			images: []ecs.Image{
				with(a, fam), b, with(c, func(i *ecs.Image) { i.ImageFamily = "g" }), image("m-4", "d"),
			},
			rows: []manifest.Row{
				edit("m-1", values{Status: ecs.Deprecated}), edit("m-2", values{ImageName: "x", ImageFamily: "f"}),
				edit("m-3", values{ImageName: "b", Status: ecs.Deprecated}), edit("m-4", values{ImageFamily: "g"}),
			},
			now: []ecs.Image{
				with(a, fam), b, with(c, func(i *ecs.Image) { i.ImageFamily = "g" }), with(image("m-4", "d"), drifted),
			},
			want: []string{
				"blocked WaitsForAnother m-4:5", "blocked WaitsForAnother m-4:5",
				"blocked WaitsForAnother m-4:5", "conflict ChangedSincePlan",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			saved := plan.New(requests(test.rows...), lane(test.images...))
			p := plan.Compare(saved, lane(test.now...))
			if diff := cmp.Diff(test.want, verdicts(p)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.chains, chains(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRest: an image that a run has left parked gets out of its temporary name,
// whatever somebody else has done to the others.
func TestRest(t *testing.T) {
	a, b, c := image("m-1", "a"), image("m-2", "b"), image("m-3", "c")
	parked := image("m-1", plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b"))
	moved := image("m-3", "a")
	theirs := func(i *ecs.Image) { i.Description = "theirs" }
	ring := []manifest.Row{rename("m-1", "b"), rename("m-2", "c"), rename("m-3", "a")}
	for _, test := range []struct {
		name   string
		now    []ecs.Image
		want   []string
		chains []string
	}{
		{
			name: "an open ring is finished, and its way home is known", now: []ecs.Image{parked, b, moved},
			want: []string{"planned", "planned", "unchanged"}, chains: []string{"open: m-2→c m-1→b home: m-3→c m-1→a"},
		},
		{
			name: "a member has another name: home to the old name", now: []ecs.Image{parked, image("m-2", "x"), c},
			want: []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan", "blocked WaitsForAnother m-2:3"}, chains: []string{"open: home: m-1→a"},
		},
		{
			name: "a member is gone, after another one was moved", now: []ecs.Image{parked, moved},
			want: []string{"blocked WaitsForAnother m-2:3", "refused NoSuchImage m-2", "unchanged"}, chains: []string{"open: home: m-3→c m-1→a"},
		},
		{
			name: "what is done already may be described", now: []ecs.Image{parked, b, with(moved, theirs)},
			want: []string{"planned", "planned", "unchanged"}, chains: []string{"open: m-2→c m-1→b home: m-3→c m-1→a"},
		},
		{
			name: "all moved, and the parked one is described: all go back", now: []ecs.Image{with(parked, theirs), image("m-2", "c"), moved},
			want: []string{"conflict ChangedSincePlan", "unchanged", "unchanged"}, chains: []string{"open: home: m-2→b m-3→c m-1→a"},
		},
		{
			name: "the old name is taken: on to the desired one", now: []ecs.Image{with(parked, theirs), image("m-2", "x"), c, image("m-9", "a")},
			want: []string{"conflict ChangedSincePlan", "conflict ChangedSincePlan", "blocked WaitsForAnother m-1:2"}, chains: []string{"open: home: m-1→b"},
		},
		{
			name: "nothing to go back to: on to the desired one", now: []ecs.Image{parked, image("m-2", "x"), moved, image("m-9", "c")},
			want: []string{"blocked WaitsForAnother m-2:3", "conflict ChangedSincePlan", "unchanged"}, chains: []string{"open: home: m-1→b"},
		},
		{
			name: "both names are taken", now: []ecs.Image{parked, b, c, image("m-9", "a")},
			want: []string{"stranded TemporaryName m-2:3", "blocked WaitsForAnother m-3:4", "refused NameTaken m-9"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			saved := plan.New(requests(ring...), lane(a, b, c))
			p := plan.Rest(saved, lane(test.now...))
			if diff := cmp.Diff(test.want, verdicts(p)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.chains, chains(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A row that the saved plan holds back says what it said there, whatever the
// images are like by now: nobody has agreed to anything else.
func TestCompareLeavesWhatIsHeldBackAlone(t *testing.T) {
	for _, test := range []struct {
		name string
		row  manifest.Row
		then []ecs.Image
		now  []ecs.Image
	}{
		{"an image of that name is there now", byName("a", "x"), nil, []ecs.Image{image("m-1", "a")}},
		{
			"an image that an earlier run left on its way is there now", byName("a", "x"), nil,
			[]ecs.Image{image("m-1", plan.TemporaryName("1001", "cn-hangzhou", "m-1", "x"))},
		},
		{"the image is there now", rename("m-1", "x"), nil, []ecs.Image{image("m-1", "a")}},
		{
			"one of two of that name is left", byName("a", "x"),
			[]ecs.Image{image("m-1", "a"), image("m-2", "a")},
			[]ecs.Image{image("m-2", "a")},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			saved := plan.New(requests(test.row), lane(test.then...))
			was := saved.Rows[0]
			got := plan.Compare(saved, lane(test.now...)).Rows[0]
			if got.ImageID != was.ImageID || got.Verdict != was.Verdict {
				t.Errorf("%q is %s, in the saved plan %q was %s", got.ImageID, got.Verdict, was.ImageID, was.Verdict)
			}
			if diff := cmp.Diff(was.Problem, got.Problem); diff != "" {
				t.Errorf("(-saved +now):\n%s", diff)
			}
		})
	}
}

// An image that is missing from one reading of a lane is not said to be elsewhere
// because another reading of it has it.
func TestMissingImageIsNotElsewhereInTheSameLane(t *testing.T) {
	twice := []plan.Inventory{lane()[0], lane(image("m-1", "a"))[0]}
	p := plan.New(requests(rename("m-1", "x")), twice)
	if got := p.Rows[0].Problem.Message; got != "no image m-1 in cn-hangzhou of account 1001" {
		t.Error(got)
	}
}

func TestCompareLanes(t *testing.T) {
	saved := plan.New(requests(rename("m-1", "b"), rename("m-0", "b")), lane(image("m-1", "a")))
	other := plan.Inventory{Lane: plan.Lane{Account: "1001", Region: "cn-shanghai"}}
	for _, test := range []struct {
		name  string
		fresh []plan.Inventory
		want  []string
		lane  int
	}{
		{"lanes in another order", []plan.Inventory{other, lane(image("m-1", "a"))[0]}, []string{"planned", "refused NoSuchImage m-0"}, 1},
		{"a lane that is not there", []plan.Inventory{other}, []string{"pending Unreachable", "refused NoSuchImage m-0"}, 1},
		{
			"a lane that cannot be read",
			[]plan.Inventory{{Lane: here, Unread: &ecs.Error{Code: "Forbidden.RAM"}}},
			[]string{"failed Forbidden.RAM", "refused NoSuchImage m-0"},
			0,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Compare(saved, test.fresh)
			if diff := cmp.Diff(test.want, verdicts(p)); diff != "" {
				t.Error(diff)
			}
			if p.Rows[0].Lane != test.lane || p.Lanes[test.lane] != here || p.Rows[0].Old.ImageName != "a" {
				t.Errorf("lanes %v, row in %d, old %v", p.Lanes, p.Rows[0].Lane, p.Rows[0].Old)
			}
		})
	}
}

// A value of any attribute that has changed since the plan was made is a
// conflict, whatever the row is about.
func TestCompareSeesAnyDrift(t *testing.T) {
	before := image("m-1", "a")
	before.Attributes = ecs.Attributes{
		ImageName: "a", Description: "it", ImageFamily: "f", Status: ecs.Available,
		BootMode: "BIOS", LicenseType: "Auto", NvmeSupport: "unsupported", ImdsSupport: "v1",
	}
	for field := range before.All() {
		t.Run(field.String(), func(t *testing.T) {
			row := rename("m-1", "b")
			if field == ecs.ImageName {
				row = edit("m-1", values{Description: "other"})
			}
			saved := plan.New(requests(row), lane(before))
			for _, value := range []string{"somebody's", ""} {
				now := before
				*now.Field(field) = value
				p := plan.Compare(saved, lane(now))
				if diff := cmp.Diff([]string{"conflict ChangedSincePlan"}, verdicts(p)); diff != "" {
					t.Errorf("%q: %s", value, diff)
				}
			}
		})
	}
}

// Closing a run leaves out the chains that an open one was to wait for.
func TestOnlyOpenWaitsForNothing(t *testing.T) {
	p := &plan.Plan{Lanes: []plan.Lane{here}, Rows: make([]plan.Row, 2), Chains: []plan.Chain{
		{Steps: []plan.Step{{Row: 0}}},
		{Steps: []plan.Step{{Row: 1}}, Open: true, After: []int{0}},
	}}
	closing := p.OnlyOpen()
	if len(closing.Chains) != 1 || len(closing.Chains[0].After) > 0 || len(p.Chains[1].After) != 1 {
		t.Errorf("the chains are %+v, of %+v", closing.Chains, p.Chains)
	}
}
