package main

import (
	"github.com/spf13/cobra"
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
	r.bindReading(cmd.Flags())
	return cmd
}
