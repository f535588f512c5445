package review_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
)

// A rename is an old and a new name.
type rename struct{ old, new string }

// renames reviews some renames in one lane, all images of one day.
func renames(all ...rename) (*job, *review.Review) {
	j := new(job)
	for _, r := range all {
		j.add(0, r.old, r.new, "2026-07-01T03:15:02Z")
	}
	return j, j.review()
}

// packer is 48 renames that drop a prefix and add the year.
func packer() (all []rename) {
	for i := range 48 {
		app := apps[i%len(apps)]
		all = append(all, rename{fmt.Sprintf("packer-%s-0%03d", app, i), fmt.Sprintf("%s-0%03d-2026", app, i)})
	}
	return all
}

const none = "fits no rule that more than a few rows share"

// Each row breaks the rule "packer-* → *-2026" of 48 rows.
func TestMistakes(t *testing.T) {
	const rule = " packer-* → *-2026 (48 rows)"
	for _, test := range []struct {
		name, old, new string
		why            string
	}{
		{"another year", "packer-mail-0100", "mail-0100-2025", `has "2025" where` + rule + ` has "2026"`},
		{"prefix kept", "packer-mail-0100", "packer-mail-0100-2026", `has "packer-" too much beside` + rule},
		{"nothing changed", "packer-mail-0100", "packer-mail-0100", `keeps its name, unlike` + rule},
		{"first letter lost", "packer-mail-0100", "ail-0100-2026", `has "ail" where` + rule + ` has "mail"`},
		{"letters swapped", "packer-mail-0100", "mial-0100-2026", `has "mial" where` + rule + ` has "mail"`},
		{"last character lost", "packer-mail-0100", "mail-0100-202", `has "202" where` + rule + ` has "2026"`},
		{"letter doubled", "packer-mail-0100", "maill-0100-2026", `has "maill" where` + rule + ` has "mail"`},
		{"dash at the end", "packer-mail-0100", "mail-0100-2026-", `has "-" too much beside` + rule},
		{"case", "packer-mail-0100", "Mail-0100-2026", `has "Mail" where` + rule + ` has "mail"`},
		{"underscore for dash", "packer-mail-0100", "mail_0100-2026", `has "_" where` + rule + ` has "-"`},
		{"Cyrillic letter", "packer-mail-0100", "mаil-0100-2026", `has "mаil" where` + rule + ` has "mail"`},
		{"full-width digit", "packer-mail-0100", "mail-０100-2026", `has "０100" where` + rule + ` has "0100"`},
		{"part added", "packer-mail-0100", "mail-eu-0100-2026", `has "eu-" too much beside` + rule},
		{"part lost", "packer-mail-0100", "0100-2026", `lacks "mail-" beside` + rule},
		{"unrelated name", "packer-mail-0100", "bobs-machine", none},
		{"O for 0", "packer-mail-0100", "mail-O100-2026", `has "O100" where` + rule + ` has "0100"`},
		{"digit changed in a constant", "packer-mail-0100", "mail-0100-2028", `has "2028" where` + rule + ` has "2026"`},
		{"double dash", "packer-mail-0100", "mail--0100-2026", `has "-" too much beside` + rule},
		{"another row's name", "packer-mail-0100", "web-0000-2026", `has "web-0000" where` + rule + ` has "mail-0100"`},
		{"old name with a suffix", "packer-mail-0100", "packer-mail-0100-old", none},
		{"parts in another order", "packer-mail-0100", "0100-mail-2026", none},
		{"another prefix", "paker-mail-0100", "mail-0100-2026", `has "paker" where` + rule + ` has "packer"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, r := renames(append(packer(), rename{test.old, test.new})...)
			if len(r.Rules) != 1 || len(r.Outliers) != 1 || r.Outliers[0].Row != 48 {
				t.Fatalf("%+v", r)
			}
			if got := r.Why(&r.Outliers[0]); got != test.why {
				t.Errorf("got\n%s, want\n%s", got, test.why)
			}
		})
	}
}

func patterns(r *review.Review) (all []string) {
	for i := range r.Rules {
		all = append(all, fmt.Sprintf("%d %s: %s", len(r.Rules[i].Rows), r.Rules[i].Attribute, r.Rules[i].Pattern()))
	}
	return all
}

// Twelve rows each.
func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		name string
		row  func(i int) rename
		want []string
	}{
		{"a prefix is dropped", func(i int) rename { return rename{fmt.Sprint("packer-web-", i), fmt.Sprint("web-", i)} }, []string{"packer-* → *"}},
		{"a suffix is added", func(i int) rename { return rename{fmt.Sprint("web-", i), fmt.Sprint("web-", i, "-old")} }, []string{"* → *-old"}},
		{"digits are joined", func(i int) rename { return rename{fmt.Sprintf("web-2026.%02d", i+1), fmt.Sprintf("web-2026%02d", i+1)} }, []string{"*-#.# → *-{digits}"}},
		{"a date is taken apart", func(i int) rename {
			return rename{fmt.Sprintf("web-202607%02d", i+1), fmt.Sprintf("web-2026-07-%02d", i+1)}
		}, []string{"*-# → *-{digits:1-4}-{digits:5-6}-{digits:7-8}"}},
		{"the next version", func(i int) rename { return rename{fmt.Sprint("web-v", i), fmt.Sprint("web-v", i+1)} }, []string{"*# → *{#+1}"}},
		{"the version before", func(i int) rename { return rename{fmt.Sprint("web-v", i+1), fmt.Sprint("web-v", i)} }, []string{"*# → *{#-1}"}},
		{"zeros in front", func(i int) rename { return rename{fmt.Sprint("web-", i), fmt.Sprintf("web-%03d", i)} }, []string{"*-# → *-{#}"}},
		{"a serial number", func(i int) rename { return rename{fmt.Sprintf("img-%c", 'a'+i), fmt.Sprintf("img-%d", 2*i)} }, []string{"*-{word} → *-#"}},
		{"two parts change places", func(i int) rename { return rename{fmt.Sprintf("%d-web", i), fmt.Sprintf("web-%d", i)} }, []string{"*-* → {2}-{1}"}},
		{"random words are dropped", func(i int) rename {
			return rename{fmt.Sprintf("web-%03d-%x", i, 0xa1b2c*(i+1)), fmt.Sprintf("web-%03d", i)}
		}, []string{"*-{word} → *"}},
		{"one word differs from row to row", func(i int) rename { return rename{fmt.Sprint("web-", i), fmt.Sprint("web-", i, "-", apps[i])} }, []string{"* → *-{word}"}},
		{"Han", func(i int) rename { return rename{fmt.Sprint("旧镜像-", i), fmt.Sprint("新镜像-", i)} }, []string{"旧镜像-* → 新镜像-*"}},
		{"a year that is also that of creation", func(i int) rename { return rename{fmt.Sprint("web-", i), fmt.Sprint("web-", i, "-2026")} }, []string{"* → *-2026"}},
		{"names made up one by one", func(i int) rename { return rename{"packer-" + apps[i], animals[i]} }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var all []rename
			for i := range 12 {
				all = append(all, test.row(i))
			}
			_, r := renames(all...)
			var want []string
			for _, pattern := range test.want {
				want = append(want, "12 image_name: "+pattern)
			}
			if diff := cmp.Diff(want, patterns(r)); diff != "" {
				t.Error(diff)
			}
			if len(r.Outliers) > 0 || r.NoCommonRule() != (test.want == nil) {
				t.Errorf("outliers %v, no common rule %v", r.Outliers, r.NoCommonRule())
			}
		})
	}
}

var animals = []string{"otter", "lynx", "heron", "badger", "newt", "stork", "vole", "moose", "finch", "carp", "wolf", "swan"}

func TestExplanationsFromElsewhere(t *testing.T) {
	j := new(job)
	for i := range 48 {
		day := fmt.Sprintf("2026-07-%02d", i%28+1)
		lane := i % 12
		j.add(lane, fmt.Sprintf("packer-web-%d", 100+i), fmt.Sprintf("web-%d-%s-%s", 100+i, regions[lane], day), day+"T01:02:03Z")
	}
	want := []string{"48 image_name: packer-* → *-{region}-{created:2006-01-02}"}
	got := patterns(j.review())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFewRenamesHaveNoRules(t *testing.T) {
	nine := packer()[:9]
	nine[4].new = "another"
	if _, r := renames(nine...); r.Renames != 9 || r.Rules != nil || r.Outliers != nil || r.NoCommonRule() {
		t.Errorf("%+v", r)
	}
	ten := packer()[:10]
	if _, r := renames(ten...); r.Renames != 10 || len(r.Rules) != 1 {
		t.Errorf("%+v", r)
	}
	ten[4].new = "another" // the rule has nine rows left
	if _, r := renames(ten...); len(r.Rules) != 2 || r.Outliers != nil {
		t.Errorf("%+v", r)
	}
}

// Where a separator is replaced, names of more or fewer parts follow the same
// rule, and a name in which one was forgotten does not.
func TestReplacedSeparators(t *testing.T) {
	var all []rename
	for i := range 48 {
		all = append(all, rename{fmt.Sprintf("%s_prod_%03d", apps[i%5], i), fmt.Sprintf("%s-prod-%03d", apps[i%5], i)})
	}
	all = append(all, rename{"web_eu_prod_100", "web-eu-prod-100"}, rename{"web_101", "web-101"}, rename{"web_prod_102", "web-prod_102"})
	_, r := renames(all...)
	if diff := cmp.Diff([]string{"50 image_name: *_*_* → *-*-*"}, patterns(r)); diff != "" {
		t.Error(diff)
	}
	if len(r.Outliers) != 1 || r.Outliers[0].Row != 50 || r.Why(&r.Outliers[0]) != `has "_" where *_*_* → *-*-* (50 rows) has "-"` {
		t.Errorf("%+v", r.Outliers)
	}
}

// Numbers that count have more digits as they grow; others keep their width.
func TestWidths(t *testing.T) {
	for _, test := range []struct {
		name   string
		number func(i int) string
		wrong  string // of row 7
		why    string
	}{
		{"counting from 8", func(i int) string { return fmt.Sprint(8 + i) }, "", ""},
		{"counting from 98", func(i int) string { return fmt.Sprint(98 + i) }, "", ""},
		{"zeros in front", func(i int) string { return fmt.Sprintf("%05d", 7*i) }, "", ""},
		{"a digit lost after zeros", func(i int) string { return fmt.Sprintf("%05d", 7*i) }, "0004", `has "0004" where *-{word} → *-# (199 rows) has 5 digits`},
		{"a digit lost of a date", func(i int) string { return fmt.Sprint(20260101 + i) }, "2026010", `has "2026010" where *-{word} → *-# (199 rows) has 8 digits`},
		{"a digit too much", func(i int) string { return fmt.Sprint(4001 + 13*i) }, "40922", `has "40922" where *-{word} → *-# (199 rows) has 4 digits`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var all []rename
			for i := range 200 {
				r := rename{fmt.Sprintf("img-%c%c", 'a'+i%26, 'a'+i/26), "img-" + test.number(i)}
				if i == 7 && test.wrong != "" {
					r.new = "img-" + test.wrong
				}
				all = append(all, r)
			}
			_, r := renames(all...)
			why := ""
			for i := range r.Outliers {
				why += r.Why(&r.Outliers[i])
			}
			if why != test.why || len(r.Rules) != 1 {
				t.Errorf("%s, want %s; %v", why, test.why, patterns(r))
			}
		})
	}
}

