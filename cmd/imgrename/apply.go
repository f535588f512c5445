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
	agreed   [sha256.Size]byte // the sumOfChanges that a person agreed to
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
	ctx, cancel := a.withDeadline(ctx)
	defer cancel()
	p, err := a.reach(ctx, path)
	if err != nil {
		return err
	}
	defer p.close()
	if a.simulate != "" {
		return a.rehearse(ctx, p, path)
	}
	state, err := runs.Open(a.stateFolder())
	if err != nil {
		return err
	}
	defer state.Close()
	locks, left, err := a.lock(ctx, state, laneNames(p.lanes))
	if err != nil {
		return err
	}
	defer func() { _ = locks.Release() }() // the kernel does it if this fails
	if err := a.settleRecent(ctx, state, laneNames(p.lanes)); err != nil {
		return err
	}
	if err := p.load(ctx); err != nil {
		return err
	}
	if id, err := sameJob(state, left, p.plan); err != nil || id != "" {
		if err != nil {
			return err
		}
		a.say("run %s of the same job was not finished: resuming it\n", id)
		p.drop()
		return a.resume(ctx, state, locks, id, toFinish)
	}
	if len(left) > 0 {
		err = a.makeWay(ctx, state, locks, p, path, left)
	} else {
		err = a.mayStart(ctx, state, p, nil)
	}
	if err != nil {
		return err
	}
	return a.apply(ctx, state, locks, p, path)
}

// apply does a plan that may start: the lanes are locked, and nothing is left
// open that it could meet.
func (a *application) apply(ctx context.Context, state *runs.Folder, locks *runs.Locks, p *prepared, path string) error {
	if p.plan.Totals()[plan.Planned] == 0 { // nothing to do: no run
		if p.saved != nil {
			if err := state.UsePlan(p.saved.Sum, "", time.Now()); err != nil {
				return err
			}
		}
		w := &work{plan: p.plan, extra: p.extra, again: a.applyCommand(path, p.saved != nil)}
		return a.finish(state, w, report.DryRun(p.plan, p.extra), nil)
	}
	w, err := a.begin(state, p, path)
	if err != nil {
		return fmt.Errorf("%w; no row was tried", err) // a run of another job may have been closed
	}
	locks.Note(w.run.ID())
	a.underWay(w.run.ID())
	r, stopped := a.execute(ctx, w)
	return a.finish(state, w, r, stopped)
}

// rehearse does a plan on the simulator and leaves nothing behind.
func (a *application) rehearse(ctx context.Context, p *prepared, path string) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	if err := a.mayStart(ctx, nil, p, nil); err != nil {
		return err
	}
	w := &work{plan: p.plan, lanes: p.lanesOfPlan(), seen: p.seen, extra: p.extra, again: a.applyCommand(path, p.saved != nil)}
	r, stopped := a.execute(ctx, w)
	return a.finish(nil, w, r, stopped)
}

// A deadlineError is the cause of a run that --deadline ended.
type deadlineError time.Duration

func (e deadlineError) Error() string {
	return "stopped by --deadline " + time.Duration(e).String()
}

func (a *application) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.deadline > 0 {
		return context.WithTimeoutCause(ctx, a.deadline, deadlineError(a.deadline))
	}
	return context.WithCancel(ctx)
}

// mayStart asks everything that can keep a run from starting, and reports on a
// plan that is refused; open are the runs of other jobs that are to be closed for
// it. state is nil in a rehearsal.
func (a *application) mayStart(ctx context.Context, state *runs.Folder, p *prepared, open []runs.Info) error {
	err := a.refusal(ctx, state, p, open)
	if is[*strictError](err) || is[*refusedError](err) {
		return a.reportRefused(p, err)
	}
	return err
}

// refusal is what keeps a run from starting, nil if nothing does.
func (a *application) refusal(ctx context.Context, state *runs.Folder, p *prepared, open []runs.Info) error {
	if len(open) == 0 || !ringOpen(p.inventories) {
		if err := a.checkStrict(p.plan); err != nil {
			return err
		}
	}
	if err := a.checkGuards(p.plan, p.inventories); err != nil {
		return err
	}
	if p.saved != nil && state != nil {
		if err := state.PlanUsed(p.saved.Sum); err != nil {
			return err
		}
	}
	return a.consent(ctx, p.plan, open)
}

// consent lets the run start: there is nothing to do, it was given with the
// command, or a person gives it now. Who has agreed to the very same changes is
// not asked again.
func (a *application) consent(ctx context.Context, p *plan.Plan, open []runs.Info) error {
	changes := p.Totals()[plan.Planned]
	if a.yes || changes == 0 && len(open) == 0 {
		return nil
	}
	if !a.interactive {
		a.tellOpen(open)
		what := plural(changes, "change") + " to be made"
		if changes == 0 {
			what = plural(len(open), "run") + " of other jobs to be closed"
		}
		return &refusedError{what + ", and nobody here to consent", "run it with --yes, or look at it first with plan"}
	}
	shown := sumOfChanges(p)
	if shown == a.agreed {
		return nil
	}
	_ = report.Changes(a.err, p) // a sink never fails
	a.lastLine(a.err, report.DryRun(p, nil).Results, ending{rehearsed: a.simulate})
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
func (a *application) tellOpen(open []runs.Info) {
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
