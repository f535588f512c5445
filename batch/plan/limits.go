package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Limits refuse a whole run. A zero field is no limit.
type Limits struct {
	MaxChanges       int     // rows of the run
	MaxChangePercent float64 // of the images of each lane
	MaxOutliers      *int    // edits that fit no rule; 0 is a limit, too
	Failures         FailureLimit
}

// A FailureLimit is how many rows of a job may be [Outcome.Failure]s. The zero
// value is no limit.
type FailureLimit struct {
	Rows    int
	Percent float64 // of the rows of the manifest
}

// A LimitError says which limit is exceeded.
type LimitError struct {
	Flag string // the flag that sets it, such as "--max-changes"
	// Raised is a value of --max-failures that allows as many failures again;
	// other limits have none.
	Raised string
	fact   string
}

func (e *LimitError) Error() string { return e.fact }

// Hint names the flag that raises the limit.
func (e *LimitError) Hint() string {
	return "if this is intended, raise " + e.Flag
}

// Check checks a plan against all limits but that of outliers and returns those
// that are exceeded. The lanes are those the plan was made of.
func (l Limits) Check(p *Plan, lanes []Inventory) (exceeded []*LimitError) {
	planned := make([]int, len(lanes))
	for i := range p.Rows {
		if p.Rows[i].Verdict == Planned {
			planned[p.Rows[i].Lane]++
		}
	}
	if all := p.Totals()[Planned]; l.MaxChanges > 0 && all > l.MaxChanges {
		exceeded = append(exceeded, &LimitError{Flag: "--max-changes", fact: fmt.Sprintf(
			"%s would change, more than --max-changes %d", Count(all, "row"), l.MaxChanges)})
	}
	for i, n := range planned {
		all := len(lanes[i].Images)
		if n == 0 || l.MaxChangePercent == 0 || float64(n)*100 <= l.MaxChangePercent*float64(all) {
			continue
		}
		exceeded = append(exceeded, &LimitError{Flag: "--max-change-percent", fact: fmt.Sprintf(
			"%d of the %s in %s would change (%.1f %%), more than --max-change-percent %s",
			n, Count(all, "image"), lanes[i].Lane.phrase(), 100*float64(n)/float64(all), number(l.MaxChangePercent))})
	}
	if e := l.Failures.Check(p.Totals().Failures(), len(p.Rows)); e != nil {
		exceeded = append(exceeded, e)
	}
	return exceeded
}

// Check returns nil, or says that a job must not start, or not go on, with so many
// failures among so many rows.
func (l FailureLimit) Check(failures, rows int) *LimitError {
	share := 100 * float64(failures) / float64(max(rows, 1))
	switch {
	case l.Rows > 0 && failures > l.Rows:
		return &LimitError{"--max-failures", strconv.Itoa(failures + l.Rows), fmt.Sprintf(
			"%s cannot be done, more than --max-failures %d", Count(failures, "row"), l.Rows)}
	case l.Percent > 0 && float64(failures)*100 > l.Percent*float64(rows):
		return &LimitError{"--max-failures", number(min(math.Ceil(share)+l.Percent, 100)) + "%", fmt.Sprintf(
			"%d of %s cannot be done, more than --max-failures %s%%", failures, Count(rows, "row"), number(l.Percent))}
	}
	return nil
}

// CheckOutliers returns nil, or why a plan is refused with these outliers, given
// as rows of the plan, one for each edit.
func (l Limits) CheckOutliers(p *Plan, rows []int) *LimitError {
	n := len(rows)
	if l.MaxOutliers == nil || n <= *l.MaxOutliers {
		return nil
	}
	fit := "fit"
	if n == 1 {
		fit = "fits"
	}
	first := &p.Rows[rows[0]]
	return &LimitError{Flag: "--max-outliers", fact: fmt.Sprintf(
		"%s %s no rule, more than --max-outliers %d; the first: line %d, %s",
		Count(n, "change"), fit, *l.MaxOutliers, first.Line, first.ImageID)}
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
