package report

import (
	"cmp"
	"fmt"
	"io"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// WriteSince writes in which rows the plan differs from an earlier one, at most so
// many of them; 0 is all.
func (view View) WriteSince(w io.Writer, earlier *plan.Plan, differences []plan.Difference, most int) error {
	v := view.on(w)
	then := *v
	then.Plan = earlier
	shown := differences
	if most > 0 && len(shown) > most {
		shown = shown[:most]
	}
	for _, d := range shown {
		switch {
		case d.Now < 0:
			then.side("- ", &earlier.Rows[d.Then], "gone")
		case d.Then < 0:
			v.side("+ ", &v.Plan.Rows[d.Now], "new")
		default:
			v.side("~ ", &v.Plan.Rows[d.Now], "different")
			v.text("    ", Printable(d.Text))
		}
	}
	if more := len(differences) - len(shown); more > 0 {
		fmt.Fprintf(v.w, "… and %d more\n", more)
	}
	return v.w.Flush()
}

// side writes a row of one of two plans, with the name that it gives.
func (v *planView) side(head string, row *plan.Row, what string) {
	subject := shownID(cmp.Or(row.ImageID, row.Condition().ImageName))
	v.write(v.fill(head, paragraph, subject+":", what, v.where(row)))
	if old, after := sidesOf(row, ecs.ImageName); after != "" {
		v.write(v.edit("    ", ecs.ImageName, old, after, green))
	}
}
