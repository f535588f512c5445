package main

// What --on-finish calls when apply or resume has ended, however it ended.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imgrename/batch/command"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/lifecycle"
	"imgrename/batch/runs"
	"imgrename/report"
)

const (
	// hookTime is how long a command of --on-finish may take.
	hookTime = 30 * time.Second
	// hookRows is how many rows that need a person it gets.
	hookRows = 5

	onFinishFlag = "on-finish"
	dryRunFlag   = "dry-run"
)

// bindOnFinish binds the flag of the commands that change images.
func (c *common) bindOnFinish(f *pflag.FlagSet) {
	f.StringArrayVar(&c.onFinish, onFinishFlag, nil, "call this `command` when the run has ended, however it ended; repeatable (see imgrename help on-finish)")
}

// checkOnFinish returns what is wrong with the commands of --on-finish.
func (c *common) checkOnFinish() (problems []error) {
	for _, line := range c.onFinish {
		if _, err := command.Split(line); err != nil {
			problems = append(problems, fmt.Errorf("%s %q: %w", c.given.called(onFinishFlag), line, err))
		}
	}
	return problems
}

// An ending is how apply or resume ended.
type ending struct {
	summary
	report report.Report // without a plan if none was made
	run    string        // also where the summary has no run: it has begun, and failed
}

// keep keeps how a command ended, for --on-finish.
func (c *common) keep(s summary, r report.Report) {
	if c.ended.report.Plan == nil { // else it is of the job itself
		c.ended.summary, c.ended.report = s, r
	}
}

// conclusion returns the exit code of a command that has ended. If it was to
// change images, it writes the metrics and calls the commands of --on-finish.
func (c *common) conclusion(cmd *cobra.Command, args []string, err error) int {
	if cmd == nil || cmd.Flags().Lookup(onFinishFlag) == nil {
		return exitCode(err)
	}
	if c.readOn(cmd, args); isOn(cmd, "help") || isOn(cmd, dryRunFlag) {
		return exitCode(err)
	}
	if c.quitting != nil {
		c.quitting.hooks.Store(nil)
	}
	if c.ended.Event == "" {
		c.ended.summary = summaryOf(nil)
	}
	c.ended.summary = c.ended.with(err)
	if unwritten := c.writeMetrics(&c.ended); unwritten != nil {
		c.complain(unwritten)
		if c.ended.Exit == codeOK {
			c.ended.Exit, c.ended.Error = codeFailed, textOf(unwritten)
		}
	}
	c.endMail()
	c.callHooks()
	return c.ended.Exit
}

// callHooks calls the commands of --on-finish, one after the other. What goes
// wrong with one is a warning, also with --quiet: nobody else would tell.
func (c *common) callHooks() {
	for _, argv := range c.hooks() {
		if err := c.call(argv, hookTime); err != nil {
			fmt.Fprint(c.err, factAndHint(fmt.Sprintf("warning: --%s %s: %v", onFinishFlag, argv[0], err), ""))
		}
	}
}

// call calls a command and waits for its end. It is killed, with all that it
// has started, if it takes longer than limit; a signal that has ended the run
// does not end it.
func (c *common) call(argv []string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	hook := c.hook(ctx, argv, c.ended)
	err := hook.Run()
	switch {
	case ctx.Err() != nil && hook.Process != nil:
		_ = command.Kill(hook) // what it started may have outlived it
		return fmt.Errorf("killed after %s", limit)
	case errors.Is(err, exec.ErrWaitDelay): // what it started goes on
		return nil
	}
	return reason(err)
}