func TestInUse(t *testing.T) {
	j := new(job)
	for i := range 3 {
		j.add(0, fmt.Sprint("a-", i), fmt.Sprint("b-", i), "")
		j.lanes[0].Images[i].InUse = i > 0
	}
	j.rows[2].Current = &manifest.Values{ImageName: "other"} // held back
	if diff := cmp.Diff([]int{1}, j.review().InUse); diff != "" {
		t.Error(diff)
	}
}

// edits gives the rows of 24 images in four lanes a value of an attribute.
func edits(a ecs.Attribute, value func(i int) string) *job {
	j := new(job)
	for i := range 24 {
		at := j.add(i%4, fmt.Sprintf("%s-%03d", apps[i%3], i), "", "")
		*(*ecs.Attributes)(&j.rows[at].Want).Field(a) = value(i)
	}
	return j
}

func TestOtherAttributes(t *testing.T) {
	for _, test := range []struct {
		name      string
		attribute ecs.Attribute
		value     func(i int) string
		want      []string
		why       []string
	}{
		{"one status", ecs.Status, func(int) string { return "Deprecated" }, []string{"24 status: Available → Deprecated"}, nil},
		{"one status unlike the others", ecs.Status, unlike("Deprecated", "Available"), []string{"23 status: Available → Deprecated"}, []string{`has "Available" where status Available → Deprecated (23 rows) has "Deprecated"`}},
		{"one family unlike the others", ecs.ImageFamily, unlike("golden", "goldne"), []string{"23 image_family: {empty} → golden"}, []string{`has "goldne" where image_family {empty} → golden (23 rows) has "golden"`}},
		{"one boot mode unlike the others", ecs.BootMode, unlike("UEFI", "BIOS"), []string{"23 boot_mode: {empty} → UEFI"}, []string{`has "BIOS" where boot_mode {empty} → UEFI (23 rows) has "UEFI"`}},
		{"a family by name", ecs.ImageFamily, func(i int) string { return apps[i%3] }, []string{"24 image_family: *-# → *"}, nil},
		{"a description made of the name", ecs.Description, func(i int) string { return fmt.Sprintf("built as %s-%03d", apps[i%3], i) }, []string{"24 description: * → built as *"}, nil},
		{"a family by name, one wrong", ecs.ImageFamily, func(i int) string {
			if i == 7 {
				return "wbe"
			}
			return apps[i%3]
		}, []string{"23 image_family: *-# → *"}, []string{none}},
		{"texts made up one by one", ecs.Description, func(i int) string { return fmt.Sprintf("%c%c", 'A'+i, 'Z'-i) }, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := edits(test.attribute, test.value).review()
			if diff := cmp.Diff(test.want, patterns(r)); diff != "" {
				t.Error(diff)
			}
			var why []string
			for i := range r.Outliers {
				why = append(why, r.Why(&r.Outliers[i]))
			}
			if diff := cmp.Diff(test.why, why); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func unlike(most, one string) func(int) string {
	return func(i int) string {
		if i == 7 {
			return one
		}
		return most
	}
}

// wide is 12 rows in each of 12 regions, of two rules.
func wide() *job {
	j := new(job)
	for i := range 144 {
		name := fmt.Sprintf("%s-%03d", apps[i%5], i)
		if i/12%2 == 0 {
			j.add(i%12, "packer-"+name, name, "")
		} else {
			j.add(i%12, "golden-"+name, name+"-lts", "")
		}
	}
	return j
}

func TestARuleThatIsMissingInOneRegion(t *testing.T) {
	j := wide()
	if r := j.review(); len(r.Rules) != 2 || r.Rules[0].Thin != nil || r.Rules[1].Thin != nil || r.Rules[0].UncoveredCount > 0 {
		t.Fatalf("%+v", r.Rules)
	}
	var kept []int
	for i := range j.rows {
		if j.in[i] != 7 || j.rows[i].Want.ImageName[len(j.rows[i].Want.ImageName)-1] != 's' {
			kept = append(kept, i)
		}
	}
	cut := &job{lanes: j.lanes}
	for _, i := range kept {
		cut.rows, cut.in = append(cut.rows, j.rows[i]), append(cut.in, j.in[i])
	}
	r := cut.review()
	if got, want := patterns(r), []string{"72 image_name: packer-* → *", "66 image_name: golden-* → *-lts"}; !cmp.Equal(got, want) {
		t.Fatal(got)
	}
	if diff := cmp.Diff([][]int{nil, {7}}, [][]int{r.Rules[0].Thin, r.Rules[1].Thin}); diff != "" {
		t.Error(diff)
	}
	if n := r.Rules[1].UncoveredCount; n != 6 || r.Rules[0].UncoveredCount != 0 || r.Rules[1].Uncovered[0].Lane != 7 {
		t.Errorf("%d uncovered, %v", n, r.Rules[1].Uncovered)
	}
}

func TestRowsForgotten(t *testing.T) {
	j := wide()
	j.image(3, "packer-new-900", "")
	j.image(3, "golden-new-901", "")
	j.image(3, "new-902-lts", "")
	j.image(3, "unpacker-new-903", "")
	j.image(3, plan.TemporaryName("1001", "cn-shenzhen", "m-1", "b"), "")
	j.drop(5)
	r := j.review()
	want := [][]review.Image{
		{{Lane: 3, ID: "m-030013", Name: "golden-new-901"}},
		{{Lane: 3, ID: "m-030012", Name: "packer-new-900"}, {Lane: 5, ID: "m-050000", Name: "packer-web-005"}},
	}
	if diff := cmp.Diff(want, [][]review.Image{r.Rules[0].Uncovered, r.Rules[1].Uncovered}); diff != "" {
		t.Errorf("%v: %s", patterns(r), diff)
	}
}

func TestUncoveredImagesAreCountedNotAllListed(t *testing.T) {
	j := wide()
	for i := range 150 {
		j.image(2, fmt.Sprint("packer-more-", i), "")
	}
	r := j.review()
	if n := len(r.Rules[0].Uncovered); n != review.MaxUncovered || r.Rules[0].UncoveredCount != 150 {
		t.Errorf("%d listed of %d", n, r.Rules[0].UncoveredCount)
	}
}

// What fits any name says nothing of the images that are not in the manifest, and
// what is already as the rule makes it is done.
func TestNoCoverageIsClaimed(t *testing.T) {
	var suffix, inner []rename
	for i := range 12 {
		suffix = append(suffix, rename{fmt.Sprint("web-", i), fmt.Sprint("web-", i, "-lts")})
		inner = append(inner, rename{fmt.Sprint("web-", i), fmt.Sprint("web-eu-", i)})
	}
	for _, all := range [][]rename{suffix, inner} {
		j, _ := renames(all...)
		j.image(0, "web-eu-99", "")
		j.image(0, "api-99-lts", "")
		if r := j.review(); len(r.Rules) != 1 || r.Rules[0].UncoveredCount != 0 {
			t.Errorf("%v: %v", patterns(r), r.Rules[0].Uncovered)
		}
	}
}

func TestAPlanMayHaveMoreLanesThanWereListed(t *testing.T) {
	j, _ := seeded(1)
	saved := j.plan()
	p := plan.Compare(saved, j.lanes[2:])
	r := review.Of(p, j.lanes[2:])
	if len(r.Images) != 12 || r.Images[0] != len(j.lanes[2].Images) || r.Images[11] != 0 || len(r.Rules) == 0 {
		t.Errorf("%d lanes, %v, %v", len(r.Images), r.Images, patterns(r))
	}
	review.Of(p, nil)
	review.Of(new(plan.Plan), nil)
}

// An image that another run has left under a temporary name was not forgotten, even
// if a rule would fit that name; nor is a rule of a few rows a promise.
func TestNotEachImageThatFitsWasForgotten(t *testing.T) {
	j := new(job)
	for i := range 12 {
		j.add(0, fmt.Sprint("imgrename-web-", i), fmt.Sprint("web-", i), "")
	}
	for i := range 4 {
		j.add(0, fmt.Sprint("golden-db-", i), fmt.Sprint("db-", i, "-lts"), "")
	}
	j.image(0, plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b"), "")
	j.image(0, "golden-db-99", "")
	r := j.review()
	if len(r.Rules) != 2 {
		t.Fatal(patterns(r))
	}
	for _, rule := range r.Rules {
		if rule.UncoveredCount != 0 {
			t.Errorf("%s: %v", rule.Pattern(), rule.Uncovered)
		}
	}
}
