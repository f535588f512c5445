package review_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
)

// A review in a file is the one that was written, or none.
func TestDecode(t *testing.T) {
	p := &plan.Plan{Lanes: make([]plan.Lane, 2), Rows: make([]plan.Row, 3)}
	for i := range p.Rows {
		p.Rows[i].Row = new(manifest.Row)
	}
	good := review.Review{
		Renames: 3, Images: []int{7, 8}, InUse: []int{2},
		Rules:    []review.Rule{{Left: "a-*", Right: "*", Rows: []int{0, 2}, Thin: []int{1}, Uncovered: []review.Image{{Lane: 1, ID: "m-9"}}, UncoveredCount: 1}},
		Outliers: []review.Outlier{{Row: 1, Near: 0, Got: "x", Want: "y"}},
	}
	encode := func(r review.Review) []byte {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	got, err := review.Decode(encode(good), p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&good, got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	for name, spoil := range map[string]func(string) string{
		"row of a rule":          func(s string) string { return strings.Replace(s, `"rows":[0,2]`, `"rows":[0,3]`, 1) },
		"no row":                 func(s string) string { return strings.Replace(s, `"rows":[0,2]`, `"rows":[]`, 1) },
		"thin lane":              func(s string) string { return strings.Replace(s, `"thin":[1]`, `"thin":[2]`, 1) },
		"lane of an image":       func(s string) string { return strings.Replace(s, `"lane":1`, `"lane":-1`, 1) },
		"fewer than are listed":  func(s string) string { return strings.Replace(s, `"uncovered_count":1`, `"uncovered_count":0`, 1) },
		"row of an outlier":      func(s string) string { return strings.Replace(s, `"row":1`, `"row":3`, 1) },
		"rule of an outlier":     func(s string) string { return strings.Replace(s, `"near":0`, `"near":1`, 1) },
		"image in use":           func(s string) string { return strings.Replace(s, `"in_use":[2]`, `"in_use":[-1]`, 1) },
		"more lanes than it has": func(s string) string { return strings.Replace(s, `"images":[7,8]`, `"images":[7,8,9]`, 1) },
		"no JSON":                func(s string) string { return s[1:] },
	} {
		text := string(encode(good))
		if spoiled := spoil(text); spoiled == text {
			t.Errorf("%s: nothing to spoil in %s", name, text)
		} else if _, err := review.Decode([]byte(spoiled), p); err == nil {
			t.Errorf("%s: read from %s", name, spoiled)
		}
	}
}
