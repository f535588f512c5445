package plan_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/plan"
)

func TestLimits(t *testing.T) {
	lanes := lane(image("m-1", "a"), image("m-2", "b"), image("m-3", "c"), image("m-4", "d"))
	p := plan.New(requests(rename("m-1", "x"), rename("m-2", "y"), rename("m-3", "c")), lanes)
	for _, test := range []struct {
		name   string
		limits plan.Limits
		want   string
	}{
		{"none", plan.Limits{}, ""},
		{"as many rows as allowed", plan.Limits{MaxChanges: 2}, ""},
		{"more rows than allowed", plan.Limits{MaxChanges: 1}, "2 rows would change, more than --max-changes 1"},
		{"as many percent as allowed", plan.Limits{MaxChangePercent: 50}, ""},
		{
			"more percent than allowed",
			plan.Limits{MaxChangePercent: 49.5},
			"2 of the 4 images in cn-hangzhou of account 1001 would change (50.0 %), more than --max-change-percent 49.5",
		},
		{
			"all that is met is said",
			plan.Limits{MaxChanges: 1, MaxChangePercent: 1},
			"2 rows would change, more than --max-changes 1\n" +
				"2 of the 4 images in cn-hangzhou of account 1001 would change (50.0 %), more than --max-change-percent 1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var met []error
			for _, e := range test.limits.Check(p, lanes) {
				met = append(met, e)
			}
			if diff := cmp.Diff(test.want, text(errors.Join(met...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFailureLimit(t *testing.T) {
	for _, test := range []struct {
		name           string
		limit          plan.FailureLimit
		failures, rows int
		want, raised   string
	}{
		{"off", plan.FailureLimit{}, 10, 10, "", ""},
		{"as many as allowed", plan.FailureLimit{Rows: 2}, 2, 10, "", ""},
		{"more than allowed", plan.FailureLimit{Rows: 2}, 3, 10, "3 rows cannot be done, more than --max-failures 2", "5"},
		{"one, and that is all", plan.FailureLimit{Percent: 99}, 1, 1, "1 of 1 row cannot be done, more than --max-failures 99%", "100%"},
		{"as many percent as allowed", plan.FailureLimit{Percent: 20}, 2, 10, "", ""},
		{"more percent than allowed", plan.FailureLimit{Percent: 20}, 3, 10, "3 of 10 rows cannot be done, more than --max-failures 20%", "50%"},
		{"parts of a percent", plan.FailureLimit{Percent: 0.5}, 1, 30, "1 of 30 rows cannot be done, more than --max-failures 0.5%", "4.5%"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := test.limit.Check(test.failures, test.rows)
			if e == nil {
				e = new(plan.LimitError)
			} else if e.Flag != "--max-failures" || e.Hint() != "if this is intended, raise --max-failures" {
				t.Errorf("%+v, hint %q", e, e.Hint())
			}
			if e.Error() != test.want || e.Raised != test.raised {
				t.Errorf("%q, and %q would do", e, e.Raised)
			}
		})
	}
}

func TestOutliers(t *testing.T) {
	none, two := 0, 2
	p := plan.New(requests(rename("m-1", "x")), lane(image("m-1", "a")))
	for _, test := range []struct {
		name  string
		limit *int
		n     int
		want  string
	}{
		{"off", nil, 100, ""},
		{"as many as allowed", &two, 2, ""},
		{"more than allowed", &two, 3, "3 changes fit no rule, more than --max-outliers 2; the first: line 2, m-1"},
		{"none allowed, one met", &none, 1, "1 change fits no rule, more than --max-outliers 0; the first: line 2, m-1"},
		{"none allowed, none met", &none, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := plan.Limits{MaxOutliers: test.limit}.CheckOutliers(p, make([]int, test.n))
			if e != nil {
				if got := e.Error(); got != test.want || e.Hint() != "if this is intended, raise --max-outliers" {
					t.Errorf("%s (%s), want %q", e, e.Hint(), test.want)
				}
			} else if test.want != "" {
				t.Errorf("allowed, want %q", test.want)
			}
		})
	}
}

// Rows that are known to come to nothing count before the first call, too.
func TestFailuresOfThePlan(t *testing.T) {
	lanes := lane(image("m-1", "a"), image("m-2", "b"), image("m-3", "c"))
	p := plan.New(requests(rename("m-0", "x"), rename("m-1", "y"), rename("m-2", "c"), rename("m-3", "c")), lanes)
	limits := plan.Limits{Failures: plan.FailureLimit{Rows: 1}}
	if met := limits.Check(p, lanes); len(met) != 1 || met[0].Error() != "2 rows cannot be done, more than --max-failures 1" {
		t.Error(met)
	}
	limits.Failures.Rows = 2
	if met := limits.Check(p, lanes); met != nil {
		t.Error(met)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
