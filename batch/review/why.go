package review

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// Why says why an edit is an outlier, as a fact in lower case.
func (r *Review) Why(o *Outlier) string {
	if o.Near < 0 {
		return "fits no rule that more than a few rows share"
	}
	rule := &r.Rules[o.Near]
	name := rule.Pattern()
	if o.Attribute != ecs.ImageName {
		name = fmt.Sprintf("%s %s", o.Attribute, name)
	}
	name += fmt.Sprintf(" (%s)", plan.Count(len(rule.Rows), "row"))
	switch {
	case o.Got == "" && o.Want == "":
		return "keeps its name, unlike " + name
	case o.Want == "":
		return fmt.Sprintf("has %q too much beside %s", o.Got, name)
	case o.Got == "":
		return fmt.Sprintf("lacks %q beside %s", o.Want, name)
	case digitsOf(o.Want):
		return fmt.Sprintf("has %q where %s has %s", o.Got, name, plan.Count(len(o.Want), "digit"))
	}
	return fmt.Sprintf("has %q where %s has %q", o.Got, name, o.Want)
}

// digitsOf reports whether a part that is wanted is any number of a width.
func digitsOf(want string) bool { return want != "" && strings.Trim(want, "#") == "" }
