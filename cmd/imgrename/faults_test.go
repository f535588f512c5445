package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

// TestFaultsTopicIsComplete: the topic has an example of every kind of fault, of
// every option and of every setting that the simulator knows.
func TestFaultsTopicIsComplete(t *testing.T) {
	faults := examplesOf(t, "fault")
	quotas := examplesOf(t, "quota")
	settings := new(ecssim.Config)
	_, kindErr := ecssim.ParseFault("qqqq")
	_, optionErr := ecssim.ParseFault("refused:qqqq=1")
	_, quotaErr := ecssim.ParseQuota("1/1s;qqqq=1")
	settingErr := settings.Set("qqqq=1")
	for _, tt := range []struct {
		name     string
		known    error
		examples []string
		pattern  string
	}{
		{"kinds of faults", kindErr, faults, `^[a-z-]+`},
		{"options of faults", optionErr, faults, `([a-z]+)=`},
		{"options of quotas", quotaErr, quotas, `;([a-z]+)=`},
		{"settings", settingErr, examplesOf(t, "set"), `^[a-z-]+`},
	} {
		var shown []string
		for _, example := range tt.examples {
			for _, found := range regexp.MustCompile(tt.pattern).FindAllStringSubmatch(example, -1) {
				shown = append(shown, found[len(found)-1])
			}
		}
		slices.Sort(shown)
		if diff := cmp.Diff(listed(t, tt.known), slices.Compact(shown)); diff != "" {
			t.Errorf("%s (-there are +the topic has):\n%s", tt.name, diff)
		}
	}
}

// TestFaultsTopicsExamplesStart: simulate takes every example of the topic as it
// is.
func TestFaultsTopicsExamplesStart(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, flag := range []string{"fault", "quota", "deny", "set"} {
		examples := examplesOf(t, flag)
		if len(examples) < 3 {
			t.Errorf("--%s: %d examples", flag, len(examples))
		}
		for _, example := range examples {
			var out, said bytes.Buffer
			args := []string{"simulate", "--images", "1", "--" + flag, example}
			code := run(stopped, args, streams{out: &sink{w: &out}, err: &sink{w: &said}})
			if said.Len() > 0 || code != codeOK || !strings.Contains(out.String(), "IMGRENAME_ENDPOINT=") {
				t.Errorf("--%s %s: exit code %d, standard error %q, output %q", flag, example, code, &said, &out)
			}
		}
	}
}

// What would have no effect is refused, not taken in silence.
func TestSimulateRefusesWhatHasNoEffect(t *testing.T) {
	for _, tt := range []struct{ flag, value, want string }{
		{"fault", "lost-after:0", `"0" is neither a chance above 0`},
		{"fault", "lost-after:every=0", "every: \"0\" is no count from 1"},
		{"fault", "internal-error:3s", "no duration has an effect on this kind"},
		{"fault", "lost-after:code=Busy", "this kind has no code"},
		{"fault", "lost-after:status=500", "this kind has no status"},
		{"fault", "internal-error:hint=retry-after", "this kind has no hint"},
		{"fault", "lost-after:image=", "image: give a value"},
		{"fault", "lost-after:action=DeleteImage", `no action "DeleteImage"`},
		{"quota", "none;neighbour=5/s", "neighbour: there is no limit"},
		{"quota", "DeleteImage=1/1s", `quota "DeleteImage=1/1s"`},
		{"deny", "ecs:DeleteImage", `no action "ecs:DeleteImage"`},
		{"deny", "ecs:Modify*=", "of which image?"},
		{"deny", "ecs:Modify*=m-[", `"m-[" is no pattern`},
		{"set", "read-lag", "give a value, as read-lag=VALUE"},
		{"set", "own-name=maybe", `"maybe" is none of kept, duplicated`},
		{"set", "hidden=Price", `an image has no field "Price"`},
		{"set", "max-families=0", `"0" is no count from 1`},
		{"set", "latency-spread=NaN", `"NaN" is no sigma from 0 to 10`},
	} {
		code, out, said := try("simulate", "--"+tt.flag, tt.value)
		if code != codeUsage || out != "" || !strings.Contains(said, "--"+tt.flag+": ") || !strings.Contains(said, tt.want) || !strings.Contains(said, "help faults") {
			t.Errorf("--%s %s: exit code %d, standard error %q, want %q", tt.flag, tt.value, code, said, tt.want)
		}
	}
}

// TestImagesOfAFileHaveTags: the columns of a simulator's images that no manifest
// needs.
func TestImagesOfAFileHaveTags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "images.csv")
	const rows = "image_id,region_id,image_name,X_Tag_Team,x_tag_,x_tag_env,x_public,x_resource_group\n" +
		"m-1,cn-hangzhou,web,图,x,,true,rg-1\nm-2,cn-hangzhou,db,,,prod,,\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &simulation{common: &common{encoding: "auto", delimiter: "auto"}, images: file}
	got, err := s.inventory()
	want := map[string][]ecssim.Image{"cn-hangzhou": {
		{ID: "m-1", Name: "web", Tags: []ecssim.Tag{{Key: "Team", Value: "图"}}, Public: true, ResourceGroupID: "rg-1"},
		{ID: "m-2", Name: "db", Tags: []ecssim.Tag{{Key: "env", Value: "prod"}}},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// examplesOf returns the examples that the topic gives for a flag: the first
// words of the indented lines from the flag's heading to the next.
func examplesOf(t *testing.T, flag string) (examples []string) {
	t.Helper()
	_, section, found := strings.Cut(topic(t, "faults"), ": --"+flag+" ")
	if !found {
		t.Fatalf("the topic has no --%s", flag)
	}
	section, _, _ = strings.Cut(section, ": --")
	for _, line := range regexp.MustCompile(`(?m)^  (\S+)(?:  .*)?$`).FindAllStringSubmatch(section, -1) {
		examples = append(examples, line[1])
	}
	return examples
}

// listed returns what an error says that there is, sorted.
func listed(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	_, list, _ := strings.Cut(err.Error(), "there are ")
	return strings.Split(list, ", ")
}
