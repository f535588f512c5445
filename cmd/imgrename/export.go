package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

type export struct {
	*common
	regions []string
	output  string
	columns []string
	filters []string
	chosen  []filter
	bom     bool
}

func newExport(c *common) *cobra.Command {
	e := &export{common: c}
	cmd := &cobra.Command{
		Use:  "export [--region R]... [-o FILE]",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd.Context()) },
	}
	cmd.Flags().StringArrayVar(&e.regions, "region", nil, "`region` to export (repeatable)")
	cmd.Flags().StringVarP(&e.output, "output", "o", "", "write to this `file` instead of standard output")
	cmd.Flags().StringSliceVar(&e.columns, "columns", nil, "`attributes` to export as editable columns besides the name, such as description,image_family")
	cmd.Flags().StringArrayVar(&e.filters, "filter", nil, "only images for which this `condition` holds: name=GLOB, family=GLOB, status=STATUS, older=90d or newer=12h (repeatable: all must hold)")
	cmd.Flags().BoolVar(&e.bom, "bom", false, "start a UTF-8 file with a byte order mark, for spreadsheets")
	return cmd
}

func (e *export) run(ctx context.Context) error {
	e.hasty = true
	fields, err := e.fields()
	if err != nil {
		return err
	}
	for _, text := range e.filters {
		f, err := parseFilter(text, time.Now())
		if err != nil {
			return &usageError{fmt.Errorf("--filter %q: %w", text, err)}
		}
		e.chosen = append(e.chosen, f)
	}
	if err := e.keepApart("", e.output); err != nil {
		return err
	}
	inventories, err := e.list(ctx)
	if err != nil {
		return err
	}
	rows := 0
	write := func(w io.Writer) (err error) {
		rows, err = e.write(w, inventories, fields)
		return err
	}
	if err := e.writeResult(e.output, write); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	e.tellExport(rows, inventories)
	return nil
}

// tellExport says how many images were exported, and of how many.
func (e *export) tellExport(rows int, inventories []plan.Inventory) {
	images := 0
	for _, inventory := range inventories {
		images += len(inventory.Images)
	}
	s, said := summaryOf(nil), plan.Count(rows, "row")
	if len(e.chosen) > 0 {
		said += " of " + plan.Count(images, "image")
	}
	if s.Rows = rows; rows > 0 {
		s.Next = e.planCommand(e.output)
	}
	if s.Next != "" {
		said += "; next, after editing: " + s.Next
	}
	if !e.json || !toStandardOutput(e.output) {
		e.finishWith(e.err, s, said)
	}
}

// fields returns the attributes to export as editable columns.
func (e *export) fields() ([]ecs.Attribute, error) {
	var all []ecs.Attribute
	var names []string
	for field := range (ecs.Attributes{}).All() {
		all, names = append(all, field), append(names, field.String())
	}
	fields := []ecs.Attribute{ecs.ImageName}
	for _, column := range e.columns {
		i := slices.Index(names, column)
		if i < 0 {
			return nil, &usageError{fmt.Errorf("--columns %q: must be one of %s", column, strings.Join(names, ", "))}
		}
		fields = append(fields, all[i])
	}
	return unique(fields), nil
}

// list reads the regions. If one cannot be read, it fails: an export that
// silently lacks images would be worse than none.
func (e *export) list(ctx context.Context) ([]plan.Inventory, error) {
	on, regions, err := e.where()
	if err == nil {
		regions, err = e.narrowRegions(regions, "to export")
	}
	if err != nil {
		return nil, err
	}
	rows := make([]manifest.Row, len(regions))
	for i, region := range regions {
		rows[i] = manifest.Row{RegionID: region, Profile: e.profile}
	}
	conn, err := e.connect(ctx, on, rows)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	inventories, err := batch.Load(ctx, conn.Lanes)
	if err != nil {
		return nil, &lifecycle.StoppedError{Cause: err}
	}
	for _, inventory := range inventories {
		if inventory.Unread != nil {
			return nil, &lifecycle.NoLaneError{Err: fmt.Errorf("region %s: %w", inventory.Lane.Region, inventory.Unread)}
		}
	}
	return inventories, nil
}

// where returns the cloud and the regions to export: those named or, in a
// rehearsal, all that its file has.
func (e *export) where() (cloud, []string, error) {
	regions := e.regions
	if len(regions) == 0 && e.defaultRegion != "" {
		regions = []string{e.defaultRegion}
	}
	for _, region := range regions {
		if err := checkRegion(region); err != nil {
			return nil, nil, &usageError{fmt.Errorf("--region: %w", err)}
		}
	}
	if e.simulate == "" && len(regions) == 0 {
		return nil, nil, &usageError{hinted{errors.New("no region given"), "name one or more with --region"}}
	}
	on, err := e.cloud(nil)
	if r, ok := on.(*rehearsal); ok && len(regions) == 0 {
		regions = r.regions
	}
	return on, unique(regions), err
}

// write writes the chosen images and returns their number.
func (e *export) write(w io.Writer, inventories []plan.Inventory, fields []ecs.Attribute) (rows int, err error) {
	columns := []string{"image_id", "region_id"}
	if e.profile != "" {
		columns = append(columns, "profile")
	}
	for _, field := range fields {
		columns = append(columns, field.Condition(), field.String())
	}
	var extra []string
	var others []ecs.Attribute
	for field := range (ecs.Attributes{}).All() {
		if !slices.Contains(fields, field) {
			others = append(others, field)
			extra = append(extra, "x_"+field.String())
		}
	}
	extra = append(extra, columnCreated, columnShared, columnInUse)
	out := manifest.NewWriter(w, columns, extra)
	out.Encoding, out.Delimiter = strings.Replace(e.encoding, "auto", "utf-8", 1), strings.TrimPrefix(e.delimiter, "auto")
	if e.bom && out.Encoding == "utf-8" {
		out.Encoding = "utf-8-bom"
	}
	for _, inventory := range inventories {
		for _, image := range inventory.Images {
			if slices.ContainsFunc(e.chosen, func(f filter) bool { return !f(image) }) {
				continue
			}
			if err := out.Write(e.row(inventory.Lane, image, fields, others)); err != nil {
				return rows, err
			}
			rows++
		}
	}
	return rows, out.Flush()
}

// row returns the manifest row of an image, which changes nothing. An image
// without a name has a row too, with both names blank.
func (e *export) row(lane plan.Lane, image ecs.Image, fields, others []ecs.Attribute) manifest.Row {
	var values ecs.Attributes
	for _, field := range fields {
		*values.Field(field) = *image.Field(field)
	}
	row := manifest.Row{
		ImageID: image.ID, RegionID: lane.Region, Profile: e.profile,
		Want: manifest.Values(values), Current: manifest.Conditions(manifest.Values(values)),
	}
	for _, field := range others {
		row.Extra = append(row.Extra, *image.Field(field))
	}
	row.Extra = append(row.Extra, creation(image), strconv.FormatBool(image.Shared), strconv.FormatBool(image.InUse))
	return row
}

// creation returns when the image was made, blank if that is not known: the zero
// time of Go is how some servers say so.
func creation(image ecs.Image) string {
	text := strings.TrimSpace(image.Created)
	if created, err := time.Parse(time.RFC3339, text); err == nil && created.IsZero() {
		return ""
	}
	return text
}
