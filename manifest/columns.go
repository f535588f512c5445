package manifest

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"golang.org/x/text/unicode/norm"
)

// A column is one of those that the reader knows.
type column struct {
	name  string             // as messages, Check and the writer spell it
	also  []string           // other spellings that are accepted
	field string             // the cell's field in a Row, in gocsv's notation
	cell  func(*Row) *string // the same field
	kind  columnKind
	// keeps is, for a desired value, the field of its condition: if both are
	// the same nothing is sent.
	keeps func(*Row) *string
}

// A columnKind says what a column is for, which decides how it is checked.
type columnKind uint8

const (
	address   columnKind = iota // says which image the row is about
	desired                     // a value to set
	condition                   // a value that the image must have
	remark                      // carried along unread
)

var attributes = []struct {
	name, field string
	cell        func(*Values) *string
}{
	{"image_name", "ImageName", func(v *Values) *string { return &v.ImageName }},
	{"description", "Description", func(v *Values) *string { return &v.Description }},
	{"image_family", "ImageFamily", func(v *Values) *string { return &v.ImageFamily }},
	{"status", "Status", func(v *Values) *string { return &v.Status }},
	{"boot_mode", "BootMode", func(v *Values) *string { return &v.BootMode }},
	{"license_type", "LicenseType", func(v *Values) *string { return &v.LicenseType }},
	{"nvme_support", "NvmeSupport", func(v *Values) *string { return &v.NvmeSupport }},
	{"imds_support", "ImdsSupport", func(v *Values) *string { return &v.ImdsSupport }},
}

const (
	imageID     = "image_id"
	regionID    = "region_id"
	profile     = "profile"
	imageName   = "image_name"
	currentName = "current_name"
	note        = "note"

	shared = "x_shared" // true or false in every row that export writes
)

// columns returns every known column, in the order in which hints list them. It
// is computed on first use, as spellings is: most commands read no manifest.
var columns = sync.OnceValue(knownColumns)

func knownColumns() []*column {
	known := []*column{
		{name: imageID, field: "ImageID", cell: func(r *Row) *string { return &r.ImageID }},
		{name: regionID, field: "RegionID", cell: func(r *Row) *string { return &r.RegionID }},
		{name: profile, field: "Profile", cell: func(r *Row) *string { return &r.Profile }},
	}
	for _, a := range attributes {
		known = append(known, &column{
			name: a.name, field: "Want." + a.field, kind: desired,
			cell:  func(r *Row) *string { return a.cell(&r.Want) },
			keeps: func(r *Row) *string { return a.cell(conditions(r)) },
		})
	}
	for _, a := range attributes {
		known = append(known, &column{
			name: "current_" + a.name, field: "Current." + a.field, kind: condition,
			cell: func(r *Row) *string { return a.cell(conditions(r)) },
		})
	}
	known = append(known, &column{
		name: note, field: "Note", kind: remark,
		cell: func(r *Row) *string { return &r.Note },
	})
	for _, c := range known {
		switch c.name {
		case "current_image_name":
			c.name, c.also = currentName, []string{c.name}
		case "current_image_family":
			c.also = []string{"current_family"}
		}
		if name, ok := chinese[c.name]; ok {
			c.also = append(c.also, name)
		}
	}
	return known
}

// chinese are the names of columns as the console and ledgers in Chinese have them.
var chinese = map[string]string{
	imageID: "镜像ID", regionID: "地域", imageName: "镜像名称", "description": "描述", currentName: "当前名称",
	"image_family": "镜像族系", "status": "状态", note: "备注",
}

// spelt returns the column's name for a user who spells it in a certain way: in
// Chinese, or as messages do.
func (c *column) spelt(as string) string {
	if name, ok := chinese[c.name]; ok && fold(as) == fold(name) {
		return name
	}
	return c.name
}

var noConditions Values // never written

// conditions returns the conditions of a row, for reading only.
func conditions(r *Row) *Values {
	if r.Current == nil {
		return &noConditions
	}
	return r.Current
}

// spellings maps each folded name to its column.
var spellings = sync.OnceValue(func() map[string]*column {
	m := make(map[string]*column)
	for _, c := range columns() {
		for _, name := range append([]string{c.name}, c.also...) {
			m[fold(name)] = c
		}
	}
	return m
})

// fold removes what column names may differ in: case, full width (Unicode
// Standard Annex 15, NFKC), spaces, _ and -.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-':
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(name)))
}

// FoldColumn returns a column's name without what names of one column may differ
// in: case, full width, spaces, _ and -.
func FoldColumn(name string) string { return fold(name) }

// isExtra reports whether a column is the user's own: x_…, X-…, "x …".
func isExtra(name string) bool {
	name = strings.ToLower(strings.TrimLeft(norm.NFKC.String(name), " "))
	return len(name) > 1 && name[0] == 'x' && strings.ContainsRune(" _-", rune(name[1]))
}

// unknownColumn is the problem of a column that is not known.
func unknownColumn(name string) *problem {
	p := newProblem("unknown column %s", quote(name))
	if i := strings.IndexAny(name, ",;\t|，；"); i >= 0 {
		sign := []rune(name[i:])[0]
		return p.withHint("is %s meant to separate columns? comma, semicolon and tab can, see --delimiter", quote(string(sign)))
	}
	if near := nearest(name); near != "" {
		return p.withHint("did you mean %s?", near)
	}
	return p.withHint("columns are %s; one of your own begins with x_", strings.Join(columnNames(), ", "))
}

func columnNames() []string {
	names := make([]string, len(columns()))
	for i, c := range columns() {
		names[i] = c.name
	}
	return names
}

// nearest returns the column that a misspelt name most likely means, or "". A
// third of its letters may be wrong. Failing that, the name may be one word of
// the column, as family is of image_family.
func nearest(name string) string {
	name = fold(name)
	if len(name) > 64 {
		return ""
	}
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, known := range slices.Sorted(maps.Keys(spellings())) {
		if d := distance(name, known); d < least {
			best, least = spellings()[known].spelt(known), d
		}
	}
	for _, c := range columns() {
		if best == "" && slices.ContainsFunc(strings.Split(c.name, "_"), func(word string) bool {
			return len(word) > 3 && distance(name, word) <= (len(name)+2)/4
		}) {
			best = c.name
		}
	}
	return best
}

// distance is how many letters to insert, remove or replace to make a into b.
func distance(a, b string) int { return levenshtein.Distance(a, b, nil) }
