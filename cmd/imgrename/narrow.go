package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// regionsOf lists the regions of rows, the first few of many.
func regionsOf(rows []manifest.Row) string {
	const most = 5
	var regions []string
	for i := range rows {
		regions = append(regions, cmp.Or(rows[i].RegionID, "no region"))
	}
	if regions = unique(regions); len(regions) > most {
		return strings.Join(regions[:most], ", ") + " and others"
	}
	return strings.Join(regions, ", ")
}

// narrowRegions keeps the region of --only-region, which must be among the
// regions given. of says for the error whose regions they are.
func (c *common) narrowRegions(regions []string, of string) ([]string, error) {
	switch {
	case c.onlyRegion == "" || len(regions) == 0:
		return regions, nil
	case slices.Contains(regions, c.onlyRegion):
		return []string{c.onlyRegion}, nil
	}
	return nil, &usageError{fmt.Errorf("%s %s: the regions %s are %s", c.given.called("only-region"), c.onlyRegion, of, strings.Join(regions, ", "))}
}

// narrowRun returns an error if no row of a run is in --only-region.
func (c *common) narrowRun(id string, p *plan.Plan) error {
	var regions []string
	for _, lane := range p.Lanes {
		regions = append(regions, lane.Region)
	}
	slices.Sort(regions)
	_, err := c.narrowRegions(slices.Compact(regions), "of run "+id)
	return err
}

// wholeRun returns an error if a run has regions other than --only-region.
func (c *common) wholeRun(info runs.Info) error {
	others := func(lane string) bool { return !strings.HasSuffix(lane, "/"+c.onlyRegion) }
	if c.onlyRegion == "" || !slices.ContainsFunc(info.Head.Lanes, others) {
		return nil
	}
	return &usageError{hinted{
		fmt.Errorf("%s %s: run %s has rows in other regions too and can only be finished as a whole", c.given.called("only-region"), c.onlyRegion, info.ID),
		"omit the flag, or close the run with --abandon and apply the manifest with the flag",
	}}
}

// checkSaved returns an error if flags say how to read a manifest where there
// is a saved plan, whose rows were approved as they are. Flags that come from
// the environment are ignored.
func (c *common) checkSaved(name string, rows []manifest.Row) error {
	var problems []error
	for _, flag := range []string{"default-region", "encoding", "delimiter", "skip-invalid"} {
		if c.given.typed(flag) {
			problems = append(problems, fmt.Errorf("%s is for manifests, and %s is a saved plan", c.given.called(flag), name))
		}
	}
	others := func(row manifest.Row) bool { return row.RegionID != c.onlyRegion }
	if c.onlyRegion != "" && slices.ContainsFunc(rows, others) {
		problems = append(problems, hinted{
			fmt.Errorf("%s %s: the saved plan %s has rows in other regions too and can only be applied as a whole", c.given.called("only-region"), c.onlyRegion, name),
			"plan the manifest again with the flag",
		})
	}
	return badUsage(problems...)
}

// unique returns values without repetitions, in their order.
func unique[T comparable](values []T) []T {
	var kept []T
	for _, v := range values {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}
