package review

import (
	"fmt"

	"imgrename/batch/plan"
)

// Why says why an edit is an outlier, as a fact in lower case.
func (r *Review) Why(o *Outlier) string {
	if o.Near < 0 {
		return fmt.Sprintf("fits no rule that has more than a few of the %s", plan.Count(r.Renames, "rename"))
	}
	rule := &r.Rules[o.Near]
	others := plan.Count(len(rule.Rows), "row")
	switch {
	case o.Want == "":
		return fmt.Sprintf("has %q too much beside the %s of %s", o.Got, others, rule.Pattern())
	case o.Got == "":
		return fmt.Sprintf("lacks %q, which the %s of %s have", o.Want, others, rule.Pattern())
	}
	return fmt.Sprintf("has %q where the %s of %s have %q", o.Got, others, rule.Pattern(), o.Want)
}
