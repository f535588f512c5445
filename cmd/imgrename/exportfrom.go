package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A ledger is the file of --from: which images, and x_ columns of the user's own.
// A nil one has no rows.
type ledger struct {
	*manifest.File
	name     string // for messages
	requests []plan.Request
	found    []exported // by findImages
}

// any reports whether a row is such.
func (l *ledger) any(is func(*manifest.Row) bool) bool {
	if l == nil {
		return false
	}
	for i := range l.Rows {
		if is(&l.Rows[i]) {
			return true
		}
	}
	return false
}

// columns returns the x_ columns.
func (l *ledger) columns() []extraColumn {
	if l == nil {
		return nil
	}
	columns := make([]extraColumn, len(l.Extra))
	for i, name := range l.Extra {
		columns[i] = extraColumn{strings.TrimLeft(name, " "), func(x exported) string { return x.row.Extra[i] }}
	}
	return columns
}

// readLedger reads the file of --from, if there is one.
func (e *export) readLedger() error {
	if e.from == "" {
		return nil
	}
	if len(e.regions) > 0 {
		return &usageError{hinted{
			fmt.Errorf("%s and %s cannot be used together", e.given.called("from"), e.given.called("region")),
			"the regions are those of the file's rows; --default-region is for rows without one",
		}}
	}
	in, err := e.open(e.from)
	if err != nil {
		return err
	}
	defer in.Close()
	if in.saved() {
		return &manifestError{in.name, errors.New("a saved plan, not a CSV file of images")}
	}
	file, err := manifest.Read(in, manifest.Options{
		Encoding: e.encoding, Delimiter: e.delimiter, DefaultRegion: e.defaultRegion, DefaultProfile: e.profile,
		Inventory: true, AllowEmpty: true, Check: checkAddress,
	})
	if err != nil {
		return &manifestError{in.name, err}
	}
	for i := range file.Rows {
		file.Problems = append(file.Problems, notKept(&file.Rows[i])...)
	}
	if len(file.Rows)+len(file.Problems) == 0 {
		file.Problems = append(file.Problems, &manifest.Error{Line: 1, Err: errors.New("no rows")})
	}
	e.ledger = &ledger{File: file, name: in.name}
	if err := e.show(in.name, file); err != nil {
		return err
	}
	return e.narrowLedger()
}

// narrowLedger keeps the rows of --only-region.
func (e *export) narrowLedger() error {
	var regions []string
	for i := range e.ledger.Rows {
		if region := e.ledger.Rows[i].RegionID; !slices.Contains(regions, region) {
			regions = append(regions, region)
		}
	}
	regions, err := e.narrowRegions(regions, "of "+e.ledger.name)
	e.ledger.Rows = slices.DeleteFunc(e.ledger.Rows, func(row manifest.Row) bool { return !slices.Contains(regions, row.RegionID) })
	return err
}

// checkAddress checks which image a row is about; values are not its business.
func checkAddress(column, value string) error {
	if column == "image_id" || column == "region_id" {
		return ecs.CheckColumn(column, value)
	}
	return nil
}

// notKept returns a problem for each value that a row of --from wants to change:
// values come from the rule, and one by hand would be lost.
func notKept(row *manifest.Row) (problems []*manifest.Error) {
	kept := ecs.Attributes(row.Condition())
	for field, value := range ecs.Attributes(row.Want).All() {
		if value != "" && value != *kept.Field(field) {
			problems = append(problems, &manifest.Error{Line: row.Line, Column: field.String(), Err: hinted{
				fmt.Errorf("%q is a value to set", value), "a file for --from says which images; --set makes their values from its x_ columns",
			}})
		}
	}
	return problems
}

// findImages finds the images of the rows of --from in the listings. Rows of
// regions that could not be read are left out.
func (e *export) findImages() (problems []problem) {
	if e.ledger == nil {
		return nil
	}
	names := make(map[int]map[string]*ecs.Image) // by lane; of lanes with rows without an id
	seen := make(map[*ecs.Image]exported)
	for i, request := range e.ledger.requests {
		x := exported{order: i, lane: request.Lane, row: request.Row}
		inventory := &e.inventories[x.lane]
		if inventory.Unread != nil {
			continue
		}
		x.image = e.imageOf(request.Row, inventory, x.lane, names)
		switch err := unexpected(request.Row, x.image); {
		case x.image == nil:
			err := fmt.Errorf("%s has no such image", inventory.Lane.Region)
			problems = append(problems, problem{x, "", err})
		case err != nil:
			problems = append(problems, problem{x, "", err})
		case seen[x.image].image != nil:
			problems = append(problems, problem{x, "", fmt.Errorf("image %s is also in %s", x.image.ID, e.placeOf(seen[x.image]))})
		case e.passes(x.image):
			seen[x.image] = x
			e.ledger.found = append(e.ledger.found, x)
		}
	}
	return problems
}

// imageOf returns the image of a row, by its id or else its name; nil if there is
// none.
func (e *export) imageOf(row *manifest.Row, inventory *plan.Inventory, lane int, names map[int]map[string]*ecs.Image) *ecs.Image {
	if row.ImageID != "" {
		i, found := slices.BinarySearchFunc(inventory.Images, row.ImageID,
			func(image ecs.Image, id string) int { return cmp.Compare(image.ID, id) })
		if !found {
			return nil
		}
		return &inventory.Images[i]
	}
	if names[lane] == nil {
		names[lane] = make(map[string]*ecs.Image, len(inventory.Images))
		for i := range inventory.Images {
			names[lane][inventory.Images[i].ImageName] = &inventory.Images[i]
		}
	}
	return names[lane][row.Condition().ImageName]
}

// unexpected returns an error if the image is not as the row says.
func unexpected(row *manifest.Row, image *ecs.Image) error {
	if image == nil {
		return nil
	}
	for field, value := range ecs.Attributes(row.Condition()).All() {
		if got := *image.Field(field); value != "" && !field.Same(got, value) {
			return fmt.Errorf("%s is %q, the row expects %q", field, got, value)
		}
	}
	return nil
}
