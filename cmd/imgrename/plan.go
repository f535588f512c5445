package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/report"
)

type planning struct {
	*common
	guards
	detailed bool
	output   string
}

func newPlan(c *common) *cobra.Command {
	p := &planning{common: c}
	cmd := &cobra.Command{
		Use:   "plan MANIFEST",
		Short: "Show what a manifest would change, and why not",
		Long: `Read a manifest and the images it concerns, and show what would change.

Nothing is changed. MANIFEST is a CSV file, or - for standard input. With -o the
plan is saved as a file that can be read, approved and applied as it is; apply
refuses one that was edited. A saved plan may stand in MANIFEST's place, to show
what is left of it.`,
		Args: exactlyOne("a manifest"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), args[0]) },
	}
	p.bind(cmd)
	cmd.Flags().BoolVar(&p.detailed, "detailed-exitcode", false, "exit with 30 if something would be changed")
	cmd.Flags().StringVarP(&p.output, "output", "o", "", "save the plan to this `file`; - is standard output, and the changes go to standard error")
	return cmd
}

// bind declares the flags that plan and apply have in common.
func (p *planning) bind(cmd *cobra.Command) {
	p.guards.bind(cmd.Flags())
	p.bindAllowEmpty(cmd.Flags())
}

func (p *planning) run(ctx context.Context, path string) error {
	if p.json && p.output == standardOutput {
		return &usageError{errors.New("--json and -o - both want standard output")}
	}
	prepared, err := p.reach(ctx, path)
	if err != nil {
		return err
	}
	defer prepared.close()
	if err := prepared.load(ctx); err != nil {
		return err
	}
	outcome := p.checkPlan(prepared.plan, prepared.inventories)
	refused := outcome != nil
	if refused && !is[*strictError](outcome) {
		p.tellRefusal(outcome)
		outcome = nil
	}
	dry := report.DryRun(prepared.plan, prepared.extra)
	if err := p.writeReports(dry); err != nil {
		return err
	}
	end := ending{rehearsed: p.simulate}
	if p.output != "" && outcome == nil {
		if end.plan, err = p.save(prepared, path); err != nil {
			return err
		}
	}
	if !refused && prepared.plan.Totals()[plan.Planned] > 0 {
		end.next = p.next(path, prepared)
	}
	if p.detailed && outcome == nil && prepared.plan.Totals()[plan.Planned] > 0 {
		outcome = &changesError{}
	}
	return p.tell(p.words(), prepared.plan, dry, end, outcome)
}

// words is where a person reads what would change: beside the plan file if that
// takes standard output.
func (p *planning) words() io.Writer {
	if p.output == standardOutput {
		return p.err
	}
	return p.out
}

// tellRefusal says why apply would not start.
func (c *common) tellRefusal(err error) {
	if c.json {
		c.event(refusalEvent{"refusal", err.Error(), hintOf(err)})
	}
	c.say("apply would refuse this: %s\n", report.Printable(err.Error()))
	if hint := hintOf(err); hint != "" {
		c.say("  hint: %s\n", report.Printable(hint))
	}
}

// save writes the plan file and returns its sum.
func (p *planning) save(prepared *prepared, path string) (sum string, err error) {
	err = p.writeResult(p.output, func(w io.Writer) (err error) {
		sum, err = plan.Encode(w, prepared.plan, plan.FileInfo{
			Tool: version, Created: time.Now(), Source: path, Extra: prepared.extra,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("the plan could not be saved: %w", err)
	}
	return sum, nil
}

// next is the command to type after a plan.
func (p *planning) next(path string, prepared *prepared) string {
	if p.output != "" {
		return p.applyCommand(p.output, true)
	}
	return p.applyCommand(path, prepared.saved != nil)
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

// prepared is a source read and its lanes; and, after load, their images and a
// plan.
type prepared struct {
	*connection
	source
	plan        *plan.Plan
	inventories []plan.Inventory
	extra       []string
	seen        time.Time // when the reading of the images began
}

// reach reads a manifest or a saved plan and finds the lanes of its rows.
func (p *planning) reach(ctx context.Context, path string) (*prepared, error) {
	if err := p.guards.check(); err != nil {
		return nil, err
	}
	if err := p.keepApart(path, p.output); err != nil {
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
	boundMemory(len(src.file.Rows), 0)
	on, err := p.cloud(src.file.Rows)
	if err != nil {
		return nil, err
	}
	conn, err := p.connect(ctx, on, src.file.Rows)
	if err != nil {
		return nil, err
	}
	if err := p.checkAccounts(src, conn); err != nil {
		conn.close()
		return nil, err
	}
	made := &prepared{connection: conn, source: src, extra: src.file.Extra}
	made.dropCopies()
	return made, nil
}

// dropCopies frees what was only needed to find the lanes: the rows of a saved
// plan are in the plan.
func (p *prepared) dropCopies() {
	if p.saved != nil {
		p.file.Rows, p.requests = nil, nil
	}
}

// load lists the lanes and makes the plan.
func (p *prepared) load(ctx context.Context) (err error) {
	p.seen = time.Now()
	if p.inventories, err = batch.Load(ctx, p.lanes); err != nil {
		return stoppedFirst(err)
	}
	p.boundMemory()
	if err := unread(p.inventories); err != nil {
		return err
	}
	if p.saved != nil {
		p.plan = plan.Compare(p.saved.Plan, p.inventories)
	} else {
		batch.FindForeign(ctx, p.lanes, p.requests, p.inventories)
		p.plan = plan.New(p.requests, p.inventories)
	}
	return nil
}

// boundMemory is that of a job whose images are listed.
func (p *prepared) boundMemory() {
	rows, images := len(p.file.Rows), 0
	if p.saved != nil {
		rows = len(p.saved.Plan.Rows)
	}
	for _, inventory := range p.inventories {
		images += len(inventory.Images)
	}
	boundMemory(rows, images)
}

// letGo frees what is not needed any more once the plan is settled, to be done
// by so many workers in each lane.
func (p *prepared) letGo(workers int) {
	p.inventories, p.requests, p.saved = nil, nil, nil
	settleMemory(len(p.plan.Rows), len(p.lanes), workers)
}

// drop frees all that was read and planned: an earlier run has it too.
func (p *prepared) drop() {
	p.source, p.plan, p.inventories, p.requests = source{}, nil, nil, nil
}

// unread is an error if no lane at all could be read.
func unread(inventories []plan.Inventory) error {
	var problems []error
	for _, inventory := range inventories {
		if inventory.Unread == nil {
			return nil
		}
		problems = append(problems, fmt.Errorf("region %s: %w", inventory.Lane.Region, inventory.Unread))
	}
	if len(problems) == 0 {
		return nil // an empty manifest that was allowed
	}
	return noLane(errors.Join(problems...))
}
