package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/lifecycle"
	"imgrename/batch/runs"
)

type resume struct {
	*common
	abandon  bool
	deadline time.Duration
}

func newResume(c *common) *cobra.Command {
	r := &resume{common: c}
	cmd := &cobra.Command{
		Use: "resume [RUN]",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exactlyOne("a run")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	cmd.Flags().BoolVar(&r.abandon, "abandon", false, "close the run: finish what is open, begin nothing else")
	bindDeadline(cmd, &r.deadline)
	return cmd
}

func (r *resume) run(ctx context.Context, args []string) error {
	ctx, cancel := withDeadline(ctx, r.deadline)
	defer cancel()
	if r.simulate != "" {
		return &usageError{errors.New("a rehearsal leaves nothing to resume: --simulate has no place here")}
	}
	state, err := runs.Find(r.stateFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return r.noRun(args)
	}
	if err != nil {
		return err
	}
	defer state.Close()
	id, err := which(state, args)
	if err != nil {
		return err
	}
	if id == "" {
		return r.noRun(args)
	}
	info, err := runInfo(state, id)
	switch {
	case err != nil:
		return err
	case info.Problem != nil:
		return info.Problem
	case info.Unfinished():
		return r.unfinished(ctx, state, info)
	}
	r.tellFinished(info)
	return nil
}

// unfinished finishes or closes a run that is not at its end.
func (r *resume) unfinished(ctx context.Context, state *runs.Folder, info runs.Info) error {
	if err := r.wholeRun(info); err != nil {
		return err
	}
	life := r.life(ctx)
	life.State = state
	do := life.Resume
	if r.abandon {
		do = life.Abandon
	}
	e, err := do(ctx, info)
	if err != nil || e == nil {
		return err
	}
	return r.conclude(e, "")
}

// noRun says that there is nothing to resume, or not the run that was named.
func (r *resume) noRun(args []string) error {
	if len(args) > 0 {
		return &runs.NotFoundError{ID: args[0]}
	}
	if !r.quiet && !r.json {
		fmt.Fprintln(r.out, "nothing to resume")
	}
	return nil
}

// which is the run to resume: the one named, or the only one unfinished; "" if
// there is none.
func which(state *runs.Folder, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	left, err := state.Unfinished()
	if err != nil || len(left) == 0 {
		return "", err
	}
	if len(left) > 1 {
		var ids []string
		for _, info := range left {
			ids = append(ids, info.ID)
		}
		return "", &usageError{hinted{fmt.Errorf("%d runs are unfinished: %s", len(left), strings.Join(ids, ", ")), "name one of them"}}
	}
	return left[0].ID, nil
}

// tellFinished says that nothing is left to do of a run.
func (r *resume) tellFinished(info runs.Info) {
	switch {
	case r.json:
		end := summarise(nil, ending{}, codeOK)
		end.Run, end.Rows, end.Counts = info.ID, info.Head.Rows, info.End.Counts
		r.event(end)
	case !r.quiet:
		fmt.Fprintf(r.out, "run %s is finished, nothing is left to resume\n", info.ID)
	}
}

// life is what a job needs of the world; its guards and consent are for who
// starts one.
func (c *common) life(ctx context.Context) *lifecycle.Life {
	return &lifecycle.Life{
		Connect: c.connectRows, Reports: reports{c}, Tell: c.teller(ctx), Code: codeOf,
		Workers: c.workers, Settle: c.settle, LockTimeout: c.lockTimeout, Grace: grace, Tool: version,
	}
}
