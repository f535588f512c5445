package ecs_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
)

func TestAttributesAreInColumnOrder(t *testing.T) {
	v := ecs.Attributes{
		ImageName: "1", Description: "2", ImageFamily: "3", Status: "4",
		BootMode: "5", LicenseType: "6", NvmeSupport: "7", ImdsSupport: "8",
	}
	var got [][4]string
	for a, value := range v.All() {
		got = append(got, [4]string{value, a.String(), a.Condition(), a.Parameter()})
	}
	want := [][4]string{
		{"1", "image_name", "current_name", "ImageName"},
		{"2", "description", "current_description", "Description"},
		{"3", "image_family", "current_image_family", "ImageFamily"},
		{"4", "status", "current_status", "Status"},
		{"5", "boot_mode", "current_boot_mode", "BootMode"},
		{"6", "license_type", "current_license_type", "LicenseType"},
		{"7", "nvme_support", "current_nvme_support", "Features.NvmeSupport"},
		{"8", "imds_support", "current_imds_support", "Features.ImdsSupport"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for range v.All() {
		break // must not panic
	}
}

func TestAttributeAsText(t *testing.T) {
	for a := range (ecs.Attributes{}).All() {
		text, err := json.Marshal(map[ecs.Attribute]ecs.Attribute{a: a})
		if want := fmt.Sprintf(`{"%s":"%[1]s"}`, a); err != nil || string(text) != want {
			t.Errorf("%s, %v, want %s", text, err, want)
		}
		var back map[ecs.Attribute]ecs.Attribute
		if err := json.Unmarshal(text, &back); err != nil || back[a] != a || len(back) != 1 {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
	}
	if err := new(ecs.Attribute).UnmarshalText([]byte("owner")); err == nil || err.Error() != `"owner" is not an attribute` {
		t.Error(err)
	}
}

// row is a struct as a reader of manifests declares it.
type row struct {
	ImageName   string `csv:"image_name"`
	Description string `csv:"description"`
	ImageFamily string `csv:"image_family"`
	Status      string `csv:"status"`
	BootMode    string `csv:"boot_mode"`
	LicenseType string `csv:"license_type"`
	NvmeSupport string `csv:"nvme_support"`
	ImdsSupport string `csv:"imds_support"`
}

func TestAttributesConvertFromOtherStructs(t *testing.T) {
	got := ecs.Attributes(row{ImageName: "web", ImdsSupport: "v2"})
	if diff := cmp.Diff(ecs.Attributes{ImageName: "web", ImdsSupport: "v2"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		name            string
		have, want, set ecs.Attributes
	}{
		{"nothing wanted", ecs.Attributes{ImageName: "a"}, ecs.Attributes{}, ecs.Attributes{}},
		{"as it is", ecs.Attributes{ImageName: "a"}, ecs.Attributes{ImageName: "a"}, ecs.Attributes{}},
		{"one of two differs", ecs.Attributes{ImageName: "a", Status: "Available"}, ecs.Attributes{ImageName: "b", Status: "Available"}, ecs.Attributes{ImageName: "b"}},
		{"had no value", ecs.Attributes{}, ecs.Attributes{ImageFamily: "f"}, ecs.Attributes{ImageFamily: "f"}},
		{"line breaks of a description", ecs.Attributes{Description: "a\r\nb"}, ecs.Attributes{Description: "a\nb"}, ecs.Attributes{}},
		{"a lone carriage return is no line break", ecs.Attributes{Description: "a\rb"}, ecs.Attributes{Description: "a\nb"}, ecs.Attributes{Description: "a\nb"}},
		{"line breaks of anything else", ecs.Attributes{ImageName: "a\r\nb"}, ecs.Attributes{ImageName: "a\nb"}, ecs.Attributes{ImageName: "a\nb"}},
		{"case", ecs.Attributes{ImageName: "a"}, ecs.Attributes{ImageName: "A"}, ecs.Attributes{ImageName: "A"}},
		{"composed and decomposed", ecs.Attributes{ImageName: "\u00e9"}, ecs.Attributes{ImageName: "e\u0301"}, ecs.Attributes{ImageName: "e\u0301"}},
		{"spaces", ecs.Attributes{Description: "a"}, ecs.Attributes{Description: "a "}, ecs.Attributes{Description: "a "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.set, tt.have.Changes(tt.want)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestApplyingTheChangesGivesWhatWasWanted(t *testing.T) {
	const rounds = 20_000
	dice := rand.New(rand.NewPCG(1, 2))
	values := []string{"", "", "a", "b", "a\nb", "a\r\nb", "\r\n", "镜像"}
	random := func() (v ecs.Attributes) {
		for a := range v.All() {
			*v.Field(a) = values[dice.IntN(len(values))]
		}
		return v
	}
	for range rounds {
		v, w := random(), random()
		got := v.Apply(v.Changes(w))
		for a, wanted := range w.All() {
			have := *got.Field(a)
			if wanted != "" && !a.Same(have, wanted) || wanted == "" && have != *v.Field(a) {
				t.Fatalf("%+v wanted of %+v gives %s = %q", w, v, a, have)
			}
		}
		if again := got.Changes(w); again != (ecs.Attributes{}) {
			t.Fatalf("%+v wanted of %+v: still to be changed: %+v", w, v, again)
		}
	}
}
