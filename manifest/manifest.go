// Package manifest reads and writes the CSV in which people say what their
// images shall be called and look like: one row an image, one column an
// attribute.
//
// It knows CSV and the columns, not ECS: whether a value is legal is asked of
// [Options.Check], whether an image exists is asked of nobody. It is strict
// where a guess could rename an image to garbage (encodings, delimiters,
// quotes, misspelt columns) and never alters a value: no trimming, no Unicode
// normalisation; only a CRLF inside a cell becomes LF.
//
// A file flows through
//
//	text (encoding → UTF-8) → lineBreaks (CR → LF) → records (one record at a
//	time, bounded) → encoding/csv → gocsv → checks → Row
//
// and everything that is wrong with it is found in one pass. Memory is a
// constant plus what the rows hold.
package manifest

// Values holds one value per editable attribute; empty means that the cell was
// blank.
type Values struct {
	ImageName, Description, ImageFamily, Status, BootMode, LicenseType, NvmeSupport, ImdsSupport string
}

// A Row is one row of a manifest: an image and what it shall become.
type Row struct {
	// Line is the 1-based line on which the row begins, counting blank lines,
	// comments and line breaks inside cells.
	Line int

	// ImageID may be empty: then Current.ImageName names the image. RegionID
	// and Profile are the row's own or else the default of [Options].
	ImageID, RegionID, Profile string

	// Want holds the desired values; an empty one stays as it is.
	Want Values

	// Current holds the conditions, from the columns current_name,
	// current_description, …; an empty one is no condition. It is nil if there
	// are none: see Condition.
	Current *Values

	// Note and Extra are carried into reports. Extra holds the cells of the
	// x_ columns in the order of [File.Extra].
	Note  string
	Extra []string

	// Invalid holds the row's own problems. Only rows that are kept because of
	// [Options.SkipInvalid] have any; their other fields say what could be
	// read and must not be acted upon.
	Invalid []*Error
}

// Conditions makes a row's conditions of values, nil if all are empty.
func Conditions(v Values) *Values {
	if v == (Values{}) {
		return nil
	}
	own := v // so that only this is on the heap
	return &own
}

// Condition returns the row's conditions, all empty if there are none.
func (r *Row) Condition() Values {
	if r.Current == nil {
		return Values{}
	}
	return *r.Current
}

// A File is what [Read] made of a manifest.
type File struct {
	Rows  []Row
	Extra []string // names of the x_ columns, as written

	Encoding  string // utf-8, utf-8-bom, utf-16le, utf-16be or gb18030; empty if refused
	Delimiter rune   // ',', ';' or '\t'; 0 if no header was found

	// Problems holds, in file order, what refuses the manifest as a whole. It
	// must not be used unless this is empty.
	Problems []*Error

	// Warnings holds, in file order, what deserves a look and refuses nothing.
	Warnings []*Error
}

// Options tell how to read a manifest. The zero value detects encoding and
// delimiter, has no defaults and accepts every value.
type Options struct {
	Encoding  string // auto (or empty), utf-8, utf-16 or gb18030
	Delimiter string // auto (or empty), a comma, a semicolon or tab

	// DefaultRegion and DefaultProfile are for rows that name none.
	DefaultRegion, DefaultProfile string

	// AllowEmpty accepts a manifest that has a header and no rows.
	AllowEmpty bool

	// SkipInvalid keeps rows that have problems of their own, with
	// [Row.Invalid] set, instead of refusing the manifest. Of rows that
	// contradict each other all are kept so. What is wrong with the file as
	// such (encoding, header, a cell whose end is uncertain) still goes to
	// [File.Problems].
	SkipInvalid bool

	// Check reports what is wrong with a value that is not blank, be it an
	// image_id, a region_id, a desired value or a condition. It is called with
	// the column's name, such as current_name, from Read's goroutine only.
	//
	// The error may have a Hint() string method, see [Error.Hint]. One that
	// has a Warning() bool method returning true goes to [File.Warnings].
	Check func(column, value string) error
}
