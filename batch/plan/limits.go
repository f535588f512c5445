package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits refuse a whole run. A zero field is no limit.
type Limits struct {
	MaxChanges        int     // rows of the run
	MaxChangePercent  float64 // of the images of each lane
	MaxFailures       int     // rows of the run
	MaxFailurePercent float64 // of the planned rows of the run
	MaxOutliers       *int    // rows that fit no rule; 0 is a limit, too
}

// A LimitError says which limit is exceeded.
type LimitError struct {
	Flag string // the flag that sets it, such as "--max-changes"
	fact string
}

func (e *LimitError) Error() string { return e.fact }

// Hint names the flag that raises the limit.
func (e *LimitError) Hint() string {
	return "if this is intended, raise " + e.Flag
}

// Check checks a plan against all limits but those of failures and outliers and
// returns those that are exceeded. The lanes are those the plan was made of.
func (l Limits) Check(p *Plan, lanes []Inventory) (exceeded []*LimitError) {
	planned := make([]int, len(lanes))
	for i := range p.Rows {
		if p.Rows[i].Verdict == Planned {
			planned[p.Rows[i].Lane]++
		}
	}
	if all := p.Totals()[Planned]; l.MaxChanges > 0 && all > l.MaxChanges {
		exceeded = append(exceeded, &LimitError{"--max-changes", fmt.Sprintf("%s would change, more than --max-changes %d",
			Count(all, "row"), l.MaxChanges)})
	}
	for i, n := range planned {
		all := len(lanes[i].Images)
		if n == 0 || l.MaxChangePercent == 0 || float64(n)*100 <= l.MaxChangePercent*float64(all) {
			continue
		}
		exceeded = append(exceeded, &LimitError{"--max-change-percent", fmt.Sprintf(
			"%d of the %s in %s would change (%.1f %%), more than --max-change-percent %s",
			n, Count(all, "image"), lanes[i].Lane.phrase(), 100*float64(n)/float64(all), number(l.MaxChangePercent))})
	}
	return exceeded
}

// CheckFailures returns nil, or a [*LimitError] if a run must stop with so many
// failed of so many planned rows.
func (l Limits) CheckFailures(failed, planned int) error {
	switch {
	case l.MaxFailures > 0 && failed > l.MaxFailures:
		return &LimitError{"--max-failures", fmt.Sprintf("%s failed, more than --max-failures %d",
			Count(failed, "row"), l.MaxFailures)}
	case l.MaxFailurePercent > 0 && float64(failed)*100 > l.MaxFailurePercent*float64(planned):
		return &LimitError{"--max-failures", fmt.Sprintf("%d of %s failed, more than --max-failures %s%%",
			failed, Count(planned, "row"), number(l.MaxFailurePercent))}
	}
	return nil
}

// CheckOutliers returns nil, or why a plan with so many outliers is refused.
func (l Limits) CheckOutliers(n int) *LimitError {
	if l.MaxOutliers == nil || n <= *l.MaxOutliers {
		return nil
	}
	fit := "fit"
	if n == 1 {
		fit = "fits"
	}
	return &LimitError{"--max-outliers", fmt.Sprintf("%s %s no rule, more than --max-outliers %d", Count(n, "edit"), fit, *l.MaxOutliers)}
}

// A RiskError refuses a plan for its risks that are not allowed.
type RiskError struct{ Risks []Notice }

func (e *RiskError) Error() string {
	return fmt.Sprintf("%s not allowed: %s; the first: %s",
		Count(len(e.Risks), "risk"), strings.Join(e.words(), ", "), e.Risks[0].Text)
}

// Hint names the flag that allows the risks.
func (e *RiskError) Hint() string {
	return "if this is intended, add --allow " + strings.Join(e.words(), ",")
}

// words lists the kinds of the risks, each once, in their order.
func (e *RiskError) words() []string {
	var words []string
	for _, k := range RiskKinds() {
		if slices.ContainsFunc(e.Risks, func(n Notice) bool { return n.Kind == k }) {
			words = append(words, k.String())
		}
	}
	return words
}

// CheckRisks returns nil if all the plan's risks are of allowed kinds, else a
// [*RiskError] with the others.
func (p *Plan) CheckRisks(allowed ...Kind) error {
	rest := slices.DeleteFunc(slices.Clone(p.Risks), func(n Notice) bool {
		return slices.Contains(allowed, n.Kind)
	})
	if len(rest) == 0 {
		return nil
	}
	return &RiskError{rest}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// Count returns a number with its noun, such as "1 row" or "2 rows".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
