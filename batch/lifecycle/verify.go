package lifecycle

import (
	"context"
	"slices"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/batch/review"
)

// Verify asks the service about each call of a draft that is listed, and makes the
// plan again: rows that would be refused are held back, with those that wait for
// them. Nothing is changed. Rows of which nothing is learnt stay planned, with a
// warning. The error is that of [batch.Verify].
func (l *Life) Verify(ctx context.Context, d *Draft) error {
	l.Tell(Verifying{Rows: d.Plan.Totals()[plan.Planned]})
	verdicts, err := batch.Verify(ctx, d.Plan, d.Lanes, l.Workers)
	if err != nil {
		return &StoppedError{err}
	}
	slices.SortFunc(verdicts, func(a, b batch.Verdict) int { return a.Row - b.Row })
	asked := *d.Plan
	asked.Rows = slices.Clone(asked.Rows)
	for _, v := range verdicts {
		if v.Refused != nil {
			row := &asked.Rows[v.Row]
			row.Verdict, row.Problem = plan.Refused, v.Refused
		}
	}
	d.Plan = plan.Compare(&asked, d.Inventories)
	d.Plan.Warnings = append(d.Plan.Warnings, unverified(d.Plan, verdicts)...)
	d.Plan.Protect(l.Guards.Protect)
	d.Review = review.Of(d.Plan, d.Inventories)
	return nil
}

// unverified returns a warning for each lane with rows of which nothing was learnt.
func unverified(p *plan.Plan, verdicts []batch.Verdict) []plan.Notice {
	var notices []plan.Notice
	at := make(map[int]int) // by lane
	for _, v := range verdicts {
		row := &p.Rows[v.Row]
		if v.Unknown == nil || row.Verdict != plan.Planned {
			continue
		}
		i, known := at[row.Lane]
		if !known {
			i = len(notices)
			at[row.Lane] = i
			notices = append(notices, plan.Notice{
				Kind: plan.Unverified, Lane: row.Lane, Text: "the service could not be asked about some rows; of the first: " + v.Unknown.Error(),
			})
		}
		notices[i].Rows, notices[i].ImageIDs = append(notices[i].Rows, v.Row), append(notices[i].ImageIDs, row.ImageID)
	}
	return notices
}
