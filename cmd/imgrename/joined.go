package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// One report of several runs of a manifest, such as those of its shards.

// reportJoined writes the report of several runs. whole is the manifest that they are
// of, "" if that is not given.
func (c *common) reportJoined(ids []string, whole, format string) error {
	if format == "md" || format == "html" || slices.ContainsFunc(c.reports, isPage) {
		return &usageError{hinted{errors.New("a page is of one run"), "write the report of several as csv, jsonl or text"}}
	}
	pasts := make([]*past, len(ids))
	for i, id := range ids {
		var err error
		if pasts[i], err = c.past(id); err != nil {
			return err
		}
	}
	if err := sameManifest(pasts); err != nil {
		return err
	}
	parts := make([]report.Report, len(pasts))
	for i, p := range pasts {
		parts[i] = p.rows
	}
	joined, err := report.Join(parts)
	if overlap, ok := errors.AsType[*report.OverlapError](err); ok {
		first, second := pasts[overlap.First].end.Run, pasts[overlap.Second].end.Run
		return &usageError{hinted{fmt.Errorf("runs %s and %s both have line %d of the manifest", first, second, overlap.Line), "name one of them: the newer one, if the other was closed"}}
	}
	if err == nil && whole != "" {
		joined, err = c.addRest(joined, whole, pasts[0])
	}
	if err != nil {
		return err
	}
	return c.writeJoined(joined, pasts, format)
}

func isPage(file string) bool {
	return strings.HasSuffix(file, ".md") || strings.HasSuffix(file, ".html")
}

// sameManifest returns an error unless runs are of the same manifest, to the byte.
func sameManifest(pasts []*past) error {
	for _, p := range pasts {
		switch {
		case p.head.Manifest == "":
			return &usageError{fmt.Errorf("run %s is not of a manifest, but of a saved plan or of an earlier version: it can only be reported alone", p.end.Run)}
		case p.head.Manifest != pasts[0].head.Manifest:
			return &usageError{fmt.Errorf("runs %s and %s are of different manifests", pasts[0].end.Run, p.end.Run)}
		}
	}
	return nil
}

// addRest adds the rows of a manifest that no run has. p is one of the runs.
func (c *common) addRest(joined report.Report, path string, p *past) (report.Report, error) {
	in, err := c.open(path)
	if err != nil {
		return joined, err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return joined, &manifestError{in.name, err}
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != p.head.Manifest {
		return joined, &usageError{fmt.Errorf("%s is not the manifest of run %s, or has changed since", in.name, p.end.Run)}
	}
	file, err := manifest.Read(strings.NewReader(string(text)), manifest.Options{
		Encoding: c.encoding, Delimiter: c.delimiter, DefaultRegion: c.defaultRegion, DefaultProfile: c.profile,
		AllowEmpty: true, SkipInvalid: true, Check: ecs.CheckColumn,
	})
	if err != nil {
		return joined, &manifestError{in.name, err}
	}
	rest, have := report.Report{Plan: new(plan.Plan), Extra: file.Extra}, joined.Lines()
	lanes := make(map[string]int)
	for i := range file.Rows {
		row := &file.Rows[i]
		if _, done := slices.BinarySearch(have, row.Line); done {
			continue
		}
		at, known := lanes[row.RegionID]
		if !known {
			at = len(rest.Plan.Lanes)
			lanes[row.RegionID] = at
			rest.Plan.Lanes = append(rest.Plan.Lanes, plan.Lane{Region: row.RegionID})
		}
		old := ecs.Attributes(row.Condition())
		rest.Plan.Rows = append(rest.Plan.Rows, plan.Row{Request: plan.Request{Row: row, Lane: at}, ImageID: row.ImageID, Old: &old, Verdict: plan.Planned})
		rest.Results = append(rest.Results, history.Result{Outcome: plan.Pending, Code: history.CodeNoRun, Message: "none of these runs has the row"})
	}
	return report.Join([]report.Report{joined, rest})
}

// writeJoined writes a joined report in a format, and its copies.
func (c *common) writeJoined(joined report.Report, pasts []*past, format string) error {
	s := summaryOf(joined.Results)
	for _, p := range pasts {
		s.Runs = append(s.Runs, p.end.Run)
		s.Next = cmp.Or(s.Next, p.end.Next)
	}
	if err := c.writeReports(&told{Report: joined, info: pasts[0].told.info}); err != nil {
		return err
	}
	switch {
	case format == "csv":
		return joined.CSV(c.out)
	case format == "jsonl":
		return joined.JSONL(c.out)
	case c.json:
		c.rowEvents("", joined)
		c.event(s)
		return nil
	}
	if err := joined.Text(c.out); err != nil {
		return err
	}
	fmt.Fprintln(c.out, s)
	return nil
}
