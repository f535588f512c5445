package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
)

// planning is what plan and apply have in common.
type planning struct {
	reading
	guards
}

func (p *planning) bind(cmd *cobra.Command) {
	p.guards.bind(cmd.Flags())
	p.bindReading(cmd.Flags())
}

// A dry is a dry run: the plan command, and apply --dry-run.
type dry struct {
	planning
	detailed bool
	output   string
	since    string
	earlier  *prior // the plan of since
	offline  bool
	verify   bool
	stored   *plan.Saved // what is shown offline
}

func newPlan(c *common) *cobra.Command {
	d := &dry{planning: planning{reading: reading{common: c}}}
	cmd := &cobra.Command{
		Use:  "plan MANIFEST",
		Args: exactlyOne("manifest"),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args[0]) },
	}
	d.bind(cmd)
	cmd.Flags().BoolVar(&d.detailed, "detailed-exitcode", false, "exit with 30 if there are changes")
	cmd.Flags().StringVar(&d.since, "since", "", "say what differs from this saved `plan`, row by row; with --detailed-exitcode, 30 if anything does")
	cmd.Flags().BoolVar(&d.verify, "verify", false, "ask the service about each change, which takes as long as the changes: are the rights there, and the values valid?")
	cmd.Flags().BoolVar(&d.offline, "offline", false, "show a saved plan as it was made, without network or credentials")
	cmd.Flags().StringVarP(&d.output, "output", "o", "", "save the plan to this `file`; - is standard output, and the changes go to standard error")
	return cmd
}

func (d *dry) run(ctx context.Context, path string) error {
	d.hasty = true
	if d.json && d.output == standardOutput {
		return &usageError{errors.New("--json and -o - both write to standard output")}
	}
	var err error
	if d.earlier, err = d.readEarlier(); err != nil {
		return err
	}
	if d.offline {
		return d.runOffline(path)
	}
	life, draft, err := d.reach(ctx, path, d.output)
	if err != nil {
		return err
	}
	defer draft.Close()
	err = life.List(ctx, draft)
	if err == nil && d.verify {
		err = life.Verify(ctx, draft)
	}
	if err != nil {
		return err
	}
	return d.judge(life, draft, path)
}

// judge says what a plan would do, whether apply would start it, and what to type
// next; it saves the plan.
func (d *dry) judge(life *lifecycle.Life, draft *lifecycle.Draft, path string) (err error) {
	outcome := life.Guards.Check(draft)
	refused := outcome != nil
	if refused && !is[*lifecycle.StrictError](outcome) {
		d.tellRefusal(outcome)
		outcome = nil
	}
	d.earlier.compare(draft.Plan)
	t := d.toldOfPlan(draft.Plan, draft.Review, draft.Extra, d.about)
	s := summaryOf(t.Results)
	d.tellImpossible(draft.Plan.Totals())
	s.estimate(draft.Plan, d.rate)
	s.review(draft.Plan, draft.Review)
	s.Rehearsed = d.simulate
	if d.output != "" && outcome == nil {
		if s.Plan, err = d.save(draft, path); err != nil {
			return errors.Join(err, d.writeReports(t))
		}
		t.info.Sum, t.info.Apply = s.Plan, exactly(d.applyCommand(d.output, true), s.Plan)
	}
	if err := d.writeReports(t); err != nil {
		return err
	}
	if !refused {
		s.Next = d.nextOf(draft, path)
	}
	if outcome == nil {
		outcome = d.differing(draft.Plan)
	}
	s.Exit = exitCode(outcome)
	return d.tell(t, s, outcome)
}

// nextOf returns the command that applies the plan, "" if it changes nothing.
func (d *dry) nextOf(draft *lifecycle.Draft, path string) string {
	switch {
	case draft.Plan.Totals()[plan.Planned] == 0:
		return ""
	case d.output != "":
		return d.applyCommand(d.output, true)
	}
	return d.applyCommand(path, draft.Saved != nil)
}

