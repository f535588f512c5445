package main

import (
	"embed"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newRoot(c *common) *cobra.Command {
	root := &cobra.Command{
		Use:           "imgrename",
		SilenceErrors: true,
		SilenceUsage:  true,
		// Suggest commands that are two letters away.
		SuggestionsMinimumDistance: 2,
		Args:                       commandOf,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) (err error) {
			c.command = typed(cmd, args)
			if c.given, err = givenFlags(cmd.Flags()); err != nil {
				return err
			}
			if err := c.check(); err != nil {
				return err
			}
			c.tellInPlace(c.reports...)
			c.log = c.newLog()
			c.warnUnknown(cmd.Root())
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isOn(cmd, "version") {
				c.tellVersion()
				return nil
			}
			return cmd.Help()
		},
	}
	root.Flags().Bool("version", false, "print the version")
	c.bind(root.PersistentFlags())
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if meant := unknownFlag(err, cmd.Flags()); meant != nil {
			return &usageError{meant}
		}
		return &usageError{hinted{err, "see " + cmd.CommandPath() + " --help"}}
	})
	root.AddCommand(newPlan(c), newApply(c), newCheck(c), newExport(c), newResume(c), newUndo(c), newRuns(c), newReport(c), newSimulate(c), newVersion(c))
	addHelp(root)
	root.InitDefaultCompletionCmd()
	for _, cmd := range append(root.Commands(), root) {
		if cmd.Name() == "completion" {
			cmd.Args, cmd.RunE = commandOf, root.RunE
			for _, shell := range cmd.Commands() {
				shell.Args = none
				usageErrors(shell)
			}
		}
		usageErrors(cmd)
	}
	return root
}

// meant is what people type who are used to other programs, with the commands
// that do it here.
var meant = map[string][]string{
	"rename": {"plan", "apply"}, "run": {"apply"}, "diff": {"plan"}, "preview": {"plan"},
	"list": {"export", "runs"}, "ls": {"export", "runs"}, "images": {"export"},
	"status": {"runs"}, "history": {"runs"}, "log": {"runs"},
	"continue": {"resume"}, "retry": {"resume"},
	"rollback": {"undo"}, "revert": {"undo"}, "restore": {"undo"}, "validate": {"check"},
}

func newVersion(c *common) *cobra.Command {
	return &cobra.Command{
		Use:  "version",
		Args: none,
		Run:  func(*cobra.Command, []string) { c.tellVersion() },
	}
}

func (c *common) tellVersion() {
	if c.json {
		c.event(versionEvent{"version", version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
		return
	}
	fmt.Fprintf(c.out, "imgrename %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// helpWidth is the greatest width of help, in columns.
const helpWidth = 80

// pages are the texts of help, commands/NAME.txt and topics/NAME.txt: a title,
// a blank line and the text, no wider than helpWidth. The flags of a command are
// listed below its page, the common flags below the topic flags.
//
//go:embed help
var pages embed.FS

// readPage returns a page and its title, which is shown in lists.
func readPage(path string) (title, text string) {
	page, _ := pages.ReadFile("help/" + path + ".txt") // embedded, so it exists
	title, _, _ = strings.Cut(string(page), "\n")
	return title, string(page)
}

// addHelp gives every command its page, and the help command a subcommand for
// each topic. As a command of the root, "imgrename manifest" would print a page
// and exit with 0.
func addHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, cmd := range append(root.Commands(), root) {
		cmd.Short, cmd.Long = readPage("commands/" + cmd.Name())
	}
	help, _, _ := root.Find([]string{"help"})
	help.Use = "help [command | topic]"
	help.SuggestionsMinimumDistance = root.SuggestionsMinimumDistance
	help.Args = func(_ *cobra.Command, words []string) error { return commandOf(root, words) }
	files, _ := pages.ReadDir("help/topics")
	for _, file := range files {
		topic := &cobra.Command{Use: strings.TrimSuffix(file.Name(), ".txt"), Args: none}
		topic.Short, topic.Long = readPage("topics/" + topic.Use)
		if topic.Use == "flags" {
			topic.Long += root.PersistentFlags().FlagUsagesWrapped(helpWidth)
		}
		if page, err := pages.ReadFile("help/zh/" + file.Name()); err == nil && readsChinese() {
			topic.Long = string(page)
		}
		topic.Run = func(cmd *cobra.Command, _ []string) { _, _ = io.WriteString(cmd.OutOrStdout(), topic.Long) }
		if topic.Use == "json" {
			topic.Run = helpJSON
		}
		usageErrors(topic)
		help.AddCommand(topic)
	}
	root.SetUsageFunc(usage)
}

// helpJSON explains the events of --json and prints their schema, with --json that
// alone.
func helpJSON(cmd *cobra.Command, _ []string) {
	schema, _ := pages.ReadFile("help/events.schema.json") // embedded, so it exists
	if alone, _ := cmd.Flags().GetBool("json"); !alone {
		_, _ = io.WriteString(cmd.OutOrStdout(), cmd.Long+"\n")
	}
	_, _ = cmd.OutOrStdout().Write(schema)
}

// usage writes the usage of a command as cobra would, but wrapped. Cobra wraps
// only with a template, and a template keeps the linker from dropping what is
// not used: the program would grow by a quarter, and every command start later.
func usage(cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n\nAvailable Commands:\n", cmd.CommandPath())
		listCommands(&b, cmd)
	}
	flagUsages(&b, "Flags", cmd.LocalNonPersistentFlags())
	b.WriteString("\nFlags of every command: imgrename help flags\n")
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "Flags of a command: %s [command] --help\n", cmd.CommandPath())
	}
	if help, _, _ := cmd.Find([]string{"help"}); help != cmd {
		b.WriteString("\nHelp Topics (imgrename help TOPIC):\n")
		listCommands(&b, help)
	}
	_, err := io.WriteString(cmd.OutOrStderr(), b.String())
	return err
}

// listCommands lists the subcommands of a command with their titles.
func listCommands(w io.Writer, cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			fmt.Fprintf(w, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
}

// flagUsages lists flags under a title, if there are any.
func flagUsages(w io.Writer, title string, flags *pflag.FlagSet) {
	if flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\n%s:\n%s", title, flags.FlagUsagesWrapped(helpWidth))
	}
}

// commandOf checks that words, if there are any, name a command below cmd. It
// suggests commands and, below the root, topics.
func commandOf(cmd *cobra.Command, words []string) error {
	found, rest, err := cmd.Find(words)
	if len(words) == 0 || err == nil && len(rest) == 0 {
		return nil
	}
	near := meant[rest[0]]
	if near == nil || found != cmd.Root() {
		near = found.SuggestionsFor(rest[0])
	}
	if help, _, _ := found.Find([]string{"help"}); help != found {
		for _, topic := range help.SuggestionsFor(rest[0]) {
			near = append(near, "help "+topic)
		}
	}
	err = fmt.Errorf("unknown command %q", rest[0])
	if len(near) > 0 {
		return hinted{err, "did you mean " + strings.Join(near, " or ") + "?"}
	}
	return err
}

// usageErrors makes what a command says about its arguments usage errors.
func usageErrors(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); is[hinted](err) {
			return &usageError{err}
		} else if err != nil {
			return &usageError{hinted{err, "see " + cmd.CommandPath() + " --help"}}
		}
		return nil
	}
}
