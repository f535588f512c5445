package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// An export goes from flags to a file: its regions are listed (exportregions.go),
// or those of the rows of --from (exportfrom.go); some images are chosen
// (exportfilter.go); a rule changes some rows (exportrule.go, exportnewest.go)
// and what it makes is checked (exportcheck.go) before anything is written.
type export struct {
	*common
	regions []string
	from    string
	output  string
	columns []string
	filters []string
	bom     bool
	ruling  ruling

	chosen      []filter
	ledger      *ledger // of --from, nil without
	inventories []plan.Inventory
	changed     int // rows
}

func newExport(c *common) *cobra.Command {
	e := &export{common: c}
	cmd := &cobra.Command{
		Use:  "export [--region R]... [-o FILE]",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&e.regions, "region", nil, "`regions` to export, or all (repeatable)")
	f.StringVar(&e.from, "from", "", "export the images that this CSV `file` names, with its x_ columns")
	f.StringVarP(&e.output, "output", "o", "", "write to this `file` instead of standard output")
	f.StringSliceVar(&e.columns, "columns", nil, "`attributes` to export as editable columns besides the name, such as description,image_family")
	f.StringArrayVar(&e.filters, "filter", nil, "only images for which this `condition` holds (repeatable: all must hold)")
	f.BoolVar(&e.bom, "bom", false, "start a UTF-8 file with a byte order mark, for spreadsheets")
	e.ruling.bind(f)
	return cmd
}

func (e *export) run(ctx context.Context) error {
	e.hasty = true
	if err := e.prepare(); err != nil {
		return err
	}
	if err := e.list(ctx); err != nil {
		return err
	}
	lacking := e.tellUnread()
	if err := e.settle(); err != nil {
		return err
	}
	rows := 0
	write := func(w io.Writer) (err error) {
		rows, err = e.write(w)
		return err
	}
	if err := e.writeResult(e.output, write); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	e.tellExport(rows, lacking)
	return lacking
}

// prepare reads the flags and the file of --from.
func (e *export) prepare() error {
	if err := e.checkColumns(); err != nil {
		return err
	}
	for _, text := range e.filters {
		f, err := parseFilter(text, time.Now())
		if err != nil {
			return &usageError{fmt.Errorf("--filter %q: %w", text, err)}
		}
		e.chosen = append(e.chosen, f)
	}
	if err := e.keepApart(e.output, theManifest(e.from)); err != nil {
		return err
	}
	if err := e.readLedger(); err != nil {
		return err
	}
	return e.readRule()
}

// settle finds the images of --from, picks those that the rule is for, and
// checks what it makes of them. Whatever is wrong is shown, and nothing written.
func (e *export) settle() error {
	problems := e.findImages()
	if e.ruling.rule != nil {
		unknown := e.pick()
		if problems = append(problems, unknown...); len(unknown) == 0 {
			problems = append(problems, e.checkRule()...)
		}
	}
	return e.showProblems(problems)
}

// tellExport says how many images were exported, and of how many. lacking is the
// error of regions that were not.
func (e *export) tellExport(rows int, lacking error) {
	images := 0
	for _, inventory := range e.inventories {
		images += len(inventory.Images)
	}
	s, said := summaryOf(nil).with(lacking), plan.Count(rows, "row")
	if len(e.chosen) > 0 {
		said += " of " + plan.Count(images, "image")
	}
	if e.ruling.rule != nil {
		said += fmt.Sprintf(", %d changed", e.changed)
	}
	if lacking != nil {
		s.Error = "not exported: " + strings.Join(e.unreadRegions(), ", ")
		said += "; " + s.Error
	}
	if s.Rows = rows; rows > 0 {
		s.Next = e.planCommand(e.output)
	}
	switch {
	case s.Next != "" && e.changed > 0:
		said += "; next: " + s.Next
	case s.Next != "":
		said += "; next, after editing: " + s.Next
	}
	if lacking != nil && e.quiet && !e.json {
		fmt.Fprintln(e.err, report.Printable(said))
	} else if !e.json || !toStandardOutput(e.output) {
		e.finishWith(e.err, s, said)
	}
}

// An exported image, on its way to a row.
type exported struct {
	order int // among all
	lane  int
	image *ecs.Image
	row   *manifest.Row // of --from, nil without
}

// images yields the images to export in the order of their rows.
func (e *export) images() iter.Seq[exported] {
	if e.ledger != nil {
		return slices.Values(e.ledger.found)
	}
	return func(yield func(exported) bool) {
		x := exported{}
		for i := range e.inventories {
			for k := range e.inventories[i].Images {
				x.lane, x.image = i, &e.inventories[i].Images[k]
				if !e.passes(x.image) {
					continue
				}
				if !yield(x) {
					return
				}
				x.order++
			}
		}
	}
}

// passes reports whether an image passes all filters.
func (e *export) passes(image *ecs.Image) bool {
	return !slices.ContainsFunc(e.chosen, func(f filter) bool { return !f(*image) })
}

// write writes the chosen images and returns the number of rows.
func (e *export) write(w io.Writer) (rows int, err error) {
	fields := e.fields()
	extra := e.extraColumns(fields)
	out := manifest.NewWriter(w, e.ownColumns(fields), namesOf(extra))
	out.Encoding, out.Delimiter = strings.Replace(e.encoding, "auto", "utf-8", 1), strings.TrimPrefix(e.delimiter, "auto")
	if e.bom && out.Encoding == "utf-8" {
		out.Encoding = "utf-8-bom"
	}
	out.Comment = e.comment()
	for x := range e.images() {
		set := e.set(x)
		if set != (ecs.Attributes{}) {
			e.changed++
		} else if e.ruling.changedOnly {
			continue
		}
		if err := out.Write(e.row(x, set, fields, extra)); err != nil {
			return rows, err
		}
		rows++
	}
	return rows, out.Flush()
}

// row returns the manifest row of an image, with what the rule sets. An image
// without a name has a row too, with both names blank.
func (e *export) row(x exported, set ecs.Attributes, fields []ecs.Attribute, extra []extraColumn) manifest.Row {
	var values ecs.Attributes
	for _, field := range fields {
		*values.Field(field) = *x.image.Field(field)
	}
	row := manifest.Row{
		ImageID: x.image.ID, RegionID: e.inventories[x.lane].Lane.Region, Profile: e.profile,
		Want: manifest.Values(values.Apply(set)), Current: manifest.Conditions(manifest.Values(values)),
	}
	if x.row != nil {
		row.Profile, row.Note = x.row.Profile, x.row.Note
	}
	for _, column := range extra {
		row.Extra = append(row.Extra, column.of(x))
	}
	return row
}
