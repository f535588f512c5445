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

func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name            string
		limits          plan.Limits
		failed, planned int
		want            string
	}{
		{"off", plan.Limits{}, 10, 10, ""},
		{"as many as allowed", plan.Limits{MaxFailures: 2}, 2, 10, ""},
		{"more than allowed", plan.Limits{MaxFailures: 2}, 3, 10, "3 rows failed, more than --max-failures 2"},
		{"one, and that is all", plan.Limits{MaxFailurePercent: 99}, 1, 1, "1 of 1 row failed, more than --max-failures 99%"},
		{"as many percent as allowed", plan.Limits{MaxFailurePercent: 20}, 2, 10, ""},
		{"more percent than allowed", plan.Limits{MaxFailurePercent: 20}, 3, 10, "3 of 10 rows failed, more than --max-failures 20%"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(test.limits.CheckFailures(test.failed, test.planned))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutliers(t *testing.T) {
	none, two := 0, 2
	for _, test := range []struct {
		name  string
		limit *int
		n     int
		want  string
	}{
		{"off", nil, 100, ""},
		{"as many as allowed", &two, 2, ""},
		{"more than allowed", &two, 3, "3 edits fit no rule, more than --max-outliers 2"},
		{"none allowed, one met", &none, 1, "1 edit fits no rule, more than --max-outliers 0"},
		{"none allowed, none met", &none, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := plan.Limits{MaxOutliers: test.limit}.CheckOutliers(test.n)
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

func TestLimitErrorNamesItsFlag(t *testing.T) {
	e := plan.Limits{MaxFailures: 2}.CheckFailures(3, 10).(*plan.LimitError)
	if e.Flag != "--max-failures" || e.Hint() != "if this is intended, raise --max-failures" {
		t.Errorf("%+v", e)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
