package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// The plan file is one JSON object. Its members have a fixed order and a line
// each, and so have the elements of long ones: it is written and read as a
// stream, and can be compared with diff.
//
//	format    "imgrename plan"
//	schema    the version of this layout, 1
//	tool, created, source, extra   a [FileInfo]; extra names the x_ columns
//	job       the JobHash
//	totals    rows by verdict
//	calls     how many writes it takes
//	lanes     account and region; other members refer to them by position
//	rows      as the manifest has them, in its order:
//	            line, profile, region_id, lane, image_id; by_name where the
//	              manifest gives no id, and image_id is what was found
//	            verdict; problem (code, message, image_id, line) why it is held back
//	            old        all values as listed; one that is left out was empty
//	            new        the desired values; one that is left out stays as it is
//	            condition  the values the manifest makes a condition
//	            note, extra  the cells to be carried into reports
//	chains    lane; ring, open; after (chains that end before, by position);
//	            steps: row (by position), set (what is sent), park
//	risks, warnings   kind, lane, rows, image_ids, family, before, after, text
//	parked    row (by position), name (from before another run parked the image);
//	          left out if there is none
//	sum       "sha256:" and the hash of all bytes above this line
//
// A plan is inert: a program that reads it does nothing that New would not plan
// for the same images. The sum detects edits; it does not say who made the plan.
const (
	fileFormat = "imgrename plan"
	fileSchema = 1
)

// A FileInfo is what a plan file says about how it was made.
type FileInfo struct {
	Tool    string    // the version that made it
	Created time.Time // written in UTC, to the second
	Source  string    // the manifest, as the user named it
	Extra   []string  // names of the manifest's x_ columns
	// Review is what was said about the plan when it was made, which its images
	// are needed for: compact JSON of whatever form, or nil.
	Review json.RawMessage
}

type wireRow struct {
	Line      int            `json:"line"`
	Profile   string         `json:"profile,omitempty"`
	RegionID  string         `json:"region_id,omitempty"`
	Lane      int            `json:"lane"`
	ImageID   string         `json:"image_id,omitempty"`
	ByName    bool           `json:"by_name,omitempty"`
	Verdict   Outcome        `json:"verdict"`
	Problem   *Problem       `json:"problem,omitempty"`
	Old       ecs.Attributes `json:"old,omitzero"`
	New       ecs.Attributes `json:"new,omitzero"`
	Condition ecs.Attributes `json:"condition,omitzero"`
	Note      string         `json:"note,omitempty"`
	Extra     []string       `json:"extra,omitempty"`
}

type wireChain struct {
	Lane  int        `json:"lane"`
	Ring  bool       `json:"ring,omitempty"`
	Open  bool       `json:"open,omitempty"`
	After []int      `json:"after,omitempty"`
	Steps []wireStep `json:"steps"`
}

type wireStep struct {
	Row  int            `json:"row"`
	Set  ecs.Attributes `json:"set"`
	Park bool           `json:"park,omitempty"`
}

func (w *wireRow) row() Row {
	m := &manifest.Row{
		Line: w.Line, Profile: w.Profile, RegionID: w.RegionID, ImageID: w.ImageID,
		Want: manifest.Values(w.New), Current: manifest.Conditions(manifest.Values(w.Condition)),
		Note: w.Note, Extra: w.Extra,
	}
	if w.ByName {
		m.ImageID = ""
	}
	old := w.Old
	return Row{
		Request: Request{Row: m, Lane: w.Lane}, ImageID: w.ImageID, Old: &old, Verdict: w.Verdict, Problem: w.Problem,
	}
}

// chain returns the chain. A step that sets all its row wants shares the values.
func (w *wireChain) chain(rows []Row) Chain {
	c := Chain{Lane: w.Lane, Ring: w.Ring, Open: w.Open, After: w.After, Steps: make([]Step, len(w.Steps))}
	for i := range w.Steps {
		s := &w.Steps[i]
		c.Steps[i] = Step{Row: s.Row, Park: s.Park}
		if fits(s.Row, len(rows)) && *rows[s.Row].wanted() == s.Set {
			c.Steps[i].Set = rows[s.Row].wanted()
		} else {
			set := s.Set
			c.Steps[i].Set = &set
		}
	}
	return c
}

