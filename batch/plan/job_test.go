package plan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// TestContinues: a job by names stays the same whatever part of it is done, and
// becomes another if a row is written differently or other images are found.
func TestContinues(t *testing.T) {
	before := lane(image("m-1", "a"), image("m-2", "b"), image("m-3", "c"))
	rows := func() []manifest.Row { return []manifest.Row{byName("a", "b"), byName("b", "x"), rename("m-3", "z")} }
	for _, test := range []struct {
		name  string
		edit  func([]manifest.Row) []manifest.Row
		lanes []plan.Inventory
		want  bool
	}{
		{"nothing was done", nil, before, true},
		{"part was done: one image has another's old name", nil, lane(image("m-1", "b"), image("m-2", "x"), image("m-3", "c")), true},
		{"one is under its temporary name", nil, lane(image("m-1", plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")), image("m-2", "x"), image("m-3", "c")), true},
		{"one is gone", nil, lane(image("m-2", "b"), image("m-3", "c")), true},
		{"a new image has a name that was renamed", nil, lane(image("m-1", "b"), image("m-2", "x"), image("m-3", "c"), image("m-4", "a")), false},
		{"another region", nil, []plan.Inventory{{Lane: plan.Lane{Account: "1001", Region: "cn-beijing"}, Images: before[0].Images}}, false},
		{"a desired name was edited", func(r []manifest.Row) []manifest.Row { r[0].Want.ImageName = "y"; return r }, before, false},
		{"a description was added", func(r []manifest.Row) []manifest.Row { r[0].Want.Description = "y"; return r }, before, false},
		{"a condition was added", func(r []manifest.Row) []manifest.Row { r[2].Current = &values{Status: ecs.Available}; return r }, before, false},
		{"a name was edited", func(r []manifest.Row) []manifest.Row { r[1].Current.ImageName = "q"; return r }, before, false},
		{"an id was edited", func(r []manifest.Row) []manifest.Row { r[2].ImageID = "m-2"; return r }, before, false},
		{"an id instead of a name", func(r []manifest.Row) []manifest.Row { r[0].ImageID = "m-1"; return r }, before, false},
		{"a row is missing", func(r []manifest.Row) []manifest.Row { return r[:2] }, before, false},
		{"a row was added", func(r []manifest.Row) []manifest.Row { return append(r, rename("m-9", "n")) }, before, false},
		{"another order", func(r []manifest.Row) []manifest.Row { r[0], r[1] = r[1], r[0]; return r }, before, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			edited := rows()
			if test.edit != nil {
				edited = test.edit(edited)
			}
			earlier := plan.New(requests(rows()...), before)
			if got := plan.New(requests(edited...), test.lanes).Continues(earlier); got != test.want {
				t.Errorf("Continues = %v", got)
			}
		})
	}
}

func TestJobHash(t *testing.T) {
	base := func() (manifest.Row, []plan.Inventory) {
		return manifest.Row{ImageID: "m-1", Want: values{ImageName: "b"}, Current: &values{Status: ecs.Available}}, lane(image("m-1", "a"))
	}
	hash := func(edit func(*manifest.Row, []plan.Inventory)) string {
		row, lanes := base()
		edit(&row, lanes)
		return plan.New(requests(row), lanes).JobHash()
	}
	want := hash(func(*manifest.Row, []plan.Inventory) {})
	for _, test := range []struct {
		name string
		same bool
		edit func(*manifest.Row, []plan.Inventory)
	}{
		{"the image's state", true, func(_ *manifest.Row, l []plan.Inventory) { l[0].Images[0].ImageName = "b" }},
		{"note and extra", true, func(r *manifest.Row, _ []plan.Inventory) { r.Note, r.Extra = "n", []string{"x"} }},
		{"the profile", true, func(r *manifest.Row, _ []plan.Inventory) { r.Profile = "p" }},
		{"the desired name", false, func(r *manifest.Row, _ []plan.Inventory) { r.Want.ImageName = "c" }},
		{"another attribute", false, func(r *manifest.Row, _ []plan.Inventory) { r.Want.ImageName, r.Want.Description = "", "b" }},
		{"a condition", false, func(r *manifest.Row, _ []plan.Inventory) { r.Current = nil }},
		{"the image", false, func(r *manifest.Row, _ []plan.Inventory) { r.ImageID = "m-2" }},
		{"the account", false, func(_ *manifest.Row, l []plan.Inventory) { l[0].Lane.Account = "x" }},
		{"the region", false, func(_ *manifest.Row, l []plan.Inventory) { l[0].Lane.Region = "x" }},
	} {
		if got := hash(test.edit); (got == want) != test.same {
			t.Errorf("%s: same hash is %v", test.name, got == want)
		}
	}
	a, b := rename("m-1", "x"), rename("m-2", "y")
	if plan.New(requests(a, b), lane()).JobHash() == plan.New(requests(b, a), lane()).JobHash() {
		t.Error("the order of rows does not matter")
	}
	byID, named := rename("m-1", "x"), rename("", "x")
	byID.Current, named.Current = &values{ImageName: "a"}, &values{ImageName: "a"}
	if plan.New(requests(byID), lane(image("m-1", "a"))).JobHash() != plan.New(requests(named), lane(image("m-1", "a"))).JobHash() {
		t.Error("a row by name is another job than the same by id")
	}
}

// manyValues is a job of several lanes, with conditions and all attributes.
func manyValues() *plan.Plan {
	lanes := []plan.Inventory{
		{Lane: plan.Lane{Account: "1001", Region: "cn-hangzhou"}, Images: []ecs.Image{image("m-1", "a"), image("m-2", "b")}},
		{Lane: plan.Lane{Account: "1002", Region: "cn-beijing"}, Images: []ecs.Image{image("m-3", "c")}},
	}
	all := values{
		ImageName: "n", Description: "d", ImageFamily: "f", Status: "Deprecated",
		BootMode: "UEFI", LicenseType: "BYOL", NvmeSupport: "supported", ImdsSupport: "v2",
	}
	rows := requests(byName("a", "x"), manifest.Row{ImageID: "m-2", Want: all, Current: &values{ImageName: "b", Status: ecs.Available}}, rename("m-3", "镜像"))
	rows[2].Lane = 1
	return plan.New(rows, lanes)
}

// TestHashOfTheFirstVersion: IsJob knows the hash that the first version gave
// manyValues.
func TestHashOfTheFirstVersion(t *testing.T) {
	const first = "sha256:1c4b9408e9ddbd957d4afbb08df19add40d81dd1dbf9f812059d65988a317b18"
	p := manyValues()
	for hash, want := range map[string]bool{
		first: true, p.JobHash(): true,
		"": false, "v2:" + first: false, strings.TrimPrefix(p.JobHash(), "v2:"): false,
	} {
		if p.IsJob(hash) != want {
			t.Errorf("IsJob(%q) = %v", hash, !want)
		}
	}
	p.Rows[1].Want.ImdsSupport = ""
	if p.IsJob(first) {
		t.Error("another job has the hash")
	}
}

// TestJobHashIsOfGivenValuesOnly computes the hash from the given values alone:
// it does not depend on how many attributes there are.
func TestJobHashIsOfGivenValuesOnly(t *testing.T) {
	var b []byte
	text := func(texts ...string) {
		for _, s := range texts {
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		}
	}
	text("1001", "cn-hangzhou", "m-1", "image_name", "x", "", "image_name", "a", "")
	text("1001", "cn-hangzhou", "m-2", "image_name", "n", "description", "d", "image_family", "f", "status", "Deprecated",
		"boot_mode", "UEFI", "license_type", "BYOL", "nvme_support", "supported", "imds_support", "v2", "")
	text("image_name", "b", "status", "Available", "")
	text("1002", "cn-beijing", "m-3", "image_name", "镜像", "", "")
	sum := sha256.Sum256(b)
	if got, want := manyValues().JobHash(), "v2:sha256:"+hex.EncodeToString(sum[:]); got != want {
		t.Errorf("JobHash = %s, want %s", got, want)
	}
}

// FuzzJobHash: jobs hash alike only if all their cells are the same. The fuzzer
// fills the cells of two manifests.
func FuzzJobHash(f *testing.F) {
	f.Add([]byte("m\x00a\x00"), []byte("m\x00\x00a"))
	f.Add([]byte("m\x00image_name"), []byte("m\x00\x0aimage_name"))
	f.Add(bytes.Repeat([]byte("m\x00"), 40), bytes.Repeat([]byte("m\x00"), 38))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		p, q := ofCells(a), ofCells(b)
		if same := cells(p) == cells(q); same != (p.JobHash() == q.JobHash()) || same != q.IsJob(p.JobHash()) {
			t.Errorf("%q and %q: the same job is %v", a, b, same)
		}
	})
}

// ofCells fills rows with the texts between zero bytes.
func ofCells(b []byte) *plan.Plan {
	p := &plan.Plan{Lanes: []plan.Lane{{Account: "1001", Region: "cn-hangzhou"}}}
	for cells := range slices.Chunk(strings.Split(string(b), "\x00"), 17) {
		cells = append(cells, make([]string, 17-len(cells))...)
		m := &manifest.Row{Current: new(values)}
		for a := range (ecs.Attributes{}).All() {
			*(*ecs.Attributes)(&m.Want).Field(a) = cells[1+a]
			*(*ecs.Attributes)(m.Current).Field(a) = cells[9+a]
		}
		p.Rows = append(p.Rows, plan.Row{Request: plan.Request{Row: m}, ImageID: cells[0]})
	}
	return p
}

// cells are the rows as one text, which no cell can imitate.
func cells(p *plan.Plan) string {
	var all strings.Builder
	for _, r := range p.Rows {
		all.WriteString(r.ImageID)
		for _, v := range []values{r.Want, r.Condition()} {
			for _, cell := range ecs.Attributes(v).All() {
				all.WriteString("\x00" + cell)
			}
		}
		all.WriteString("\n\x00")
	}
	return all.String()
}
