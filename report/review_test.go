package report_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
	"imgrename/report"
)

// A migration is many renames by one rule, in several regions.
type migration struct {
	lanes []plan.Inventory
	rows  []manifest.Row
}

var regions = []string{"cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen"}

func migrate(n int) *migration {
	m := &migration{lanes: make([]plan.Inventory, len(regions))}
	for i, region := range regions {
		m.lanes[i].Lane = plan.Lane{Account: "1001", Region: region}
	}
	for i := range n {
		id, old := fmt.Sprintf("m-%04d", i), fmt.Sprintf("packer-web-%03d-2026", i)
		m.lanes[i%len(regions)].Images = append(m.lanes[i%len(regions)].Images, image(id, old))
		m.rows = append(m.rows, rename(id, strings.TrimPrefix(old, "packer-")))
	}
	return m
}

// view plans and reviews the migration.
func (m *migration) view() report.View {
	requests := make([]plan.Request, len(m.rows))
	for i := range m.rows {
		m.rows[i].Line = i + 2
		requests[i] = plan.Request{Row: &m.rows[i], Lane: i % len(regions)}
	}
	p := plan.New(requests, m.lanes)
	return report.View{Plan: p, Review: review.Of(p, m.lanes)}
}

func reviewed(t *testing.T, v report.View) string {
	t.Helper()
	var b strings.Builder
	if err := v.WriteReview(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// oddMigration is a migration with something of each kind to look at.
func oddMigration() *migration {
	m := migrate(24)
	m.rows[5].Want.ImageName = "web-005-2025"
	m.rows[9].Want.ImageName = "db-main"
	m.rows[10].Want.Description = "数据库"
	m.lanes[3].Images[1].ImageFamily = "web"
	m.lanes[3].Images[1].InUse = true
	m.rows[7].Want.ImageFamily = "db"
	m.rows[2].ImageID = "m-none"
	m.lanes[1].Images = append(m.lanes[1].Images, image("m-9000", "packer-web-900-2026"))
	return m
}

func TestReview(t *testing.T) {
	for _, test := range []struct {
		name    string
		columns int
		folded  bool
		want    string
	}{
		{"beside the rows", 0, false, `look at 4 things first:
! m-0005: near miss (line 7, cn-shanghai)
    packer-web-005-2026 → web-005-2025
                                  ^^^^
    has "2025" where packer-* → * (21 rows) has "2026"
! m-0009: outlier (line 11, cn-shanghai)
    packer-web-009-2026 → db-main
    fits no rule that more than a few rows share
× m-none → web-002-2026: refused (line 4, cn-beijing)
! 1 risk: see who will notice

rules:
  1. packer-* → *: 21 rows in 4 regions
     line 2: packer-web-000-2026 → web-000-2026
     line 25: packer-web-023-2026 → web-023-2026
     2 images fit it, not in the manifest: packer-web-900-2026 (m-9000),
       packer-web-002-2026 (m-0002)

who will notice:
risk deprecate-last: cn-shenzhen: family "web" is left without an Available
    image: launches boot m-0007 now and will fail
warning: cn-beijing: description was empty and cannot be emptied again: m-0010
in use: instances were made from 1 image: m-0007

`},
		{"alone, on a narrow terminal", 40, true, `look at 4 things first:
! m-0005: near miss
    (line 7, cn-shanghai)
    packer-web-005-2026 → web-005-2025
                                  ^^^^
    has "2025" where packer-* → * (21
    rows) has "2026"
! m-0009: outlier (line 11, cn-shanghai)
    packer-web-009-2026 → db-main
    fits no rule that more than a few
    rows share
× m-none → web-002-2026: refused
    (line 4, cn-beijing)
    NoSuchImage: no image m-none in
    cn-beijing of account 1001
    hint: check the id, the region and
    the profile
! 1 risk: see who will notice

rules:
  1. packer-* → *: 21 rows in 4 regions
     line 2: packer-web-000-2026
             → web-000-2026
     line 25: packer-web-023-2026
              → web-023-2026
     2 images fit it, not in the
       manifest:
       packer-web-900-2026 (m-9000),
       packer-web-002-2026 (m-0002)

who will notice:
risk deprecate-last: cn-shenzhen: family
    "web" is left without an Available
    image: launches boot m-0007 now and
    will fail
warning: cn-beijing: description was
    empty and cannot be emptied again:
    m-0010
in use: instances were made from 1
    image: m-0007

`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := oddMigration().view()
			v.Columns, v.Folded = test.columns, test.folded
			if diff := cmp.Diff(test.want, reviewed(t, v)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The same facts stand in a file, on a wide terminal and on a narrow one: only the
// line breaks differ.
func TestReviewHasTheSameFactsInEachWidth(t *testing.T) {
	words := func(columns int) []string {
		v := oddMigration().view()
		v.Columns = columns
		return slices.DeleteFunc(strings.Fields(reviewed(t, v)), func(word string) bool { return strings.Trim(word, "^") == "" })
	}
	want := words(0)
	for _, columns := range []int{20, 40, 60, 80, 200} {
		if diff := cmp.Diff(want, words(columns)); diff != "" {
			t.Errorf("%d columns: %s", columns, diff)
		}
	}
}

// Colours are beside the text: without them it is the same. Names cannot bring
// their own.
func TestColours(t *testing.T) {
	m := oddMigration()
	m.lanes[0].Images[0].Description = "\x1b[31mred"
	m.rows[0].Want.Description = "plain"
	v := m.view()
	var plain, coloured strings.Builder
	for _, b := range []*strings.Builder{&plain, &coloured} {
		if err := errors.Join(v.WriteChanges(b), v.WriteReview(b)); err != nil {
			t.Fatal(err)
		}
		v.Color = true
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("colours where there should be none")
	}
	for _, want := range []string{
		"\x1b[9;31mpacker-web-005-2026\x1b[0m → \x1b[33mweb-005-2025\x1b[0m", // an outlier, among the rows and in the review
		"\x1b[9;31mpacker-web-001-2026\x1b[0m → \x1b[32mweb-001-2026\x1b[0m",
		"description: \x1b[9;31m\"\\x1b[31mred\"\x1b[0m → \x1b[32m\"plain\"\x1b[0m",
	} {
		if !strings.Contains(coloured.String(), want) {
			t.Errorf("no %q in\n%q", want, coloured.String())
		}
	}
	if diff := cmp.Diff(plain.String(), regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), "")); diff != "" {
		t.Error(diff)
	}
}

// Names that follow no rule are not summed up: a person reads them all.
func TestReviewWithoutARule(t *testing.T) {
	m := migrate(12)
	for i, name := range strings.Fields("atlas borneo:1 C_dur delta.x e-42 fjord_3 Gamma h.i.j iris--2 k2 lima_Nord mu.nu") {
		m.rows[i].Want.ImageName = name
	}
	if got := reviewed(t, m.view()); !strings.Contains(got, "the 12 renames have no rule in common: read all rows\n") || strings.Contains(got, "rules:") {
		t.Errorf("it says:\n%s", got)
	}
}

// What is wrong in one row of 504 is in the part to look at first, and nothing is
// where nothing is wrong.
func TestReviewShowsTheOddRow(t *testing.T) {
	for seed := range uint64(40) {
		m, dice := migrate(504), rand.New(rand.NewPCG(seed, 0))
		if got := reviewed(t, m.view()); strings.Contains(got, "look at") {
			t.Fatalf("seed %d: all is well, and it says:\n%s", seed, got)
		}
		odd := dice.IntN(len(m.rows))
		name := &m.rows[odd].Want.ImageName
		*name = []string{"packer-" + *name, *name + "-old", strings.Replace(*name, "web", "wbe", 1), strings.Replace(*name, "-2026", "-2025", 1), strings.ToUpper(*name)}[seed%5]
		first, _, _ := strings.Cut(reviewed(t, m.view()), "\nrules:")
		if !strings.HasPrefix(first, "look at 1 thing first:\n") || !strings.Contains(first, m.rows[odd].ImageID) || !strings.Contains(first, "line "+strconv.Itoa(odd+2)) {
			t.Errorf("seed %d: line %d asks for %s, and it says:\n%s", seed, odd+2, *name, first)
		}
	}
}

// Names that look alike are to be looked at first, apart in case or otherwise.
func TestReviewShowsNamesThatLookAlike(t *testing.T) {
	m := migrate(16)
	m.lanes[0].Images = append(m.lanes[0].Images, image("m-9001", "WEB-004-2026"), image("m-9002", "ｗeb-008-2026"))
	first, rest, _ := strings.Cut(reviewed(t, m.view()), "\nrules:")
	if !strings.HasPrefix(first, "look at 2 things first:\n") || strings.Count(first, "m-9001") != 1 || strings.Count(first, "m-9002") != 1 || strings.Contains(rest, "m-900") {
		t.Errorf("it says:\n%s\nand then:\n%s", first, rest)
	}
}
