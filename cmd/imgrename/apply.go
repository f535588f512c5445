package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

type apply struct {
	planning
	deadline time.Duration
	agreed   [sha256.Size]byte // the sumOfChanges that a person agreed to
}

func newApply(c *common) *cobra.Command {
	a := &apply{planning: planning{reading: reading{common: c}}}
	dryRun := false
	cmd := &cobra.Command{
		Use:  "apply MANIFEST | PLAN",
		Args: exactlyOne("a manifest or a saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if dryRun {
				return (&dry{planning: a.planning}).run(cmd.Context(), args[0])
			}
			return a.run(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "plan only, as the plan command does")
	a.bind(cmd)
	bindDeadline(cmd, &a.deadline)
	return cmd
}

func (a *apply) run(ctx context.Context, path string) error {
	ctx, cancel := withDeadline(ctx, a.deadline)
	defer cancel()
	life, d, err := a.reach(ctx, path, "")
	if err != nil {
		return err
	}
	defer d.Close()
	life.Consent = a.consent
	again := a.applyCommand(path, d.Saved != nil)
	e, err := a.start(ctx, life, d)
	if refused, ok := errors.AsType[*lifecycle.RefusedError](err); ok {
		return a.concludeRefused(refused)
	}
	if err != nil {
		return err
	}
	return a.conclude(e, again)
}

// start does a draft, on the simulator if it is rehearsed.
func (a *apply) start(ctx context.Context, life *lifecycle.Life, d *lifecycle.Draft) (*lifecycle.Ending, error) {
	if a.simulate != "" {
		return life.Rehearse(ctx, d)
	}
	state, err := runs.Open(a.stateFolder())
	if err != nil {
		return nil, err
	}
	defer state.Close()
	life.State = state
	return life.Apply(ctx, d)
}

// A deadlineError is the cause of a run that --deadline ended.
type deadlineError time.Duration

func (e deadlineError) Error() string {
	return "stopped by --deadline " + time.Duration(e).String()
}

func bindDeadline(cmd *cobra.Command, d *time.Duration) {
	cmd.Flags().DurationVar(d, "deadline", 0, "begin nothing new after this time, and end in good order (0: none)")
}

func withDeadline(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeoutCause(ctx, d, deadlineError(d))
	}
	return context.WithCancel(ctx)
}

// consent lets the run start: there is nothing to do, it was given with the
// command, or a person gives it now. Who has agreed to the very same changes is
// not asked again.
func (a *apply) consent(ctx context.Context, p *plan.Plan, open []runs.Info) error {
	changes := p.Totals()[plan.Planned]
	if a.yes || changes == 0 && len(open) == 0 {
		return nil
	}
	if !a.interactive {
		a.tellOpen(open)
		what := plan.Count(changes, "change") + " to be made"
		if changes == 0 {
			what = plan.Count(len(open), "run") + " of other jobs to be closed"
		}
		return &refusedError{what + ", and nobody here to consent", "run it with --yes, or look at it first with plan"}
	}
	shown := sumOfChanges(p)
	if shown == a.agreed {
		return nil
	}
	_ = report.Changes(a.err, p) // a sink never fails
	s := summaryOf(history.DryRun(p))
	s.Rehearsed = a.simulate
	fmt.Fprintln(a.err, s)
	a.tellOpen(open)
	fmt.Fprint(a.err, "Apply? Only yes goes on: ")
	answer, err := ask(ctx, a.in)
	if errors.Is(err, io.EOF) {
		err = errors.New("standard input has ended")
	}
	if err != nil {
		fmt.Fprintln(a.err) // the prompt's line has no end yet
		return &refusedError{fmt.Sprintf("no consent: %v", err), ""}
	}
	if strings.TrimSpace(answer) != "yes" {
		return &refusedError{"no consent; nothing was done", ""}
	}
	a.agreed = shown
	return nil
}

// tellOpen says which runs of other jobs consent is about too.
func (a *apply) tellOpen(open []runs.Info) {
	for _, info := range open {
		fmt.Fprintf(a.err, "run %s of another job is not finished: it would be settled and closed first\n", info.ID)
	}
}

// sumOfChanges is that of what a person is shown of a plan.
func sumOfChanges(p *plan.Plan) (sum [sha256.Size]byte) {
	hash := sha256.New()
	_ = report.Changes(hash, p) // a hash never fails
	hash.Sum(sum[:0])
	return sum
}

// ask reads a line, but no longer than ctx lasts. The reader is left to itself
// then: the process is about to end.
func ask(ctx context.Context, r io.Reader) (string, error) {
	type reply struct {
		line string
		err  error
	}
	got := make(chan reply, 1)
	go func() {
		line, err := bufio.NewReader(r).ReadString('\n')
		if line != "" {
			err = nil
		}
		got <- reply{line, err}
	}()
	select {
	case a := <-got:
		return a.line, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
