package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

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

// none checks that a command got no arguments.
func none(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("no argument is taken: %s", strings.Join(args, " "))
	}
	return nil
}

// atMostOne checks that a command got one argument or none.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return exactlyOne(what)(cmd, args)
	}
}

// commandOf checks that words, if there are any, name a command below cmd.
func commandOf(cmd *cobra.Command, words []string) error {
	found, rest, err := cmd.Find(words)
	if len(words) == 0 || err == nil && len(rest) == 0 {
		return nil
	}
	err = fmt.Errorf("unknown command %q", rest[0])
	if near := found.SuggestionsFor(rest[0]); len(near) > 0 {
		return hinted{err, "did you mean " + strings.Join(near, " or ") + "?"}
	}
	return err
}