// reason is why a command failed, without its name.
func reason(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// isOn reports whether a flag without a value is set.
func isOn(cmd *cobra.Command, name string) bool {
	f := cmd.Flags().Lookup(name)
	return f != nil && f.Value.String() == "true"
}

// readOn reads what a command that fails for its command line has left unread:
// its variables in the environment, and the flags that matter at the end.
func (c *common) readOn(cmd *cobra.Command, args []string) {
	if c.given != nil {
		return
	}
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	rest.Usage = func() {} // of --help
	rest.ParseErrorsAllowlist.UnknownFlags = true
	commands := rest.StringArray(onFinishFlag, nil, "")
	dryRun := rest.Bool(dryRunFlag, false, "")
	_ = rest.Parse(args) // what is wrong has been said
	if *dryRun {
		_ = cmd.Flags().Set(dryRunFlag, "true")
	}
	_, _ = givenFlags(cmd.Flags())
	if len(*commands) > 0 {
		c.onFinish = *commands
	}
}

// hooks returns the commands of --on-finish, in words.
func (c *common) hooks() (hooks [][]string) {
	for _, line := range c.onFinish {
		if argv, err := command.Split(line); err == nil {
			hooks = append(hooks, argv)
		}
	}
	return hooks
}

// hook returns a command that is told how a run ended.
func (c *common) hook(ctx context.Context, argv []string, e ending) *exec.Cmd {
	cmd := command.New(ctx, argv)
	cmd.Stdin = bytes.NewReader(e.line())
	cmd.Stdout, cmd.Stderr = c.err.w, c.err.w
	cmd.Env = append(slices.DeleteFunc(os.Environ(), private), c.facts(e)...)
	return cmd
}

// private reports whether a variable of the environment is not for a command of
// --on-finish: one of our credentials, or a flag that would make an imgrename
// called there write over our files, or call the command again.
func private(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "IMGRENAME_ON_FINISH", "IMGRENAME_REPORT", "IMGRENAME_METRICS_FILE":
		return true
	}
	return credentials.IsVariable(name)
}

// facts returns the variables that say how a run ended.
func (c *common) facts(e ending) []string {
	state := ""
	if c.simulate == "" {
		state, _ = filepath.Abs(c.stateFolder())
	}
	return []string{
		"IMGRENAME_RUN_ID=" + e.run,
		"IMGRENAME_EXIT_CODE=" + strconv.Itoa(e.Exit),
		"IMGRENAME_EXIT_CLASS=" + classOf(e.Exit),
		"IMGRENAME_REPORT_FILE=" + c.reportFile(e),
		"IMGRENAME_STATE_DIR=" + state,
		"IMGRENAME_NEXT=" + e.Next,
	}
}

// reportFile returns the path of the report: the first one of --report if it was
// written, else the run's own, else "".
func (c *common) reportFile(e ending) string {
	var path string
	switch {
	case len(c.reports) > 0 && e.report.Plan != nil && !c.unwritten:
		path = c.reports[0]
	case e.run != "":
		path = filepath.Join(runs.Path(c.stateFolder(), e.run), lifecycle.ReportFile)
	}
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	path, _ = filepath.Abs(path)
	return path
}

// line returns what a command of --on-finish reads: the summary event with the
// first rows that need a person, the most urgent first.
func (e *ending) line() []byte {
	var b bytes.Buffer
	rows := []rowEvent{}
	urgent := e.report.Urgent()
	for _, i := range urgent[:min(len(urgent), hookRows)] {
		rows = append(rows, rowEvent{"row", e.report.Line(i), e.run})
	}
	_ = report.Encoder(&b).Encode(struct {
		summary
		Rows []rowEvent `json:"rows"`
	}{e.summary, rows}) // plain data into memory
	return b.Bytes()
}

// arm makes a second signal start the commands of --on-finish. run is "" before
// there is one.
func (c *common) arm(run string) {
	c.ended.run = run
	if c.quitting == nil {
		return
	}
	e := ending{summary: summaryOf(nil), run: run}
	e.Run, e.Exit = run, codeKilled
	if run != "" {
		e.Next = c.resumeCommand(run)
	}
	var commands []*exec.Cmd
	for _, argv := range c.hooks() {
		commands = append(commands, c.hook(context.Background(), argv, e))
	}
	line := e.line()
	start := func() {
		_ = c.writeMetrics(&e) // there is no time left to say what went wrong
		for _, cmd := range commands {
			startWith(cmd, line)
		}
	}
	c.quitting.hooks.Store(&start)
}

// startWith starts a command that may outlive this process. Its input, which is
// short here, is in the pipe before it starts.
func startWith(cmd *exec.Cmd, input []byte) {
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	_, _ = w.Write(input)
	_ = w.Close()
	cmd.Stdin = r
	_ = cmd.Start() // there is no time left to say what went wrong
	_ = r.Close()
}
