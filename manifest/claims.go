package manifest

import "golang.org/x/text/unicode/norm"

// checkClaims looks for rows that contradict an earlier one: the same image,
// or the same name in one lane.
func (d *reader) checkClaims(row *Row) {
	here := place{line: int32(row.Line), row: -1}
	if d.options.SkipInvalid {
		here.row = int32(d.kept.n)
	}
	lane := d.seen.lane(row.Profile, row.RegionID)
	image, column := claim{lane, byID, row.ImageID}, imageID
	if row.ImageID == "" {
		image, column = claim{lane, byName, row.Current.ImageName}, currentName
	}
	if first, taken := d.seen.take(image, here); taken {
		d.contradict(first, here, column, "%s is also in line %d", image.value)
	}
	d.checkName(claim{lane, wanted, row.Want.ImageName}, here)
}

func (d *reader) checkName(name claim, here place) {
	first, taken := d.seen.take(name, here)
	if taken {
		d.contradict(first, here, imageName, "%s is also wanted in line %d", name.value)
		return
	}
	if first, ok := d.seen.otherSpelling(name, here); ok {
		d.warn(int(here.line), imageName, newProblem("%s looks like the name in line %d, in another Unicode spelling", quote(name.value), first.line))
	}
}

// contradict blames the row at hand and, if it was kept, the one before.
func (d *reader) contradict(first, here place, column, format, value string) {
	d.blame(int(here.line), column, newProblem(format, quote(value), first.line))
	if first.row >= 0 {
		row := d.kept.at(int(first.row))
		row.Invalid = append(row.Invalid, &Error{
			Line: row.Line, Column: column, Err: newProblem(format, quote(value), here.line),
		})
	}
}

// claims remembers which row took what.
type claims struct {
	lanes map[[2]string]int32
	taken map[claim]place

	// decomposed holds, under their NFC form, the wanted names that are not
	// in NFC, of which there are hardly ever any.
	decomposed map[claim]place
}

// A claim is something that only one row of a lane may have.
type claim struct {
	lane  int32
	kind  claimKind
	value string
}

type claimKind uint8

const (
	byID   claimKind = iota // the image, by its id
	byName                  // the image, by its current name
	wanted                  // the name to be
)

// A place is a line of the file and, if the row was kept, its index.
type place struct{ line, row int32 }

func newClaims() *claims {
	return &claims{
		lanes:      make(map[[2]string]int32),
		taken:      make(map[claim]place),
		decomposed: make(map[claim]place),
	}
}

// lane numbers the lanes, so that claims are small.
func (c *claims) lane(profile, region string) int32 {
	key := [2]string{profile, region}
	n, ok := c.lanes[key]
	if !ok {
		n = int32(len(c.lanes))
		c.lanes[key] = n
	}
	return n
}

// take claims what is not blank, or tells who has it already.
func (c *claims) take(what claim, here place) (first place, taken bool) {
	if what.value == "" {
		return place{}, false
	}
	first, taken = c.taken[what]
	if !taken {
		c.taken[what] = here
	}
	return first, taken
}

// otherSpelling finds a name that looks the same and has other bytes, such as
// é in one character and in two (Unicode Standard Annex 15).
func (c *claims) otherSpelling(name claim, here place) (first place, found bool) {
	if norm.NFC.IsNormalString(name.value) {
		if len(c.decomposed) == 0 {
			return place{}, false
		}
		first, found = c.decomposed[name]
		return first, found
	}
	name.value = norm.NFC.String(name.value)
	if first, found = c.taken[name]; found {
		return first, true
	}
	if first, found = c.decomposed[name]; !found {
		c.decomposed[name] = here
	}
	return first, found
}
