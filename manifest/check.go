package manifest

import (
	"cmp"
	"errors"
	"strings"
)

// check fills in a row's defaults and reports what is wrong with the row.
func (d *reader) check(row *Row) {
	if d.records.fields != d.records.columns {
		d.blameShape()
		return
	}
	for i, c := range d.layout.cells {
		if c != nil && c.kind != remark {
			d.checkCell(i, c, row)
		}
	}
	row.RegionID = cmp.Or(row.RegionID, d.options.DefaultRegion)
	row.Profile = cmp.Or(row.Profile, d.options.DefaultProfile)
	d.checkRow(row)
	d.checkClaims(row)
}

func (d *reader) blameShape() {
	cells := "cells"
	if d.records.fields == 1 {
		cells = "cell"
	}
	p := newProblem("%d %s, the header has %d", d.records.fields, cells, d.records.columns)
	if d.records.end > d.records.start {
		p.fact += newProblem(" (lines %d to %d)", d.records.start, d.records.end).fact
	}
	if d.records.fields < d.records.columns {
		p.withHint("was the file cut off, or a quote not closed?")
	} else {
		p.withHint("put a value that holds %s in quotes", quote(string(d.records.delim)))
	}
	d.blame(d.records.start, "", p)
}

// checkCell has Check judge a value, and warns of spaces at its ends.
//
// A desired value that is also the row's condition is never sent: the image
// already has it, or is left alone. So Check, whose rules are for new values,
// is not asked about it: old images may have names that it would refuse.
func (d *reader) checkCell(i int, c *column, row *Row) {
	value := *c.cell(row)
	if value == "" {
		return
	}
	kept := c.keeps != nil && *c.keeps(row) == value
	if d.options.Check != nil && c.name != profile && !kept {
		if err := d.options.Check(c.name, value); err != nil {
			d.judge(d.cellLine(i), c.name, err)
			return
		}
	}
	if strings.TrimSpace(value) != value {
		d.warn(d.cellLine(i), c.name, newProblem("%s begins or ends with a space", quote(value)).
			withHint("it is used as it is"))
	}
}

func (d *reader) judge(line int, column string, err error) {
	if w, ok := errors.AsType[warner](err); ok && w.Warning() {
		d.warn(line, column, err)
		return
	}
	d.blame(line, column, err)
}

// checkRow reports what a row lacks. It does not blame the row for a column
// that the header lacks.
func (d *reader) checkRow(row *Row) {
	if row.ImageID == "" && row.Condition().ImageName == "" && d.layout.hasImage() {
		d.blame(row.Line, "", newProblem("no image: %s and %s are blank", imageID, currentName))
	}
	if row.RegionID == "" && d.layout.hasRegion(d.options) {
		d.blame(row.Line, regionID, newProblem("blank").withHint("fill it in, or give --default-region"))
	}
	if row.Want == (Values{}) && d.layout.hasDesired() && !d.options.Inventory && !d.unnamed(row) {
		d.blame(row.Line, "", newProblem("the row changes nothing").
			withHint("fill in %s or another attribute, or delete the row", imageName))
	}
}

// unnamed reports whether the row is one that export wrote for an image without
// a name: neither the desired values nor the conditions say anything, and a
// column that export fills for every image shows where the row is from. A row by
// hand that changes nothing lacks that.
func (d *reader) unnamed(row *Row) bool {
	i := d.layout.exported
	if i < 0 || row.ImageID == "" || row.Current != nil || !d.layout.known[imageName] || !d.layout.known[currentName] {
		return false
	}
	return strings.EqualFold(row.Extra[i], "true") || strings.EqualFold(row.Extra[i], "false")
}
