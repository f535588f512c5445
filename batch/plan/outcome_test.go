package plan_test

import (
	"testing"

	"imgrename/batch/plan"
)

func TestOnlyAppliedAndUnchangedRowsSucceeded(t *testing.T) {
	if plan.Undecided.Succeeded() {
		t.Error("an undecided row has succeeded")
	}
	for _, o := range plan.Outcomes() {
		if want := o == plan.Applied || o == plan.Unchanged; o.Succeeded() != want {
			t.Errorf("%s: Succeeded = %v", o, o.Succeeded())
		}
	}
}
