// Package manifest reads and writes the CSV that says which attributes images
// should have: one row for each image, one column for each attribute.
//
// It knows CSV and the columns, not ECS: [Options.Check] decides whether a
// value is legal, and whether an image exists is not checked here. It is strict
// where a guess could rename an image to garbage (encodings, delimiters,
// quotes, misspelt columns). It never alters a value: no trimming, no Unicode
// normalisation; only CRLF inside a cell becomes LF, and every line break in a
// file whose lines end in CR or CR CR LF.
//
// A file flows through
//
//	text (encoding → UTF-8) → lineBreaks (CR, CR CR LF → LF) → records (one
//	record at a time, bounded) → encoding/csv → gocsv → checks → Row
//
// and one pass finds everything that is wrong with it. Memory is constant apart
// from what the rows hold.
package manifest

// Values holds one value for each editable attribute; an empty one means that
// the cell was blank.
type Values struct {
	ImageName, Description, ImageFamily, Status, BootMode, LicenseType, NvmeSupport, ImdsSupport string
}

// A Row is one row of a manifest: an image and what to change about it.
type Row struct {
	// Line is the 1-based line on which the row begins, counting blank lines,
	// comments and line breaks inside cells.
	Line int

	// ImageID may be empty; Current.ImageName then names the image. RegionID
	// and Profile are the row's own, or else the defaults of [Options].
	ImageID, RegionID, Profile string

	// Want holds the desired values; an empty one changes nothing. All are empty
	// only in an inventory, and in an export's row of an image without a name,
	// which says that the image has none and shall have none.
	Want Values

	// Current holds the conditions, from the columns current_name,
	// current_description, …; an empty one is no condition. It is nil if the
	// row has none; Condition handles both.
	Current *Values

	// Note and Extra are carried into reports. Extra holds the cells of the
	// x_ columns in the order of [File.Extra].
	Note  string
	Extra []string

	// Invalid holds the row's own problems. Only rows kept because of
	// [Options.SkipInvalid] have any. Their other fields hold what could be
	// read, and must not be acted upon.
	Invalid []*Error
}

// Conditions returns v as a row's conditions, nil if all values are empty.
func Conditions(v Values) *Values {
	if v == (Values{}) {
		return nil
	}
	own := v // so that v itself stays off the heap
	return &own
}

// Condition returns the row's conditions, all empty if there are none.
func (r *Row) Condition() Values {
	if r.Current == nil {
		return Values{}
	}
	return *r.Current
}

// A File is a manifest as [Read] read it.
type File struct {
	Rows  []Row
	Extra []string // names of the x_ columns, as written

	Encoding  string // utf-8, utf-8-bom, utf-16le, utf-16be or gb18030; empty if refused
	Delimiter rune   // ',', ';' or '\t'; 0 if no header was found

	// Problems holds, in file order, the problems that refuse the whole
	// manifest. Unless it is empty the manifest must not be used.
	Problems []*Error

	// Warnings holds, in file order, what deserves a look but refuses nothing.
	Warnings []*Error
}

// Options say how to read a manifest. The zero value detects encoding and
// delimiter, has no defaults and accepts every value.
type Options struct {
	Encoding  string // auto (or empty), utf-8, utf-16 or gb18030
	Delimiter string // auto (or empty), a comma, a semicolon or tab

	// DefaultRegion and DefaultProfile are for rows that name none.
	DefaultRegion, DefaultProfile string

	// Inventory reads rows that say what images are, not what they should be:
	// they need not change anything.
	Inventory bool

	// AllowEmpty accepts a manifest that has a header and no rows.
	AllowEmpty bool

	// SkipInvalid keeps rows with problems of their own, with [Row.Invalid]
	// set, instead of refusing the manifest. This includes all rows that
	// contradict each other. Problems of the file itself (encoding, header, a
	// cell whose end is uncertain) still go to [File.Problems].
	SkipInvalid bool

	// Check returns what is wrong with a value that is not blank: an image_id,
	// a region_id, a desired value or a condition. It gets the column's name,
	// such as current_name, and is called from Read's goroutine only.
	//
	// The error may have a Hint() string method, see [Error.Hint]. If it has a
	// Warning() bool method that returns true, it goes to [File.Warnings].
	Check func(column, value string) error
}
