package review

import (
	"encoding/json"
	"errors"

	"imgrename/batch/plan"
)

var errUnfit = errors.New("the review is not of this plan")

// Decode returns the review of a plan from its JSON. All of its indexes are in
// range: whoever can write a file can write anything into it.
func Decode(text []byte, p *plan.Plan) (*Review, error) {
	r := new(Review)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	if !r.fits(p) {
		return nil, errUnfit
	}
	return r, nil
}

// fits reports whether all indexes of a review are in range.
func (r *Review) fits(p *plan.Plan) bool {
	rows, lanes := len(p.Rows), len(p.Lanes)
	for i := range r.Rules {
		rule := &r.Rules[i]
		if len(rule.Rows) == 0 || !within(rule.Rows, rows) || !within(rule.Thin, lanes) || rule.UncoveredCount < len(rule.Uncovered) {
			return false
		}
		for _, image := range rule.Uncovered {
			if !inRange(image.Lane, lanes) {
				return false
			}
		}
	}
	for _, o := range r.Outliers {
		if !inRange(o.Row, rows) || o.Near < -1 || o.Near >= len(r.Rules) {
			return false
		}
	}
	return within(r.InUse, rows) && len(r.Images) <= lanes
}

func within(indexes []int, n int) bool {
	for _, i := range indexes {
		if !inRange(i, n) {
			return false
		}
	}
	return true
}

func inRange(i, n int) bool { return i >= 0 && i < n }
