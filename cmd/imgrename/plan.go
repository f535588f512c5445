package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/report"
)

type planning struct {
	*common
	detailed   bool
	allowEmpty bool
}

func newPlan(c *common) *cobra.Command {
	p := &planning{common: c}
	cmd := &cobra.Command{
		Use:   "plan MANIFEST",
		Short: "Show what a manifest would change, and why not",
		Long: `Read a manifest and the images it concerns, and show what would change.

Nothing is changed. MANIFEST is a CSV file, or - for standard input.`,
		Args: exactlyOne("a manifest"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), args[0]) },
	}
	cmd.Flags().BoolVar(&p.detailed, "detailed-exitcode", false, "exit with 30 if something would be changed")
	cmd.Flags().BoolVar(&p.allowEmpty, "allow-empty", false, "take a manifest without rows")
	return cmd
}

func (p *planning) run(ctx context.Context, path string) error {
	prepared, err := p.prepare(ctx, path, p.allowEmpty)
	if err != nil {
		return err
	}
	defer prepared.close()
	totals := prepared.plan.Totals()
	var outcome error
	if p.detailed && totals[plan.Planned] > 0 {
		outcome = &changesError{}
	}
	dry := report.DryRun(prepared.plan, prepared.extra)
	if p.json {
		p.rowEvents(dry)
	}
	if err := p.writeReports(dry); err != nil {
		return err
	}
	return p.tell(dry, ending{next: p.next(path, totals)}, outcome)
}

// next is the command to type after a plan.
func (p *planning) next(path string, totals plan.Totals) string {
	if totals[plan.Planned] == 0 {
		return ""
	}
	return "imgrename apply " + shellWord(path)
}

// prepared is a manifest read, its lanes listed and a plan made.
type prepared struct {
	*connection
	plan  *plan.Plan
	extra []string
	seen  time.Time // when the reading of the images began
}

// prepare does what plan and apply have in common.
func (c *common) prepare(ctx context.Context, path string, allowEmpty bool) (*prepared, error) {
	file, err := c.readManifest(path, allowEmpty)
	if err != nil {
		return nil, err
	}
	on, err := c.cloud(file.Rows)
	if err != nil {
		return nil, err
	}
	conn, err := c.connect(ctx, on, file.Rows)
	if err != nil {
		return nil, err
	}
	p := &prepared{connection: conn, extra: file.Extra, seen: time.Now()}
	inventories, err := batch.Load(ctx, conn.lanes)
	if err == nil {
		err = unread(inventories)
	} else {
		err = &unreadableError{err}
	}
	if err != nil {
		conn.close()
		return nil, err
	}
	p.plan = plan.New(conn.requests, inventories)
	return p, nil
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

// shellWord quotes a path for the line that a person copies.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-/@:+,", r) || r > 0x7f
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// exactlyOne checks that a command got its one argument.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return fmt.Errorf("%s is missing", what)
		case 1:
			return nil
		default:
			return fmt.Errorf("one argument is taken, %s; there are %d: %s", what, len(args), strings.Join(args, " "))
		}
	}
}
