package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// planning is what plan and apply have in common.
type planning struct {
	reading
	guards
}

func (p *planning) bind(cmd *cobra.Command) {
	p.guards.bind(cmd.Flags())
	p.bindAllowEmpty(cmd.Flags())
}

// A dry is a dry run: the plan command, and apply --dry-run.
type dry struct {
	planning
	detailed bool
	output   string
}

func newPlan(c *common) *cobra.Command {
	d := &dry{planning: planning{reading: reading{common: c}}}
	cmd := &cobra.Command{
		Use:  "plan MANIFEST",
		Args: exactlyOne("a manifest"),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args[0]) },
	}
	d.bind(cmd)
	cmd.Flags().BoolVar(&d.detailed, "detailed-exitcode", false, "exit with 30 if something would be changed")
	cmd.Flags().StringVarP(&d.output, "output", "o", "", "save the plan to this `file`; - is standard output, and the changes go to standard error")
	return cmd
}

func (d *dry) run(ctx context.Context, path string) error {
	if d.json && d.output == standardOutput {
		return &usageError{errors.New("--json and -o - both want standard output")}
	}
	if err := d.keepApart(path, d.output); err != nil {
		return err
	}
	life := d.life(ctx)
	draft, err := d.reach(ctx, life, path)
	if err != nil {
		return err
	}
	defer draft.Close()
	if err := life.List(ctx, draft); err != nil {
		return err
	}
	outcome := life.Guards.Check(draft.Plan, draft.Inventories)
	refused := outcome != nil
	if refused && !is[*lifecycle.StrictError](outcome) {
		d.tellRefusal(outcome)
		outcome = nil
	}
	made := report.DryRun(draft.Plan, draft.Extra)
	if err := d.writeReports(made); err != nil {
		return err
	}
	end := ending{rehearsed: d.simulate}
	if d.output != "" && outcome == nil {
		if end.plan, err = d.save(draft, path); err != nil {
			return err
		}
	}
	changes := draft.Plan.Totals()[plan.Planned] > 0
	if !refused && changes {
		end.next = d.next(path, draft)
	}
	if d.detailed && outcome == nil && changes {
		outcome = &changesError{}
	}
	return d.tellPlan(d.words(), draft.Plan, made, end, outcome)
}

// words is where a person reads what would change: beside the plan file if that
// takes standard output.
func (d *dry) words() io.Writer {
	if d.output == standardOutput {
		return d.err
	}
	return d.out
}

// save writes the plan file and returns its sum.
func (d *dry) save(draft *lifecycle.Draft, path string) (sum string, err error) {
	err = d.writeResult(d.output, func(w io.Writer) (err error) {
		sum, err = plan.Encode(w, draft.Plan, plan.FileInfo{Tool: version, Created: time.Now(), Source: path, Extra: draft.Extra})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("the plan could not be saved: %w", err)
	}
	return sum, nil
}

// next is the command to type after a plan.
func (d *dry) next(path string, draft *lifecycle.Draft) string {
	if d.output != "" {
		return d.applyCommand(d.output, true)
	}
	return d.applyCommand(path, draft.Saved != nil)
}

// applyCommand is the command that applies a source as it was read here, with the
// same guards; "" for standard input or a pipe, which is spent.
func (p *planning) applyCommand(path string, saved bool) string {
	flags := p.given.again(whereFlags, manifestFlags, guardFlags)
	if saved {
		flags = p.given.again(whereFlags, guardFlags)
	}
	if !readAgain(path) {
		return ""
	}
	return "imgrename apply " + shellArgument(path) + flags
}

// life is what a job of this command knows of the world.
func (p *planning) life(ctx context.Context) *lifecycle.Life {
	life := p.common.life(ctx)
	life.Guards = p.guards.inForce()
	return life
}

// reach reads a manifest or a saved plan and finds the lanes of its rows.
func (p *planning) reach(ctx context.Context, life *lifecycle.Life, path string) (*lifecycle.Draft, error) {
	if err := p.guards.check(); err != nil {
		return nil, err
	}
	readMemory()
	src, err := p.readSource(path)
	if err == nil {
		err = p.checkSource(src)
	}
	if err != nil {
		return nil, err
	}
	return life.Draft(ctx, src)
}
