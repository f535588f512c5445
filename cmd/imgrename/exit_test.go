package main

import (
	"errors"
	"fmt"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

func TestExitCode(t *testing.T) {
	outcomes := func(all ...plan.Outcome) error {
		results := make([]history.Result, len(all))
		for i, o := range all {
			results[i].Outcome = o
		}
		return outcomeOf(history.Worst(results))
	}
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"all is well", nil, 0},
		{"applied and unchanged", outcomes(plan.Applied, plan.Unchanged), 0},
		{"no rows", outcomes(), 0},
		{"a refused row", outcomes(plan.Applied, plan.Refused), 20},
		{"a conflict", outcomes(plan.Conflict), 20},
		{"a failed row", outcomes(plan.Failed), 20},
		{"a blocked row", outcomes(plan.Blocked), 20},
		{"pending is worse than failed", outcomes(plan.Failed, plan.Pending), 21},
		{"unknown is worse than pending", outcomes(plan.Pending, plan.Unknown, plan.Failed), 22},
		{"stopped before it was told that all is applied", &outcomeError{history.Unfinished}, 21},
		{"stranded", outcomes(plan.Stranded, plan.Applied), 22},
		{"anything else", errors.New("disk on fire"), 1},
		{"usage, wrapped", fmt.Errorf("more: %w", &usageError{errors.New("what?")}), 2},
		{"a bad manifest", &problemsError{"a.csv", 3}, 10},
		{"no manifest at all", &manifestError{"a.csv", errors.New("no such file")}, 10},
		{"held back under --strict", &lifecycle.StrictError{Rows: 2}, 10},
		{"a lane is held", &runs.HeldError{Lane: "a/b"}, 11},
		{"no credentials", &lifecycle.NoLaneError{Err: &credentials.NotFoundError{}}, 12},
		{"a wrong key", &lifecycle.NoLaneError{Err: &ecs.Error{Code: "InvalidAccessKeyId.NotFound", Status: 404, Sent: true}}, 12},
		{"no such region", &lifecycle.NoLaneError{Err: &ecs.Error{Code: "InvalidRegionId.NotFound", Status: 404, Sent: true}}, 12},
		{"a limit", &lifecycle.GuardError{Limits: []*plan.LimitError{{Flag: "--max-changes"}}}, 13},
		{"a state folder that keeps locks to this host", unfit(&runs.FolderError{Err: &runs.LocalLockError{}}), 13},
		{"a plan used before", &runs.UsedError{}, 13},
		{"nobody answers", &lifecycle.NoLaneError{Err: &ecs.Error{Err: errors.New("connection refused")}}, 14},
		{"a proxy answers", &lifecycle.NoLaneError{Err: &ecs.Error{Status: 502, Sent: true}}, 14},
		{"changes, with --detailed-exitcode", &changesError{}, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exitCode(%v) = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"names.csv":       "names.csv",
		"":                "''",
		"two words.csv":   "'two words.csv'",
		"it's.csv":        `'it'\''s.csv'`,
		"$(rm -rf ~).csv": "'$(rm -rf ~).csv'",
		"镜像/改名.csv":       "镜像/改名.csv",
		"-":               "-",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestRate(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64 // 0 for an error
	}{
		{"15/s", 15},
		{"0.5/s", 0.5},
		{"15", 15},
		{"0/s", 0},
		{"-1/s", 0},
		{"NaN/s", 0},
		{"15/m", 0},
		{"", 0},
	} {
		var rate float64
		err := perSecond(&rate)(tt.text)
		if (err == nil) != (tt.want > 0) || rate != tt.want {
			t.Errorf("%q is %v, %v, want %v", tt.text, rate, err, tt.want)
		}
	}
}
