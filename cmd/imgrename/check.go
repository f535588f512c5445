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
		Args: exactlyOne("manifest"),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := r.readManifest(args[0])
			if err != nil {
				return err
			}
			s := summaryOf(nil)
			s.Rows = len(file.Rows)
			said, invalid := describe(file)
			if invalid == 0 {
				said = "ok: " + said
			}
			c.finishWith(c.out, s, args[0]+": "+said)
			return nil
		},
	}
	r.bindAllowEmpty(cmd.Flags())
	return cmd
}

// describe says how a manifest was read. invalid counts its invalid rows.
func describe(file *manifest.File) (said string, invalid int) {
	places := make(map[[2]string]bool)
	for i := range file.Rows {
		if row := &file.Rows[i]; len(row.Invalid) > 0 {
			invalid++
		} else {
			places[[2]string{row.Profile, row.RegionID}] = true
		}
	}
	delimiter := map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs"}[file.Delimiter]
	said = fmt.Sprintf("%s, %s, %s", file.Encoding, delimiter, plan.Count(len(file.Rows), "row"))
	if invalid > 0 {
		said += fmt.Sprintf(", %d of them invalid,", invalid)
	}
	return said + " in " + plan.Count(len(places), "lane"), invalid
}
