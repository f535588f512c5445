package main

// The command to type next: the flags that were given, repeated in a form that a
// shell reads.

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/report"
)

// A given is what was given with a command, by the names of the flags.
type given map[string]gift

// A gift is a flag that was set.
type gift struct {
	name string // as the user knows it: the flag, or the variable that stands for it
	text string // the flag to type again; empty if it came from the environment
}

// Flags that a command to type next must not lack if they were typed.
var (
	// whereFlags say where calls go and where the state is.
	whereFlags = []string{"simulate", "endpoint", "network", "state-dir"}
	// manifestFlags say what a manifest's rows are.
	manifestFlags = []string{"profile", "default-region", "only-region", "encoding", "delimiter", "skip-invalid"}
	// guardFlags say what a run is refused for, or ended.
	guardFlags = []string{"allow-empty", "max-changes", "max-change-percent", "max-failures", "expect-account", "allow", "strict", "deadline"}
)

// givenFlags gives every flag that was not set on the command line the value of
// its environment twin (--state-dir is IMGRENAME_STATE_DIR) and returns all that
// are set then.
func givenFlags(flags *pflag.FlagSet) (given, error) {
	g := make(given)
	var problems []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			g[f.Name] = gift{"--" + f.Name, retyped(f)}
			return
		}
		name := "IMGRENAME_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := os.Getenv(name)
		if value == "" || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			problems = append(problems, fmt.Errorf("environment variable %s: %q is not a value of --%s", name, value, f.Name))
		}
		g[f.Name] = gift{name: name}
	})
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "duration" && strings.HasPrefix(f.Value.String(), "-") {
			problems = append(problems, fmt.Errorf("%s %s: not below 0", g.called(f.Name), f.Value))
		}
	})
	return g, badUsage(problems...)
}

// retyped is a flag as it is typed.
func retyped(f *pflag.Flag) string {
	value := f.Value.String()
	if list, ok := f.Value.(pflag.SliceValue); ok {
		value = strings.Join(list.GetSlice(), ",")
	}
	switch {
	case f.Value.Type() != "bool":
		return " --" + f.Name + " " + shellWord(value)
	case value == "true":
		return " --" + f.Name
	}
	return " --" + f.Name + "=" + value
}

// called is the name by which the user knows a flag.
func (g given) called(flag string) string { return cmp.Or(g[flag].name, "--"+flag) }

// typed reports whether a flag was set on the command line.
func (g given) typed(flag string) bool { return g[flag].text != "" }

// again repeats those of the flags that were typed.
func (g given) again(lists ...[]string) string {
	var b strings.Builder
	for _, name := range slices.Concat(lists...) {
		b.WriteString(g[name].text)
	}
	return b.String()
}

// planCommand is the command that plans a manifest that was written here, "" if
// it went to standard output.
func (c *common) planCommand(path string) string {
	if toStandardOutput(path) {
		return ""
	}
	return "imgrename plan " + shellArgument(path) + c.given.again(whereFlags, manifestFlags)
}

// applyCommand is the command that applies a source as it was read here, with the
// same guards; "" for standard input or a pipe, which is spent.
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

// resumeCommand is the command that finishes a run.
func (c *common) resumeCommand(run string) string {
	return "imgrename resume " + run + c.given.again(whereFlags)
}

// reportCommand is the command that writes a run's report anew.
func (c *common) reportCommand(run string) string {
	return "imgrename report " + run + " --format csv" + c.given.again(whereFlags)
}

// shellArgument is shellWord for a path that is no flag's value, and no flag
// either.
func shellArgument(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return shellWord(path)
}

// shellWord quotes a path for the line that a person copies. What must not be
// shown as it is gets the quotes that know escapes.
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

// shellEscaped quotes a text byte by byte where it is not plain ASCII.
func shellEscaped(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
