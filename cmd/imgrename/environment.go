package main

// Flags from the environment, what was set where, and what is set but unknown.

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ourVariables is what the variables of flags begin with.
const ourVariables = "IMGRENAME_"

// variableOf returns the environment variable of a flag.
func variableOf(flag string) string {
	return ourVariables + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setFlags are the flags that were set, by name.
type setFlags map[string]setFlag

// A setFlag is a flag that was set.
type setFlag struct {
	name string // as the user wrote it: the flag, or its environment variable
	text string // the flag to type again; "" if it came from the environment
}

// called returns a flag's name as the user wrote it.
func (g setFlags) called(flag string) string { return cmp.Or(g[flag].name, "--"+flag) }

// typed reports whether a flag was set on the command line.
func (g setFlags) typed(flag string) bool { return g[flag].text != "" }

// again repeats those flags of the lists that were typed.
func (g setFlags) again(lists ...[]string) string {
	var b strings.Builder
	for _, name := range slices.Concat(lists...) {
		b.WriteString(g[name].text)
	}
	return b.String()
}

// givenFlags sets each flag that was not typed from its environment variable,
// if there is one (IMGRENAME_STATE_DIR for --state-dir), and returns all flags
// that are set.
func givenFlags(flags *pflag.FlagSet) (setFlags, error) {
	g := make(setFlags)
	var problems []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			g[f.Name] = setFlag{"--" + f.Name, retyped(f)}
			return
		}
		name := variableOf(f.Name)
		value := os.Getenv(name)
		if value == "" || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			problems = append(problems, fmt.Errorf("environment variable %s: %q is not valid for --%s", name, value, f.Name))
		}
		g[f.Name] = setFlag{name: name}
	})
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "duration" && strings.HasPrefix(f.Value.String(), "-") {
			problems = append(problems, fmt.Errorf("%s %s: must not be negative", g.called(f.Name), f.Value))
		}
	})
	return g, badUsage(problems...)
}

// retyped returns a flag as it is typed.
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

// flagNames returns the flags of all commands, each once and sorted.
func flagNames(root *cobra.Command) []string {
	var names []string
	note := func(f *pflag.Flag) { names = append(names, f.Name) }
	root.PersistentFlags().VisitAll(note)
	for _, cmd := range root.Commands() {
		cmd.LocalFlags().VisitAll(note)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// warnUnknown warns of variables that look like ours but set nothing: a limit
// that is misspelt there would be missed by nobody.
func (c *common) warnUnknown(root *cobra.Command) {
	known := make(map[string]bool)
	var names []string
	for _, flag := range flagNames(root) {
		names = append(names, variableOf(flag))
		known[variableOf(flag)] = true
	}
	for _, fact := range c.facts(ending{}) { // a command of --on-finish may call us
		name, _, _ := strings.Cut(fact, "=")
		known[name] = true
	}
	for _, variable := range slices.Sorted(slices.Values(os.Environ())) {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, ourVariables) || known[name] || value == "" || c.quiet {
			continue
		}
		hint := "imgrename help flags lists the flags; each has a variable"
		if near := nearest(name, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		fmt.Fprint(c.err, factAndHint("warning: environment variable "+name+" is unknown and ignored", hint))
	}
}

// nearest returns the word that a misspelt one most likely means, "" for none.
func nearest(word string, words []string) string {
	best, least := "", 3 // one or two letters may be wrong
	for _, known := range words {
		if d := levenshtein.Distance(word, known, nil); d < least {
			best, least = known, d
		}
	}
	return best
}

// unknownFlag adds to the error of an unknown flag which one was meant. flags are
// those of the command.
func unknownFlag(err error, flags *pflag.FlagSet) error {
	unknown, ok := err.(*pflag.NotExistError)
	if !ok || len(unknown.GetSpecifiedName()) < 2 {
		return nil
	}
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
		return hinted{err, "did you mean --" + near + "?"}
	}
	return nil
}
