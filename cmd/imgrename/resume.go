package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"imgrename/batch/runs"
)

// A purpose is what an unfinished run is taken up for.
type purpose uint8

const (
	toFinish  purpose = iota // to do what is left of it
	toAbandon                // to close it: what is open is finished, nothing else begun
	toMakeWay                // the same, for the sake of another job
)

func newResume(c *common) *cobra.Command {
	a := &application{planning: planning{common: c}}
	abandon := false
	cmd := &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Settle and finish a run that was interrupted",
		Long: `Settle and finish a run that was interrupted, however it was.

Calls whose fate is not known are read back first. Nothing is asked: consent was
given when the run began. Without RUN, the one unfinished run is meant. With
--abandon the run is closed instead: rings of names that are open are finished,
and nothing else is begun.`,
		Args: atMostOne("a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if abandon {
				return a.runResume(cmd.Context(), args, toAbandon)
			}
			return a.runResume(cmd.Context(), args, toFinish)
		},
	}
	cmd.Flags().BoolVar(&abandon, "abandon", false, "close the run: finish what is open, begin nothing else")
	cmd.Flags().DurationVar(&a.deadline, "deadline", 0, "begin nothing new after this time, and end in good order (0: none)")
	return cmd
}

func (a *application) runResume(ctx context.Context, args []string, aim purpose) error {
	ctx, cancel := a.withDeadline(ctx)
	defer cancel()
	if a.simulate != "" {
		return &usageError{errors.New("a rehearsal leaves nothing to resume: --simulate has no place here")}
	}
	state, err := runs.Find(a.stateFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return a.noRun(args)
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
		return a.noRun(args)
	}
	info, err := runInfo(state, id)
	switch {
	case err != nil:
		return err
	case info.Problem != nil:
		return info.Problem
	case info.Unfinished():
		return a.resumeUnfinished(ctx, state, info, aim)
	}
	a.tellFinished(info)
	return nil
}

// resumeUnfinished locks the lanes of a run and resumes it, if anything was ever
// sent for it.
func (a *application) resumeUnfinished(ctx context.Context, state *runs.Folder, info runs.Info, aim purpose) error {
	if err := a.wholeRun(info); err != nil {
		return err
	}
	locks, err := a.lockLanes(ctx, state, info.Head.Lanes)
	if err != nil {
		return err
	}
	defer func() { _ = locks.Release() }() // the kernel does it if this fails
	left, err := a.dropUnsealed(state, []runs.Info{info})
	if err != nil || len(left) == 0 {
		return err
	}
	return a.resume(ctx, state, locks, info.ID, aim)
}

// noRun says that there is nothing to resume, or not the run that was named.
func (a *application) noRun(args []string) error {
	if len(args) > 0 {
		return &runs.NotFoundError{ID: args[0]}
	}
	if !a.quiet && !a.json {
		fmt.Fprintln(a.out, "nothing to resume")
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
func (a *application) tellFinished(info runs.Info) {
	switch {
	case a.json:
		end := summarise(nil, ending{}, codeOK)
		end.Run, end.Rows, end.Counts = info.ID, info.Head.Rows, info.End.Counts
		a.event(end)
	case !a.quiet:
		fmt.Fprintf(a.out, "run %s is finished, nothing is left to resume\n", info.ID)
	}
}