// wanted returns the values that the row wants, not a copy.
func (r *Row) wanted() *ecs.Attributes { return (*ecs.Attributes)(&r.Want) }

// check returns an error unless the plan is consistent: every index is in range,
// every row that is held back has a problem, and every other row has values that
// a manifest may have. A region becomes part of a host's name.
func (p *Plan) check() error {
	regions := make(map[string]bool)
	for i := range p.Rows {
		r := &p.Rows[i]
		if !fits(r.Lane, len(p.Lanes)) || !r.sound() {
			return fmt.Errorf("row %d does not fit", i)
		}
		if r.Problem != nil && r.Problem.Code == InvalidRow {
			continue
		}
		if region := p.Lanes[r.Lane].Region; r.RegionID != region {
			return fmt.Errorf("row %d: region %q in a lane of %q", i, r.RegionID, region)
		}
		if err := r.checkValues(regions); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	for i := range p.Chains {
		if !p.sound(&p.Chains[i]) {
			return fmt.Errorf("chain %d does not fit", i)
		}
	}
	for _, parked := range p.Parked {
		if !fits(parked.Row, len(p.Rows)) {
			return fmt.Errorf("parked row %d does not fit", parked.Row)
		}
	}
	for _, notices := range [][]Notice{p.Risks, p.Warnings} {
		for _, n := range notices {
			if n.Kind == 0 || !fits(n.Lane, len(p.Lanes)) || !allFit(n.Rows, len(p.Rows)) {
				return fmt.Errorf("notice %q does not fit", n.Text)
			}
		}
	}
	return nil
}

// checkValues checks what of the row is sent to the API: not what a row that is
// held back wants, nor what the image has already, which may be an old name that
// the API would not take any more. known are regions that were checked before.
func (r *Row) checkValues(known map[string]bool) error {
	if !known[r.RegionID] {
		if err := checkValue("region_id", r.RegionID); err != nil {
			return err
		}
		known[r.RegionID] = true
	}
	if r.ImageID != "" {
		if err := checkValue("image_id", r.ImageID); err != nil {
			return err
		}
	}
	if r.Problem != nil {
		return nil
	}
	for a, value := range r.Old.Changes(*r.wanted()).All() {
		if value != "" {
			if err := checkValue(a.String(), strings.Map(unmarked, value)); err != nil {
				return err
			}
		}
	}
	return nil
}

// unmarked replaces marks, so that they pass. Earlier versions let them pass in
// names, and what is left of their runs must be readable; the API refuses them.
func unmarked(r rune) rune {
	if unicode.IsMark(r) {
		return '-'
	}
	return r
}

func checkValue(column, value string) error {
	err := ecs.CheckColumn(column, value)
	if v, ok := errors.AsType[*ecs.ValueError](err); ok && !v.Mild {
		return fmt.Errorf("%s: %w", column, err)
	}
	return nil
}

func (r *Row) sound() bool {
	switch r.Verdict {
	case Planned, Unchanged:
		return r.Problem == nil && r.ImageID != ""
	case Refused, Conflict, Blocked, Failed, Pending, Stranded:
		return r.Problem != nil
	default:
		return false
	}
}

func (p *Plan) sound(c *Chain) bool {
	stray := func(s Step) bool { return !fits(s.Row, len(p.Rows)) || p.Rows[s.Row].Lane != c.Lane }
	return fits(c.Lane, len(p.Lanes)) && allFit(c.After, len(p.Chains)) &&
		len(c.Steps) > 0 && !slices.ContainsFunc(c.Steps, stray)
}

func allFit(indexes []int, n int) bool {
	return !slices.ContainsFunc(indexes, func(i int) bool { return !fits(i, n) })
}

func fits(i, n int) bool { return i >= 0 && i < n }
