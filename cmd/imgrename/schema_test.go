package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaPath = "../../testdata/events.schema.json"

// eventSchema is the schema of a line that --json writes.
var eventSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(schemaPath)
})

// checkEvents returns what is wrong with lines that --json wrote. The last must
// be a summary.
func checkEvents(lines string) error {
	schema, err := eventSchema()
	for line := range strings.Lines(lines) {
		var event any
		if err == nil {
			event, err = jsonschema.UnmarshalJSON(strings.NewReader(line))
		}
		if err == nil {
			err = schema.Validate(event)
		}
		if err != nil {
			return err
		}
	}
	return err
}

func TestSchemaTellsEventsFromOthers(t *testing.T) {
	for _, test := range []struct {
		name, line string
		right      bool
	}{
		{"a summary", `{"event":"summary","rows":1,"counts":{"applied":1},"exit_code":0}`, true},
		{"an unknown event", `{"event":"end","rows":1}`, false},
		{"an unknown field", `{"event":"summary","rows":1,"counts":{},"exit_code":0,"more":1}`, false},
		{"an unknown outcome", `{"event":"summary","rows":1,"counts":{"done":1},"exit_code":0}`, false},
		{"a missing field", `{"event":"summary","rows":1,"counts":{}}`, false},
		{"another type", `{"event":"summary","rows":"1","counts":{},"exit_code":0}`, false},
		{"a time that is none", `{"event":"lane","account":"1","region_id":"r","state":"reachable","since":"today","at":"2026-11-26T00:00:00Z"}`, false},
		{"no object", `1`, false},
		{"no JSON", `rows: 1`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := checkEvents(test.line + "\n"); (err == nil) != test.right {
				t.Error(err)
			}
		})
	}
}

// The schema has the fields of the events, no more and no fewer.
func TestSchemaHasEachField(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any
		} `json:"$defs"`
	}
	text, err := os.ReadFile(schemaPath)
	if err == nil {
		err = json.Unmarshal(text, &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]any{
		"problem": problemEvent{}, "row": rowEvent{}, "change": changeEvent{}, "notice": noticeEvent{}, "rule": ruleEvent{},
		"outlier": outlierEvent{}, "since": sinceEvent{}, "refusal": refusalEvent{}, "closed": closedEvent{}, "lane": laneEvent{}, "run": runEvent{},
		"version": versionEvent{}, "summary": summary{},
	} {
		var got []string
		for field := range schema.Defs[name].Properties {
			got = append(got, field)
		}
		want := ownFields(reflect.TypeOf(kind))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q in the schema, %q in the program", name, got, want)
		}
	}
}

// ownFields returns the names in JSON of a struct's fields, embedded ones included.
func ownFields(kind reflect.Type) (names []string) {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	for i := range kind.NumField() {
		field := kind.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			names = append(names, ownFields(field.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}

// The schema in the program is the one in the repository.
func TestHelpPrintsTheSchema(t *testing.T) {
	want, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"help", "json"}, {"help", "json", "--json"}} {
		var out, said bytes.Buffer
		code := run(t.Context(), args, streams{out: &sink{w: &out}, err: &sink{w: &said}})
		if code != codeOK || !strings.HasSuffix(out.String(), string(want)) {
			t.Errorf("%q: exit code %d, %s, and %.200s", args, code, said.String(), out.String())
		}
		if alone := out.Len() == len(want); alone != (len(args) == 3) {
			t.Errorf("%q: it prints the schema alone: %v", args, alone)
		}
	}
}
