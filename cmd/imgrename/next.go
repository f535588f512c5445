package main

// The command to type next, which repeats flags and is quoted for a shell.

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// Flags that the command to type next repeats if they were typed.
var (
	// whereFlags say where calls go and where the state is.
	whereFlags = []string{"simulate", "endpoint", "network", "state-dir"}
	// manifestFlags say how a manifest is read.
	manifestFlags = []string{"profile", "default-region", "only-region", shardFlag, "encoding", "delimiter", "skip-invalid"}
	// guardFlags say when a run is refused or stopped.
	guardFlags = []string{"allow-empty", "max-changes", "max-change-percent", "max-failures", "max-outliers", "protect-names", "expect-account", "allow", "strict", "deadline"}
)

// planCommand plans a manifest written to path; "" for standard output.
func (c *common) planCommand(path string) string {
	if toStandardOutput(path) {
		return ""
	}
	return "imgrename plan " + shellArgument(path) + c.given.again(whereFlags, manifestFlags)
}

// applyCommand applies a manifest or a saved plan as it was read here, with the
// same guards. It is "" for standard input or a pipe, which cannot be read
// again.
func (c *common) applyCommand(path string, saved bool) string {
	if !readAgain(path) {
		return ""
	}
	flags := c.given.again(whereFlags, manifestFlags, guardFlags)
	if saved {
		flags = c.given.again(whereFlags, guardFlags)
	}
	return "imgrename apply " + shellArgument(path) + flags
}

// dropped returns the rows of a closed run that were not done, nil if there are
// none. source is where they came from.
func (c *common) dropped(run, source string, counts map[string]int) *droppedError {
	rows := counts[plan.Pending.String()] + counts[plan.Blocked.String()]
	if rows == 0 {
		return nil
	}
	e := &droppedError{run: run, rows: rows}
	if readAgain(source) {
		e.next = "imgrename apply " + shellArgument(source) + c.given.again(whereFlags)
	}
	return e
}

// nextAfter returns the command to type after a job that is not done: what gets
// another run out of its way, or finishes its own run, or begins it again. If too
// many rows have failed, the same command would do nothing: a person has to look.
func (c *common) nextAfter(e *lifecycle.Ending, again string) string {
	failed := is[*plan.LimitError](e.Stopped)
	switch {
	case len(e.Others) > 0 && e.Others[0].Stopped == nil && !e.Others[0].Left:
		return c.nextAfter(e.Others[0], "")
	case e.Run != "" && failed:
		return c.reportCommand(e.Run)
	case failed:
		return ""
	case e.TakenOver():
		return ""
	case e.Run == "", !e.Resumable():
		return again
	case stuck(e):
		return c.abandonCommand(e.Run)
	}
	return c.resumeCommand(e.Run)
}

// abandonCommand closes a run.
func (c *common) abandonCommand(run string) string {
	return "imgrename resume --abandon " + run + c.given.again(whereFlags)
}

// resumeCommand finishes a run, within the same limit of failures.
func (c *common) resumeCommand(run string) string {
	return "imgrename resume " + run + c.given.again(whereFlags, []string{"max-failures"})
}

// raisedCommand finishes a run whose limit of failures was exceeded.
func (c *common) raisedCommand(run string, exceeded *plan.LimitError) string {
	return "imgrename resume " + run + " --max-failures " + shellWord(exceeded.Raised) + c.given.again(whereFlags)
}

// reportCommand shows a run's report.
func (c *common) reportCommand(run string) string {
	return "imgrename report " + run + c.given.again(whereFlags)
}

// typed returns a command as it was typed, without its flags: one of those may
// have an address that is a secret.
func typed(cmd *cobra.Command, args []string) string {
	words := []string{cmd.CommandPath()}
	for _, arg := range args {
		if arg != "-" {
			arg = shellArgument(arg)
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// shellArgument is shellWord for a path that stands alone and must not be taken
// for a flag.
func shellArgument(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return shellWord(path)
}

// shellWord quotes a word for a line that a person copies. One with characters
// that must not reach a terminal gets $'…' quotes, which have escapes.
func shellWord(s string) string {
	if report.Printable(s) != s {
		return shellEscaped(s)
	}
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-/@:+,", r) || r > 0x7f
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// shellEscaped quotes a word and escapes each byte that is not plain.
func shellEscaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, `\%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}
