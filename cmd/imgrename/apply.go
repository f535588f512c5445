package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
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
	agreed   [sha256.Size]byte // the sumOfChanges that a person confirmed
	told     []string          // the warnings and risks that were told, by text
}

func newApply(c *common) *cobra.Command {
	a := &apply{planning: planning{reading: reading{common: c}}}
	dryRun := false
	cmd := &cobra.Command{
		Use:  "apply MANIFEST | PLAN",
		Args: exactlyOne("manifest or saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if dryRun {
				return (&dry{planning: a.planning}).run(cmd.Context(), args[0])
			}
			return a.run(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&dryRun, dryRunFlag, false, "only plan, as the plan command does")
	a.bind(cmd)
	bindDeadline(cmd, &a.deadline)
	c.bindOnFinish(cmd.Flags())
	c.metrics.bind(cmd.Flags())
	return cmd
}

func (a *apply) run(ctx context.Context, path string) error {
	a.source = path
	if err := a.metrics.start(path); err != nil {
		return err
	}
	a.arm("")
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
		if a.json {
			a.tellNotices(refused.Plan)
		}
		return a.concludeRefused(refused)
	}
	if err != nil {
		return err
	}
	return a.conclude(e, again)
}

// start applies a draft, on the simulator in a rehearsal.
func (a *apply) start(ctx context.Context, life *lifecycle.Life, d *lifecycle.Draft) (*lifecycle.Ending, error) {
	if a.simulate != "" {
		return life.Rehearse(ctx, d)
	}
	state, err := runs.Open(a.stateFolder())
	if err != nil {
		return nil, unfit(err)
	}
	defer state.Close()
	state.Command = a.command
	life.State = state
	e, err := life.Apply(ctx, d)
	return e, unfit(err)
}

// A deadlineError is the cause of a context that --deadline ended.
type deadlineError time.Duration

func (e deadlineError) Error() string {
	return "stopped by --deadline " + time.Duration(e).String()
}

func bindDeadline(cmd *cobra.Command, d *time.Duration) {
	cmd.Flags().DurationVar(d, "deadline", 0, "start no new change after this long, then stop cleanly (0: no limit)")
}

func withDeadline(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeoutCause(ctx, d, deadlineError(d))
	}
	return context.WithCancel(ctx)
}

// consent returns nil if the run may start: nothing would be done, --yes is
// given, or a person confirms it. A person who has confirmed the very same
// changes is not asked again.
func (a *apply) consent(ctx context.Context, d *lifecycle.Draft, open []runs.Info) error {
	p := d.Plan
	changes := p.Totals()[plan.Planned]
	asks := !a.yes && (changes > 0 || len(open) > 0)
	if a.json || !asks || !a.interactive { // else they are shown with the changes
		a.tellNotices(p)
	}
	if !asks {
		return nil
	}
	if !a.interactive {
		a.tellOpen(open)
		what := plan.Count(changes, "change")
		if changes == 0 {
			what = "closing " + plan.Count(len(open), "unfinished run")
		}
		return &refusedError{what + " must be confirmed, and this is not a terminal", "use --yes"}
	}
	shown := sumOfChanges(d)
	if shown == a.agreed {
		return nil
	}
	a.tellSources(a.err)
	_ = a.showPlan(a.err, p, d.Review, a.lists(changes)) // a sink never fails
	s := summaryOf(history.DryRun(p))
	s.Rehearsed = a.simulate
	fmt.Fprintln(a.err, s)
	a.tellOpen(open)
	fmt.Fprint(a.err, question(p, a.simulate != "", len(open)))
	answer, err := ask(ctx, a.in)
	if errors.Is(err, io.EOF) {
		err = errors.New("standard input has ended")
	}
	if err != nil {
		fmt.Fprintln(a.err) // ends the line of the prompt
		return &refusedError{fmt.Sprintf("not confirmed: %v", err), ""}
	}
	if strings.TrimSpace(answer) != "yes" {
		return &refusedError{"cancelled; nothing was done", ""}
	}
	a.agreed = shown
	return nil
}

// tellNotices says what a person should know of a plan: its warnings, and the risks
// that were accepted. A plan that is made again says only what is new.
func (a *apply) tellNotices(p *plan.Plan) {
	var news []plan.Notice
	for _, n := range slices.Concat(p.Warnings, p.Risks) {
		if text := p.Lanes[n.Lane].String() + ": " + n.Text; !slices.Contains(a.told, text) {
			news, a.told = append(news, n), append(a.told, text)
		}
	}
	if a.json {
		a.noticeEvents(p, news)
	} else if !a.quiet {
		_ = a.view(a.err, p, nil, false).WriteNotices(a.err, news) // a sink never fails
	}
}

// tellOpen says which runs of other jobs will be closed.
func (a *apply) tellOpen(open []runs.Info) {
	for _, info := range open {
		text := fmt.Sprintf("run %s (%s) is unfinished and will be closed first; its remaining rows will not be done", info.ID, info.Head.Source)
		fmt.Fprintln(a.err, report.Printable(text))
	}
}

// fewChanges is how many changes a person reads one by one before saying yes.
const fewChanges = 20

// lists reports whether the question is preceded by the rows of the plan.
func (a *apply) lists(changes int) bool {
	return a.rows == "all" || a.rows == "auto" && changes <= fewChanges
}

// sumOfChanges returns the checksum of what a person may be shown of a plan.
func sumOfChanges(d *lifecycle.Draft) (sum [sha256.Size]byte) {
	v := report.View{Plan: d.Plan, Review: d.Review}
	hash := sha256.New()
	_ = v.WriteChanges(hash) // a hash never fails
	_ = v.WriteReview(hash)
	hash.Sum(sum[:0])
	return sum
}

// ask reads a line, but returns when ctx ends. The goroutine that reads is left
// behind then: the process is about to end.
func ask(ctx context.Context, r io.Reader) (string, error) {
	var line string
	var err error
	read := make(chan struct{})
	go func() {
		defer close(read)
		if line, err = bufio.NewReader(r).ReadString('\n'); line != "" {
			err = nil
		}
	}()
	select {
	case <-read:
		return line, err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
