package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// attributeNamed returns the attribute of a column.
func attributeNamed(column string) (ecs.Attribute, bool) {
	for field := range (ecs.Attributes{}).All() {
		if field.String() == column {
			return field, true
		}
	}
	return 0, false
}

// attributeColumns lists the columns of all attributes.
func attributeColumns() string {
	var names []string
	for field := range (ecs.Attributes{}).All() {
		names = append(names, field.String())
	}
	return strings.Join(names, ", ")
}

func (e *export) checkColumns() error {
	for _, column := range e.columns {
		if _, ok := attributeNamed(column); !ok {
			return &usageError{fmt.Errorf("--columns %q: must be one of %s", column, attributeColumns())}
		}
	}
	return nil
}

// fields returns the attributes to export as editable columns: those asked for
// and those that the rule sets.
func (e *export) fields() []ecs.Attribute {
	fields := []ecs.Attribute{ecs.ImageName}
	for _, column := range e.columns {
		field, _ := attributeNamed(column) // checked
		fields = append(fields, field)
	}
	return unique(append(fields, e.ruling.fields...))
}

// ownColumns returns the columns that a manifest knows.
func (e *export) ownColumns(fields []ecs.Attribute) []string {
	columns := []string{"image_id", "region_id"}
	if e.profile != "" || e.ledger.any(func(row *manifest.Row) bool { return row.Profile != "" }) {
		columns = append(columns, "profile")
	}
	for _, field := range fields {
		columns = append(columns, field.Condition(), field.String())
	}
	if e.ledger.any(func(row *manifest.Row) bool { return row.Note != "" }) {
		columns = append(columns, "note")
	}
	return columns
}

// An extraColumn tells something of an image that is never sent.
type extraColumn struct {
	name string
	of   func(exported) string
}

func namesOf(columns []extraColumn) []string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.name
	}
	return names
}

// commonColumns are those of every image.
func commonColumns() []extraColumn {
	var columns []extraColumn
	for field := range (ecs.Attributes{}).All() {
		columns = append(columns, extraColumn{"x_" + field.String(), func(x exported) string { return *x.image.Field(field) }})
	}
	return append(columns,
		extraColumn{columnCreated, func(x exported) string { return creation(*x.image) }},
		extraColumn{columnShared, func(x exported) string { return strconv.FormatBool(x.image.Shared) }},
		extraColumn{columnInUse, func(x exported) string { return strconv.FormatBool(x.image.InUse) }},
	)
}

// extraColumns returns the x_ columns of the export: those of --from, and what is
// known of images but for the attributes that are columns of their own.
func (e *export) extraColumns(fields []ecs.Attribute) []extraColumn {
	columns := e.ledger.columns()
	for _, column := range commonColumns() {
		edited := slices.ContainsFunc(fields, func(field ecs.Attribute) bool { return column.name == "x_"+field.String() })
		if !edited && indexOf(columns, column.name) < 0 {
			columns = append(columns, column)
		}
	}
	return e.addRare(columns)
}

// addRare adds columns of what hardly any image has, if one of them has it.
func (e *export) addRare(columns []extraColumn) []extraColumn {
	public, grouped, keys := false, false, make(map[string]bool)
	for x := range e.images() {
		public, grouped = public || x.image.Public, grouped || x.image.ResourceGroupID != ""
		for _, tag := range x.image.Tags {
			keys[tag.Key] = true
		}
	}
	if public && indexOf(columns, columnPublic) < 0 {
		columns = append(columns, extraColumn{columnPublic, func(x exported) string { return strconv.FormatBool(x.image.Public) }})
	}
	if grouped && indexOf(columns, columnResourceGroup) < 0 {
		columns = append(columns, extraColumn{columnResourceGroup, func(x exported) string { return x.image.ResourceGroupID }})
	}
	return e.addTags(columns, slices.Sorted(maps.Keys(keys)))
}

// addTags adds a column for each key of a tag. Keys that differ only in what
// names of one column may differ in would be read back as one: the first has the
// column.
func (e *export) addTags(columns []extraColumn, keys []string) []extraColumn {
	known := make(map[string]string, len(columns))
	for _, column := range columns {
		known[manifest.FoldColumn(column.name)] = column.name
	}
	for _, key := range keys {
		name := columnTag + key
		if other, taken := known[manifest.FoldColumn(name)]; taken {
			if other != name {
				e.say("warning: tag %q has no column, since %s is the same column", key, other)
			}
			continue
		}
		known[manifest.FoldColumn(name)] = name
		columns = append(columns, extraColumn{name, func(x exported) string { return tagOf(x.image, key) }})
	}
	return columns
}

// tagOf returns the value of a tag, "" if the image has none of this key.
func tagOf(image *ecs.Image, key string) string {
	for _, tag := range image.Tags {
		if tag.Key == key {
			return tag.Value
		}
	}
	return ""
}

// indexOf returns the place of a column, -1 if there is none of this name.
func indexOf(columns []extraColumn, name string) int {
	return slices.IndexFunc(columns, func(c extraColumn) bool { return manifest.FoldColumn(c.name) == manifest.FoldColumn(name) })
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

// madeAt returns when the image was made, if that is known.
func madeAt(image *ecs.Image) (at time.Time, known bool) {
	at, err := time.Parse(time.RFC3339, creation(*image))
	return at, err == nil
}
