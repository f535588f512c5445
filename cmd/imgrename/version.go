package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(c *common) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			if c.json {
				c.event(versionEvent{"version", version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
				return
			}
			printVersion(c.out)
		},
	}
}

func printVersion(w io.Writer) {
	fmt.Fprintf(w, "imgrename %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
