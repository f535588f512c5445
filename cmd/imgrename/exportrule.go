package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"imgrename/batch/ecs"
	"imgrename/manifest/template"
	"imgrename/report"
)

// A ruling is the flags by which export makes values, and what they mean.
type ruling struct {
	find, replace string
	sets          []string
	newest        int
	group         string
	changedOnly   bool

	rule   *template.Rule // nil if nothing is to be changed
	groups *template.Template
	fields []ecs.Attribute // that the rule sets
	values map[template.Variable]func(exported) string
	picked map[*ecs.Image]bool // those that the rule is for, nil for all
}

func (r *ruling) bind(f *pflag.FlagSet) {
	f.StringVar(&r.find, "find", "", "apply the rule to images whose name matches this `pattern` (RE2)")
	f.StringVar(&r.replace, "replace", "", "put this `text` in place of each match of --find; ${1} is its first group")
	f.StringArrayVar(&r.sets, "set", nil, "make the values of a column, such as image_name={x_role}-{created:20060102} (`COLUMN=TEMPLATE`, repeatable)")
	f.Var(&parsed{"", "N", atLeastOne(&r.newest)}, "keep-newest", "apply the rule to the N newest images of each family only, in each region")
	f.StringVar(&r.group, "group", "", "count the newest by this `template` instead of the family")
	f.BoolVar(&r.changedOnly, "changed-only", false, "leave out rows that the rule does not change")
}

// readRule reads the flags that make the rule, once the columns of --from are
// known.
func (e *export) readRule() error {
	r := &e.ruling
	if err := e.checkTogether(); err != nil {
		return err
	}
	if len(r.sets) == 0 && !e.gave("replace") {
		return nil
	}
	r.rule = &template.Rule{Check: ecs.CheckColumn}
	r.values = make(map[template.Variable]func(exported) string)
	if err := e.readFind(); err != nil {
		return &usageError{err}
	}
	for _, text := range r.sets {
		if err := e.readSet(text); err != nil {
			return &usageError{fmt.Errorf("--set %q: %w", text, err)}
		}
	}
	if r.group != "" {
		groups, err := e.parseTemplate(r.group)
		if err != nil {
			return &usageError{fmt.Errorf("--group %q: %w", r.group, err)}
		}
		r.groups = &groups
	}
	return nil
}

func (e *export) gave(flag string) bool { _, ok := e.given[flag]; return ok }

// checkTogether checks that no flag lacks another without which it does nothing.
func (e *export) checkTogether() error {
	var problems []error
	needs := func(flag string, others ...string) {
		if e.gave(flag) && !slices.ContainsFunc(others, e.gave) {
			problems = append(problems, fmt.Errorf("%s does nothing without --%s", e.given.called(flag), strings.Join(others, " or --")))
		}
	}
	needs("find", "replace", "set")
	needs("replace", "find")
	needs("keep-newest", "replace", "set")
	needs("group", "keep-newest")
	needs("changed-only", "replace", "set")
	return badUsage(problems...)
}

// readFind reads --find and --replace.
func (e *export) readFind() (err error) {
	r := &e.ruling
	if !e.gave("find") {
		return nil
	}
	if r.find == "" {
		return errors.New("--find is empty")
	}
	if r.rule.Find, err = template.ParsePattern(r.find); err != nil {
		return fmt.Errorf("--find: %w", err)
	}
	if !e.gave("replace") {
		return nil
	}
	replacement, err := r.rule.Find.Replacement(r.replace)
	if err != nil {
		return fmt.Errorf("--replace %q: %w", r.replace, err)
	}
	r.add(ecs.ImageName, replacement)
	return nil
}

func (r *ruling) add(field ecs.Attribute, make template.Maker) {
	r.fields = append(r.fields, field)
	r.rule.Settings = append(r.rule.Settings, template.Setting{Column: field.String(), Make: make})
}

// readSet reads one --set. A value without variables is checked at once.
func (e *export) readSet(text string) error {
	column, value, ok := strings.Cut(text, "=")
	field, known := attributeNamed(column)
	switch {
	case !ok || value == "":
		return errors.New("must be COLUMN=TEMPLATE")
	case !known:
		return fmt.Errorf("the column must be one of %s", attributeColumns())
	case slices.Contains(e.ruling.fields, field):
		return fmt.Errorf("%s is set twice", field)
	}
	parsed, err := e.parseTemplate(value)
	if err != nil {
		return err
	}
	if len(parsed.Variables()) == 0 {
		if plain, err := parsed.Expand(nil); err != nil {
			return err
		} else if err := field.Check(plain); err != nil {
			return err
		}
	}
	e.ruling.add(field, parsed)
	return nil
}

