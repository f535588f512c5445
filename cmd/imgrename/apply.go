package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// grace is how long a run that was told to stop may take to close what is open.
const grace = 10 * time.Second

type application struct {
	planning
	dryRun   bool
	deadline time.Duration
}

func newApply(c *common) *cobra.Command {
	a := &application{planning: planning{common: c}}
	cmd := &cobra.Command{
		Use:   "apply MANIFEST | PLAN",
		Short: "Plan a manifest, do it, and report every row",
		Long: `Plan a manifest, do it, and report every row.

A saved plan is applied as it was approved: images that have changed since are
left alone, and a plan is used once.

On a terminal the plan's totals are shown and consent is asked; elsewhere --yes
is needed. An interrupt ends the run in good order, with the report written; a
second one ends it at once.`,
		Args: exactlyOne("a manifest or a saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.dryRun {
				return a.planning.run(cmd.Context(), args[0])
			}
			return a.run(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&a.dryRun, "dry-run", false, "plan only, as the plan command does")
	a.bind(cmd)
	cmd.Flags().DurationVar(&a.deadline, "deadline", 0, "begin nothing new after this time, and end in good order (0: none)")
	return cmd
}

func (a *application) run(ctx context.Context, path string) error {
	if a.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.deadline, deadlineError(a.deadline))
		defer cancel()
	}
	p, err := a.prepare(ctx, path)
	if err != nil {
		return err
	}
	defer p.close()
	if err := a.mayStart(ctx, p); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	progress := a.startProgress(p.plan)
	budget := &budget{limits: a.limits, planned: p.plan.Totals()[plan.Planned], stop: stop}
	job := batch.Job{
		Plan: p.plan, Lanes: p.lanesOfPlan(), Workers: a.workers, Seen: p.seen, Grace: grace,
		Observe: func(e batch.Event, r batch.Result) {
			budget.note(e, r)
			a.observe(p, progress, e, r)
		},
	}
	results, stopped := job.Run(ctx)
	progress.stop()
	return a.finish(report.Report{Plan: p.plan, Results: results, Extra: p.extra}, stopped, path)
}

func (a *application) observe(p *prepared, progress *progress, e batch.Event, r batch.Result) {
	progress.note(e, r)
	if a.json && e.Kind == batch.Decided {
		a.event(rowEvent{"row", report.RowLine(p.plan.Rows[e.Row], r, p.extra)})
	}
}

// finish writes the reports and says how the run ended.
func (a *application) finish(r report.Report, stopped error, path string) error {
	var e ending
	if stopped != nil {
		e.why = stopped.Error()
	}
	var outcome error
	if code := worst(r.Results); code != codeOK {
		outcome = &outcomeError{r.Results}
		if code != codeIncomplete {
			e.next = a.applyCommand(path)
		}
	}
	unwritten := a.writeReports(r)
	outcome = a.tellRun(r, e, outcome)
	if outcome == nil {
		return unwritten
	}
	complain(a.streams, unwritten)
	return outcome
}

// writeReports writes the copies of the report that were asked for.
func (c *common) writeReports(r report.Report) error {
	var failures []error
	for _, file := range c.reports {
		if err := r.WriteFile(file); err != nil {
			failures = append(failures, fmt.Errorf("the report could not be written: %s: %w", file, err))
		}
	}
	return errors.Join(failures...)
}

// A deadlineError is the cause of a run that --deadline ended.
type deadlineError time.Duration

func (e deadlineError) Error() string {
	return "stopped by --deadline " + time.Duration(e).String()
}

// mayStart asks everything that can keep a run from starting. From here on a
// saved plan is used.
func (a *application) mayStart(ctx context.Context, p *prepared) error {
	if err := a.checkPlan(p.plan, p.inventories); err != nil {
		return err
	}
	if err := a.consent(ctx, p.plan); err != nil {
		return err
	}
	if p.saved == nil || a.simulate != "" {
		return nil // a rehearsal leaves nothing behind
	}
	state, err := runs.Open(a.stateFolder())
	if err != nil {
		return err
	}
	return errors.Join(state.UsePlan(p.saved.Sum, time.Now()), state.Close())
}

// consent lets the run start: there is nothing to do, it was given with the
// command, or a person gives it now.
func (a *application) consent(ctx context.Context, p *plan.Plan) error {
	changes := p.Totals()[plan.Planned]
	if a.yes || changes == 0 {
		return nil
	}
	if !a.interactive {
		return &refusedError{
			fmt.Sprintf("%s to be made, and nobody here to consent", plural(changes, "change")),
			"run it with --yes, or look at it first with plan",
		}
	}
	_ = report.Changes(a.err, p) // a sink never fails
	a.lastLine(a.err, report.DryRun(p, nil).Results, ending{})
	fmt.Fprint(a.err, "Apply? Only yes goes on: ")
	answer, err := ask(ctx, a.in)
	if err != nil {
		return &refusedError{fmt.Sprintf("no consent: %v", err), ""}
	}
	if strings.TrimSpace(answer) != "yes" {
		return &refusedError{"no consent; nothing was done", ""}
	}
	return nil
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
