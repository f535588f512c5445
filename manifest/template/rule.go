package template

// A Rule makes values for those images whose name matches a pattern.
type Rule struct {
	Find     *Pattern // nil matches every name
	Settings []Setting
	// Check returns what is wrong with a value for a column; nil accepts all.
	Check func(column, value string) error
}

// A Setting makes the value of one column.
type Setting struct {
	Column string
	Make   Maker
}

// A Maker is a [Template] or a [*Replacement].
type Maker interface {
	make(name string, value func(Variable) string) (string, error)
}

func (t Template) make(_ string, value func(Variable) string) (string, error) { return t.Expand(value) }

// A Source is what is known of an image.
type Source interface {
	// Current returns the value that the image has in a column.
	Current(column string) string
	// Value returns what a variable stands for, other than a group; empty if the
	// image has no such thing.
	Value(v Variable) string
}

// A Value is what a rule makes for a column, or why it makes none.
type Value struct {
	Column, Text string
	Err          error
}

// Apply returns the values that the rule would change. One that is returned
// without an error has passed Check. A value that the image has already is left
// out: it is never sent.
func (r *Rule) Apply(name string, from Source) []Value {
	value, matches := r.bind(name, from)
	if !matches {
		return nil
	}
	var made []Value
	for _, s := range r.Settings {
		v := Value{Column: s.Column}
		v.Text, v.Err = s.Make.make(name, value)
		if v.Err == nil && v.Text == from.Current(s.Column) {
			continue
		}
		if v.Err == nil && r.Check != nil {
			v.Err = r.Check(v.Column, v.Text)
		}
		made = append(made, v)
	}
	return made
}

// Expand expands a template as Apply would. matches reports whether the rule is
// for this name.
func (r *Rule) Expand(t Template, name string, from Source) (text string, matches bool, err error) {
	value, matches := r.bind(name, from)
	if !matches {
		return "", false, nil
	}
	text, err = t.Expand(value)
	return text, true, err
}

// bind returns the values of variables, groups among them.
func (r *Rule) bind(name string, from Source) (value func(Variable) string, matches bool) {
	if r.Find == nil {
		return from.Value, true
	}
	groups := r.Find.Find(name)
	return func(v Variable) string {
		if n, ok := v.Group(); ok && n < len(groups) {
			return groups[n]
		}
		return from.Value(v)
	}, groups != nil
}
