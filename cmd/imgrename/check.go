package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"imgrename/batch/plan"
	"imgrename/manifest"
)

func newCheck(c *common) *cobra.Command {
	r := &reading{common: c}
	cmd := &cobra.Command{
		Use:  "check MANIFEST",
		Args: exactlyOne("a manifest"),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := r.readManifest(args[0])
			if err != nil {
				return err
			}
			s := summaryOf(nil)
			s.Rows = len(file.Rows)
			said := describe(file)
			if invalid(file) == 0 {
				said = "ok: " + said
			}
			c.finishWith(c.out, s, args[0]+": "+said)
			return nil
		},
	}
	r.bindAllowEmpty(cmd.Flags())
	return cmd
}

// describe says what was read.
func describe(file *manifest.File) string {
	places := make(map[place]bool)
	for i := range file.Rows {
		if len(file.Rows[i].Invalid) == 0 {
			places[place{file.Rows[i].Profile, file.Rows[i].RegionID}] = true
		}
	}
	delimiter := map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs"}[file.Delimiter]
	said := fmt.Sprintf("%s, %s, %s", file.Encoding, delimiter, plan.Count(len(file.Rows), "row"))
	if n := invalid(file); n > 0 {
		said += fmt.Sprintf(", %d of them invalid,", n)
	}
	return said + " in " + plan.Count(len(places), "lane")
}

// invalid counts the rows that --skip-invalid kept.
func invalid(file *manifest.File) (n int) {
	for i := range file.Rows {
		if len(file.Rows[i].Invalid) > 0 {
			n++
		}
	}
	return n
}
