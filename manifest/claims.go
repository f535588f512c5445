package manifest

import "golang.org/x/text/unicode/norm"

// A lane holds what the rows of one profile and region have claimed so far.
type lane struct {
	images  claims // by image_id
	current claims // by current_name, of rows without image_id
	names   claims // desired

	// decomposed holds the desired names that are not in NFC, by their NFC
	// form. It is nearly always empty.
	decomposed claims
}

// claims maps a value to the row that was the first to claim it.
type claims map[string]place

// A place is a row's line and, if the row was kept, its index, else -1.
type place struct{ line, row int32 }

// take claims a value that is not blank, or returns the row that has it.
func (c *claims) take(value string, here place) (first place, taken bool) {
	if value == "" {
		return place{}, false
	}
	if *c == nil {
		*c = make(claims)
	}
	if first, taken = (*c)[value]; !taken {
		(*c)[value] = here
	}
	return first, taken
}

// otherSpelling finds a desired name that looks the same but differs in its
// bytes, as é does in one character and in two (Unicode Standard Annex 15).
func (l *lane) otherSpelling(name string, here place) (first place, found bool) {
	if norm.NFC.IsNormalString(name) {
		first, found = l.decomposed[name]
		return first, found
	}
	composed := norm.NFC.String(name)
	if first, found = l.names[composed]; found {
		return first, true
	}
	return l.decomposed.take(composed, here)
}

// laneOf returns the lane of a row.
func (d *reader) laneOf(row *Row) *lane {
	key := [2]string{row.Profile, row.RegionID}
	l := d.lanes[key]
	if l == nil {
		l = new(lane)
		d.lanes[key] = l
	}
	return l
}

// checkClaims reports a row that contradicts an earlier one of its lane: it
// names the same image, or desires the same name.
func (d *reader) checkClaims(row *Row) {
	here := place{line: int32(row.Line), row: -1}
	if d.options.SkipInvalid {
		here.row = int32(len(d.kept))
	}
	l := d.laneOf(row)
	if row.ImageID != "" {
		d.checkClaim(&l.images, here, imageID, row.ImageID)
	} else {
		d.checkClaim(&l.current, here, currentName, row.Condition().ImageName)
	}
	name := row.Want.ImageName
	if d.checkClaim(&l.names, here, imageName, name) {
		return
	}
	if first, found := l.otherSpelling(name, here); found {
		d.warn(row.Line, imageName, newProblem("%s looks like the name in line %d, in another Unicode spelling", quote(name), first.line))
	}
}

// checkClaim claims a value for the row at hand. If it is taken, checkClaim
// blames this row and, if it was kept, the row that took it, and reports true.
func (d *reader) checkClaim(c *claims, here place, column, value string) bool {
	first, taken := c.take(value, here)
	if !taken {
		return false
	}
	d.blame(int(here.line), column, claimedTwice(value, first.line))
	if first.row >= 0 {
		row := d.kept[first.row]
		row.Invalid = append(row.Invalid, &Error{Line: row.Line, Column: d.layout.name(column), Err: claimedTwice(value, here.line)})
	}
	return true
}

func claimedTwice(value string, line int32) *problem {
	return newProblem("%s is also in line %d", quote(value), line)
}
