package main

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(c *common) *cobra.Command {
	return &cobra.Command{
		Use:  "version",
		Args: none,
		Run: func(*cobra.Command, []string) {
			if c.json {
				c.event(versionEvent{"version", version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
				return
			}
			printVersion(c.out)
		},
	}
}

// justVersion is the whole program where nothing but the version is asked for.
func justVersion() int {
	c := &common{streams: streams{out: &sink{w: os.Stdout}, err: &sink{w: os.Stderr}}}
	printVersion(c.out)
	return c.end(nil)
}

func printVersion(w io.Writer) {
	fmt.Fprintf(w, "imgrename %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
