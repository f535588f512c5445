package main

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"
)

// topics are the help topics, NAME.txt each: a title, a blank line and the text,
// no wider than helpWidth.
//
//go:embed topics/*.txt
var topics embed.FS

// addTopics makes each topic a command below help, and has the page of the root
// list them. They are not below the root: "imgrename manifest" would print a page
// and exit with 0.
func addTopics(root *cobra.Command) {
	help, _, _ := root.Find([]string{"help"})
	help.Use, help.Short = "help [command | topic]", "Help about any command or topic"
	help.Long = "Print the help of a command, or a topic."
	help.SuggestionsMinimumDistance = root.SuggestionsMinimumDistance
	files, _ := topics.ReadDir("topics") // embedded, so it is there
	for _, file := range files {
		text, _ := topics.ReadFile(path.Join("topics", file.Name()))
		title, _, _ := strings.Cut(string(text), "\n")
		topic := &cobra.Command{
			Use: strings.TrimSuffix(file.Name(), ".txt"), Short: title, Long: string(text), Args: none,
			Run: func(cmd *cobra.Command, _ []string) { _, _ = cmd.OutOrStdout().Write(text) },
		}
		usageErrors(topic)
		help.AddCommand(topic)
	}
	suggestTopics(root, help)
	suggestTopics(help, help)
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		err := usage(cmd)
		if err == nil && cmd == root {
			_, err = fmt.Fprint(cmd.OutOrStderr(), topicList(help))
		}
		return err
	})
}

// topicList lists the topics for the root's page.
func topicList(help *cobra.Command) string {
	var b strings.Builder
	b.WriteString("\nHelp Topics (imgrename help TOPIC):\n")
	for _, topic := range help.Commands() {
		fmt.Fprintf(&b, "  %-*s %s\n", topic.NamePadding(), topic.Name(), topic.Short)
	}
	return b.String()
}

// suggestTopics has a command's complaint about an unknown word name the topics
// that may be meant, beside the commands.
func suggestTopics(cmd, help *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, words []string) error {
		err := check(cmd, words)
		if err == nil {
			return nil
		}
		near := cmd.Root().SuggestionsFor(words[0])
		for _, topic := range help.SuggestionsFor(words[0]) {
			near = append(near, "help "+topic)
		}
		if last := len(near) - 1; last >= 0 && strings.HasPrefix(near[last], "help ") {
			return &usageError{hinted{err, "did you mean " + strings.Join(near, " or ") + "?"}}
		}
		return err
	}
}