// parseTemplate reads a template whose variables all mean something.
func (e *export) parseTemplate(text string) (template.Template, error) {
	parsed, err := template.Parse(text)
	if err != nil {
		return parsed, err
	}
	for _, v := range parsed.Variables() {
		if n, ok := v.Group(); ok {
			if find := e.ruling.rule.Find; find == nil || n > find.Groups() {
				return parsed, fmt.Errorf("%s: there is no such group in --find", v)
			}
			continue
		}
		if e.ruling.values[v], err = e.valueOf(v); err != nil {
			return parsed, err
		}
	}
	return parsed, nil
}

// valueOf returns what a variable stands for.
func (e *export) valueOf(v template.Variable) (func(exported) string, error) {
	switch {
	case v.Argument != "" && v.Name == "tag":
		return func(x exported) string { return tagOf(x.image, v.Argument) }, nil
	case v.Name == "created":
		if _, err := template.FormatDate(v.Argument, time.Time{}); err != nil {
			return nil, fmt.Errorf("%s: %w", v, err)
		}
		return func(x exported) string { return dateOf(x.image, v.Argument) }, nil
	case v == template.Variable{Name: "current_name"}:
		return func(x exported) string { return x.image.ImageName }, nil
	case v == template.Variable{Name: "region"}:
		return func(x exported) string { return e.inventories[x.lane].Lane.Region }, nil
	}
	columns := append(e.ledger.columns(), commonColumns()...)
	if i := indexOf(columns, v.Name); i >= 0 && v.Argument == "" {
		return columns[i].of, nil
	}
	return nil, hinted{
		fmt.Errorf("there is no variable %s", v),
		"variables are {current_name}, {region}, {created:20060102}, {tag:KEY}, {1} for a group of --find, and of columns " +
			strings.Join(namesOf(columns), ", "),
	}
}

// dateOf writes when an image was made, "" if that is not known.
func dateOf(image *ecs.Image, layout string) string {
	at, known := madeAt(image)
	if !known {
		return ""
	}
	date, _ := template.FormatDate(layout, at) // the layout was tried
	return date
}

// A source is what the rule can know of an image.
type source struct {
	exported
	*ruling
}

func (s source) Current(column string) string {
	field, _ := attributeNamed(column) // columns of a rule are attributes
	return *s.image.Field(field)
}

func (s source) Value(v template.Variable) string { return s.values[v](s.exported) }

// apply returns what the rule makes of an image.
func (r *ruling) apply(x exported) []template.Value {
	if r.rule == nil || r.picked != nil && !r.picked[x.image] {
		return nil
	}
	return r.rule.Apply(x.image.ImageName, source{x, r})
}

// set returns the values that the rule changes. They have been checked.
func (e *export) set(x exported) (set ecs.Attributes) {
	for _, value := range e.ruling.apply(x) {
		field, _ := attributeNamed(value.Column)
		*set.Field(field) = value.Text
	}
	return set
}

// comment returns the command whose rule made the file, "" if there is no rule.
// Words with characters that a spreadsheet takes for more than text are written
// with their codes, as a shell reads them.
func (e *export) comment() string {
	if e.ruling.rule == nil {
		return ""
	}
	r, words := &e.ruling, []string{"imgrename export"}
	add := func(flag string, values ...string) {
		for _, value := range values {
			words = append(words, "--"+flag, plainWord(value))
		}
	}
	add("filter", e.filters...)
	for _, f := range []struct{ flag, value string }{
		{"from", e.from}, {"keep-newest", strconv.Itoa(r.newest)}, {"group", r.group}, {"find", r.find},
	} {
		if e.gave(f.flag) {
			add(f.flag, f.value)
		}
	}
	if e.gave("replace") {
		add("replace", r.replace)
	}
	add("set", r.sets...)
	if r.changedOnly {
		words = append(words, "--changed-only")
	}
	return strings.Join(words, " ")
}

// plainWord is shellWord without delimiters and double quotes.
func plainWord(s string) string {
	const cells = ",;\""
	if !strings.ContainsAny(s, cells) {
		return shellWord(s)
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f || strings.IndexByte(cells+`'\`, c) >= 0 || c > 0x7f && report.Printable(s) != s {
			fmt.Fprintf(&b, `\%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}
