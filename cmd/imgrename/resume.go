package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
	"imgrename/report/page"
)

type resume struct {
	*common
	abandon  bool
	deadline time.Duration
	failures plan.FailureLimit
}

func newResume(c *common) *cobra.Command {
	r := &resume{common: c}
	cmd := &cobra.Command{
		Use: "resume [RUN]",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exactlyOne("run")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	cmd.Flags().BoolVar(&r.abandon, "abandon", false, "close the run: finish what is open, start nothing else")
	bindDeadline(cmd, &r.deadline)
	bindMaxFailures(cmd.Flags(), &r.failures)
	c.bindOnFinish(cmd.Flags())
	c.metrics.bind(cmd.Flags())
	return cmd
}

func (r *resume) run(ctx context.Context, args []string) error {
	r.arm("")
	ctx, cancel := withDeadline(ctx, r.deadline)
	defer cancel()
	if r.abandon && r.given.typed("max-failures") {
		return &usageError{errors.New("--abandon starts nothing that could fail: --max-failures cannot be used with it")}
	}
	if r.simulate != "" {
		return &usageError{errors.New("a rehearsal leaves nothing to resume: --simulate cannot be used here")}
	}
	state, err := runs.Find(r.stateFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return r.noRun(args)
	}
	if err != nil {
		return unfit(err)
	}
	defer state.Close()
	state.Command = r.command
	info, err := which(state, args)
	switch {
	case err != nil:
		return err
	case info.ID == "":
		return r.noRun(args)
	}
	r.source = info.Head.Source
	if err := r.metrics.start(info.Head.Source); err != nil {
		return err
	}
	switch {
	case info.Problem != nil:
		return info.Problem
	case info.Unfinished():
		return r.unfinished(ctx, state, info)
	}
	s := summaryOf(nil)
	s.Run, s.Rows, s.Counts = info.ID, info.Head.Rows, info.End.Counts
	r.arm(info.ID)
	r.keep(s, report.Report{})
	if info.End.Counts[plan.Stranded.String()] > 0 {
		return r.leftParked(state, s)
	}
	how := "finished"
	if info.End.Why == lifecycle.ClosedWhy {
		if undone := r.dropped(info.ID, info.Head.Source, info.End.Counts); undone != nil {
			return undone
		}
		how = "closed"
	}
	r.finishWith(r.out, s, "run "+info.ID+" is "+how+": nothing to resume")
	return nil
}

// leftParked says which images a run that was closed has left under temporary names,
// and how they get out of them.
func (r *resume) leftParked(state *runs.Folder, s summary) error {
	e, err := lifecycle.Rebuild(state, s.Run)
	if err != nil {
		return err
	}
	e.Closed = true
	outcome := outcomeOf(history.Uncertain)
	if s = s.with(outcome); s.Hint == "" {
		s.Hint = wayOut(e)
	}
	r.keep(s, reportOf(e))
	r.finishWith(r.out, s, "run "+s.Run+" is closed: nothing to resume")
	r.tellWayOut(e)
	return outcome
}

// noRun ends the command without a run: there is none, or not the one named.
func (r *resume) noRun(args []string) error {
	if len(args) > 0 {
		return &runs.NotFoundError{ID: args[0]}
	}
	r.finishWith(r.out, summaryOf(nil), "nothing to resume")
	return nil
}

// which returns the run to resume: the one named, or the only unfinished one.
// Its ID is "" if there is none.
func which(state *runs.Folder, args []string) (runs.Info, error) {
	if len(args) == 1 {
		return readRun(state, args[0])
	}
	left, err := state.Unfinished()
	if err != nil || len(left) == 0 {
		return runs.Info{}, err
	}
	if len(left) > 1 {
		var ids []string
		for _, info := range left {
			ids = append(ids, info.ID)
		}
		return runs.Info{}, &usageError{hinted{fmt.Errorf("%d runs are unfinished: %s", len(left), strings.Join(ids, ", ")), "name one of them"}}
	}
	return left[0], nil
}

// unfinished resumes or closes an unfinished run.
func (r *resume) unfinished(ctx context.Context, state *runs.Folder, info runs.Info) error {
	if err := r.wholeRun(info); err != nil {
		return err
	}
	r.arm(info.ID)
	r.about = page.Info{Tool: info.Head.Tool, Made: info.Started, Source: info.Head.Source}
	life := r.life(ctx)
	life.State = state
	life.Guards.Limits.Failures = r.failures
	do := life.Resume
	if r.abandon {
		do = life.Abandon
	}
	e, err := do(ctx, info)
	if err != nil || e == nil {
		return unfit(err)
	}
	return r.conclude(e, "")
}
