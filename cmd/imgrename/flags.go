package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
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
func givenFlags(flags *pflag.FlagSet, getenv func(string) string) (given, error) {
	g := make(given)
	var problems []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			g[f.Name] = gift{"--" + f.Name, retyped(f)}
			return
		}
		name := "IMGRENAME_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := getenv(name)
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
	if len(problems) > 0 {
		return nil, &usageError{errors.Join(problems...)}
	}
	return g, nil
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

// typed tells whether a flag was set on the command line.
func (g given) typed(flag string) bool { return g[flag].text != "" }

// again repeats those of the flags that were typed.
func (g given) again(lists ...[]string) string {
	var b strings.Builder
	for _, name := range slices.Concat(lists...) {
		b.WriteString(g[name].text)
	}
	return b.String()
}

// checkSaved refuses what is asked of a manifest's rows where there is a saved
// plan: its rows are settled, and approved as they are. What the environment says
// of how manifests are read is not meant for it.
func (c *common) checkSaved(name string, rows []manifest.Row) error {
	var problems []error
	for _, flag := range []string{"default-region", "encoding", "delimiter", "skip-invalid"} {
		if c.given.typed(flag) {
			problems = append(problems, fmt.Errorf("%s is for reading a manifest, and %s is a saved plan", c.given.called(flag), name))
		}
	}
	others := func(row manifest.Row) bool { return row.RegionID != c.onlyRegion }
	if c.onlyRegion != "" && slices.ContainsFunc(rows, others) {
		problems = append(problems, hinted{
			fmt.Errorf("%s %s: the saved plan %s has rows of other regions too, and is applied as a whole", c.given.called("only-region"), c.onlyRegion, name),
			"make a plan of that region alone, from the manifest",
		})
	}
	if len(problems) > 0 {
		return &usageError{errors.Join(problems...)}
	}
	return nil
}

// narrowRun refuses an --only-region that no row of a run is of.
func (c *common) narrowRun(id string, p *plan.Plan) error {
	if c.onlyRegion == "" || slices.ContainsFunc(p.Lanes, func(l plan.Lane) bool { return l.Region == c.onlyRegion }) {
		return nil
	}
	var regions []string
	for _, lane := range p.Lanes {
		regions = append(regions, lane.Region)
	}
	slices.Sort(regions)
	return &usageError{fmt.Errorf("%s %s: the regions of run %s are %s",
		c.given.called("only-region"), c.onlyRegion, id, strings.Join(slices.Compact(regions), ", "))}
}

// wholeRun refuses an --only-region beside a run that has other regions too.
func (c *common) wholeRun(info runs.Info) error {
	others := func(lane string) bool { return !strings.HasSuffix(lane, "/"+c.onlyRegion) }
	if c.onlyRegion == "" || !slices.ContainsFunc(info.Head.Lanes, others) {
		return nil
	}
	return &usageError{hinted{
		fmt.Errorf("%s %s: run %s has rows of other regions too, and is finished as a whole", c.given.called("only-region"), c.onlyRegion, info.ID),
		"leave the flag out, or close the run with --abandon and apply that region alone, from the manifest",
	}}
}