// differing returns the outcome of a plan that has what --detailed-exitcode asks for:
// changes, or with --since differences.
func (d *dry) differing(p *plan.Plan) error {
	found := p.Totals()[plan.Planned] > 0
	if d.earlier != nil {
		found = len(d.earlier.differs) > 0
	}
	if d.detailed && found {
		return &changesError{}
	}
	return nil
}

// estimate says how long the plan's calls take at so many a second in each lane,
// those of the slowest one. A rehearsal speaks of the real run.
func (s *summary) estimate(p *plan.Plan, rate float64) {
	if rate == unpaced {
		_ = perSecond(&rate)(defaultRate)
	}
	calls := make([]int, len(p.Lanes)+1)
	for _, chain := range p.Chains {
		calls[chain.Lane] += len(chain.Steps)
	}
	s.Seconds = int(float64(slices.Max(calls)) / rate)
	if took := time.Duration(s.Seconds) * time.Second; took >= time.Minute {
		s.Takes = fmt.Sprintf("about %s at %g calls/s", strings.TrimSuffix(took.Round(time.Minute).String(), "0s"), rate)
	}
}

// tellImpossible says how many rows cannot be done, where --quiet would hide it.
func (d *dry) tellImpossible(totals plan.Totals) {
	totals[plan.Planned], totals[plan.Unchanged] = 0, 0
	if counts := totals.Counts(); d.quiet && len(counts) > 0 {
		fmt.Fprintf(d.err, "rows that cannot be done: %s\n", countsOf(counts))
	}
}

// tell writes what would change, the totals last: to standard error if standard
// output gets the plan file.
func (d *dry) tell(t *told, s summary, outcome error) error {
	if d.json {
		d.planEvents(t.Report)
		d.reviewEvents(t.Plan, t.review)
		d.sinceEvents(t.Plan)
	}
	w := d.out
	if d.output == standardOutput {
		w = d.err
	}
	changes := func(io.Writer) error {
		d.tellSources(w)
		if err := d.showPlan(w, t.Plan, t.review, d.rows != "none"); err != nil {
			return err
		}
		d.tellOffline(w)
		return d.tellSince(w, t.Plan)
	}
	if err := d.finish(w, s, changes, outcome); err != nil {
		return err
	}
	return outcome
}

// tellRefusal says why apply would not start.
func (d *dry) tellRefusal(err error) {
	if d.json {
		d.event(refusalEvent{"refusal", err.Error(), hintOf(err)})
	}
	if !d.quiet {
		fmt.Fprint(d.err, factAndHint("apply would refuse this: "+err.Error(), hintOf(err)))
	}
}

// save writes the plan file and returns its checksum.
func (d *dry) save(draft *lifecycle.Draft, path string) (sum string, err error) {
	info, err := lifecycle.FileInfo(version, path, draft.Extra, draft.Review)
	if err == nil {
		err = d.writeResult(d.output, func(w io.Writer) (err error) {
			sum, err = plan.Encode(w, draft.Plan, info)
			return err
		})
	}
	if err != nil {
		return "", fmt.Errorf("the plan could not be saved: %w", err)
	}
	return sum, nil
}

// reach checks the flags, reads a manifest or a saved plan and finds the lanes
// of its rows. output is the file that will be written. The caller closes the
// draft.
func (p *planning) reach(ctx context.Context, path, output string) (*lifecycle.Life, *lifecycle.Draft, error) {
	if err := errors.Join(p.keepApart(output, theManifest(path), p.globs()), p.guards.check()); err != nil {
		return nil, nil, err
	}
	if p.simulate == "" {
		readMemory()
	}
	src, err := p.readSource(path)
	if err == nil {
		err = p.checkSource(src)
	}
	if err != nil {
		return nil, nil, err
	}
	p.about = p.aboutSource(&src)
	life := p.life(ctx)
	life.Guards = p.Guards
	draft, err := life.Draft(ctx, src)
	return life, draft, err
}
