package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// exactlyOne checks that there is one argument, which is what.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return fmt.Errorf("name a %s", what)
		case 1:
			return nil
		}
		return fmt.Errorf("expected one %s, got %d: %s", what, len(args), strings.Join(args, " "))
	}
}

// someOf checks that there is an argument, and says what it should be.
func someOf(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("name a %s", what)
		}
		return nil
	}
}

// none checks that there are no arguments.
func none(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument: %s", strings.Join(args, " "))
	}
	return nil
}
