package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// What a shell proposes for arguments and the values of flags. It is asked with each
// press of a key: nothing here calls the API.

// choices are the values of flags that have only a few, as messages list them.
var choices = map[string]string{
	"network":    "public or vpc",
	"progress":   "auto, bar, plain or none",
	"log-format": "text or json",
	"rows":       "auto, all or none",
	"encoding":   "auto, utf-8, utf-16 or gb18030",
	"format":     reportFormats,
}

// complete registers what a shell proposes for a command and its flags.
func (c *common) complete(root *cobra.Command) {
	one := func(values []string) func(string) []string { return func(string) []string { return values } }
	several := func(values []string) func(string) []string {
		return func(word string) []string { return continued(values, word) }
	}
	values := map[string]func(word string) []string{
		"delimiter": one([]string{"auto", ",", ";", "tab"}), "only-region": one(ecs.Regions()), "default-region": one(ecs.Regions()),
		"region": several(append(ecs.Regions(), "all")), "regions": several(ecs.Regions()),
		"allow": several(riskWords()), "columns": several(wordsOf(attributeColumns())),
	}
	for flag, list := range choices {
		values[flag] = one(wordsOf(list))
	}
	for _, cmd := range append(root.Commands(), root) {
		for flag, list := range values {
			if cmd.LocalFlags().Lookup(flag) != nil && (cmd == root || root.PersistentFlags().Lookup(flag) == nil) {
				_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
					return list(word), cobra.ShellCompDirectiveNoFileComp
				}) // it fails only if the flag is not there, or is registered twice
			}
		}
		switch cmd.Name() {
		case "report":
			cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return c.runIDs(args, func(runs.Info) bool { return true }), cobra.ShellCompDirectiveNoFileComp
			}
		case "undo", "resume":
			wanted := func(info runs.Info) bool { return cmd.Name() == "undo" || info.Unfinished() }
			cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
				if len(args) > 0 {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				return c.runIDs(nil, wanted), cobra.ShellCompDirectiveNoFileComp
			}
		case "runs", "version", "simulate", "export":
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// wordsOf returns the words of a list such as "auto, all or none".
func wordsOf(list string) []string {
	return strings.Split(strings.ReplaceAll(list, " or ", ", "), ", ")
}

// continued returns what a list of values may become of which the last one is being
// typed.
func continued(values []string, word string) []string {
	typed := word[:strings.LastIndex(word, ",")+1]
	var all []string
	for _, value := range values {
		if !slices.Contains(strings.Split(typed, ","), value) {
			all = append(all, typed+value)
		}
	}
	return all
}

// runIDs returns the ids of runs that are wanted and not among args, each with what
// it was about.
func (c *common) runIDs(args []string, wanted func(runs.Info) bool) []cobra.Completion {
	if c.stateDir == "" {
		c.stateDir = os.Getenv(variableOf("state-dir"))
	}
	state, err := runs.Find(c.stateFolder())
	if err != nil {
		return nil // there are none
	}
	defer state.Close()
	all, err := state.Runs()
	if err != nil {
		return nil
	}
	var ids []cobra.Completion
	for _, info := range all {
		if wanted(info) && !slices.Contains(args, info.ID) {
			ids = append(ids, cobra.CompletionWithDesc(info.ID, report.Printable(fmt.Sprintf("%s, %s, %s", info.Head.Source, plan.Count(info.Head.Rows, "row"), info.Started.UTC().Format("2006-01-02 15:04")))))
		}
	}
	return ids
}
