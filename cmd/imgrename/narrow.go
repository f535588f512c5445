package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// checkRegion refuses what can be no region: it would become part of the name of
// a host that is sent signed calls.
func checkRegion(region string) error {
	err := ecs.CheckColumn("region_id", region)
	if v, ok := errors.AsType[*ecs.ValueError](err); ok && !v.Mild {
		return err
	}
	return nil
}

// narrow keeps the rows of --only-region. That there are none is a problem: the
// region may be misspelt.
func (c *reading) narrow(file *manifest.File) {
	if c.onlyRegion == "" || len(file.Rows) == 0 {
		return
	}
	all := file.Rows
	last, regions := all[len(all)-1].Line, regionsOf(all)
	file.Rows = slices.DeleteFunc(all, func(row manifest.Row) bool { return row.RegionID != c.onlyRegion })
	if len(file.Rows) == 0 && !c.allowEmpty && len(file.Problems) == 0 {
		file.Problems = append(file.Problems, &manifest.Error{Line: last, Err: hinted{
			fmt.Errorf("no row is of region %q, which %s names", c.onlyRegion, c.given.called("only-region")),
			"the rows are of " + regions + "; --allow-empty accepts that",
		}})
	}
}

// regionsOf names the first regions of rows.
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

// narrowRegions keeps of some regions the one that --only-region names. of says
// what they are the regions of, should it be none of them.
func (c *common) narrowRegions(regions []string, of string) ([]string, error) {
	switch {
	case c.onlyRegion == "" || len(regions) == 0:
		return regions, nil
	case slices.Contains(regions, c.onlyRegion):
		return []string{c.onlyRegion}, nil
	}
	return nil, &usageError{fmt.Errorf("%s %s: the regions %s are %s", c.given.called("only-region"), c.onlyRegion, of, strings.Join(regions, ", "))}
}

// narrowRun refuses an --only-region that no row of a run is of.
func (c *common) narrowRun(id string, p *plan.Plan) error {
	var regions []string
	for _, lane := range p.Lanes {
		regions = append(regions, lane.Region)
	}
	slices.Sort(regions)
	_, err := c.narrowRegions(slices.Compact(regions), "of run "+id)
	return err
}

// wholeRun refuses an --only-region beside a run that has other regions too.
func (c *common) wholeRun(info runs.Info) error {
	others := func(lane string) bool { return !strings.HasSuffix(lane, "/"+c.onlyRegion) }
	if c.onlyRegion == "" || !slices.ContainsFunc(info.Head.Lanes, others) {
		return nil
	}
	return &usageError{hinted{
		fmt.Errorf("%s %s: run %s has rows of other regions too, and is finished as a whole", c.given.called("only-region"), c.onlyRegion, info.ID),
		"leave the flag out, or close the run with --abandon and apply that region alone, from the manifest",
	}}
}

// checkSaved refuses what is asked of a manifest's rows where there is a saved
// plan: its rows are settled, and approved as they are. What the environment says
// of how manifests are read is not meant for it.
func (c *common) checkSaved(name string, rows []manifest.Row) error {
	var problems []error
	for _, flag := range []string{"default-region", "encoding", "delimiter", "skip-invalid"} {
		if c.given.typed(flag) {
			problems = append(problems, fmt.Errorf("%s is for reading a manifest, and %s is a saved plan", c.given.called(flag), name))
		}
	}
	others := func(row manifest.Row) bool { return row.RegionID != c.onlyRegion }
	if c.onlyRegion != "" && slices.ContainsFunc(rows, others) {
		problems = append(problems, hinted{
			fmt.Errorf("%s %s: the saved plan %s has rows of other regions too, and is applied as a whole", c.given.called("only-region"), c.onlyRegion, name),
			"make a plan of that region alone, from the manifest",
		})
	}
	return badUsage(problems...)
}
