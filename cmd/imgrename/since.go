package main

// What a plan has beside one that was approved.

import (
	"errors"
	"fmt"
	"io"
	"time"

	"imgrename/batch/plan"
	"imgrename/report"
)

// A prior is a plan that another is held against.
type prior struct {
	name    string
	saved   *plan.Saved
	differs []plan.Difference
}

type sinceEvent struct {
	Event   string `json:"event"`  // since
	Change  string `json:"change"` // new, gone or different
	Line    int    `json:"line"`   // if it is gone, in the earlier plan
	Account string `json:"account"`
	Region  string `json:"region_id"`
	ImageID string `json:"image_id"`
	Text    string `json:"text,omitempty"` // what is different
}

// readEarlier reads the plan of --since, nil if there is none.
func (d *dry) readEarlier() (*prior, error) {
	switch path := d.since; {
	case path == "":
		return nil, nil
	case path == "-":
		return nil, &usageError{errors.New("--since needs the name of a file")}
	}
	if err := d.keepApart(d.output, fileFor{"the file of --since", d.since}); err != nil {
		return nil, err
	}
	in, err := d.open(d.since)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if !in.saved() {
		return nil, &usageError{fmt.Errorf("--since %s: not a saved plan", d.since)}
	}
	saved, err := decodePlan(in)
	if err != nil {
		return nil, err
	}
	return &prior{name: d.since, saved: saved}, nil
}

// compare finds out what p has beside the earlier plan.
func (e *prior) compare(p *plan.Plan) {
	if e != nil {
		e.differs = p.Since(e.saved.Plan)
	}
}

// tellSince writes the differences to a stream.
func (d *dry) tellSince(w *sink, p *plan.Plan) error {
	e := d.earlier
	if e == nil {
		return nil
	}
	what := "nothing differs from it"
	if n := len(e.differs); n == 1 {
		what = "1 row differs"
	} else if n > 1 {
		what = plan.Count(n, "row") + " differ"
	}
	fmt.Fprintf(w, "since %s, of %s: %s\n", report.Printable(e.name), e.saved.Info.Created.UTC().Format(time.DateTime), what)
	most := troubles
	if d.rows == "all" {
		most = 0
	}
	if err := d.view(w, p, nil, true).WriteSince(w, e.saved.Plan, e.differs, most); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// sinceEvents writes the differences for a program.
func (d *dry) sinceEvents(p *plan.Plan) {
	if d.earlier == nil {
		return
	}
	for _, diff := range d.earlier.differs {
		of, i, change := p, diff.Now, "different"
		switch {
		case diff.Now < 0:
			of, i, change = d.earlier.saved.Plan, diff.Then, "gone"
		case diff.Then < 0:
			change = "new"
		}
		row := &of.Rows[i]
		lane := of.Lanes[row.Lane]
		d.event(sinceEvent{"since", change, row.Line, lane.Account, lane.Region, row.ImageID, diff.Text})
	}
}
