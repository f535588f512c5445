package main

// The review of a plan, for programs.

import (
	"imgrename/batch/plan"
	"imgrename/batch/review"
)

type (
	ruleEvent struct {
		Event          string   `json:"event"` // rule
		Rule           int      `json:"rule"`  // from 1
		Attribute      string   `json:"attribute"`
		Pattern        string   `json:"pattern"`
		Rows           int      `json:"rows"`
		Regions        int      `json:"regions"`
		First          int      `json:"first"` // line
		Last           int      `json:"last"`
		Uncovered      []string `json:"uncovered,omitempty"`       // the first image ids
		UncoveredCount int      `json:"uncovered_count,omitempty"` // of all
	}
	outlierEvent struct {
		Event     string `json:"event"` // outlier
		Line      int    `json:"line"`
		Region    string `json:"region_id"`
		ImageID   string `json:"image_id"`
		Attribute string `json:"attribute"`
		OldName   string `json:"old_name"`
		NewName   string `json:"new_name"`
		Why       string `json:"why"`
		Near      int    `json:"near_rule,omitempty"` // from 1
	}
	// reviewCounts are what the summary says of a review.
	reviewCounts struct {
		Rules    int `json:"rules"`
		Outliers int `json:"outliers"`
		LookAt   int `json:"look_at"`
	}
)

// review takes in what is known of a plan's review, which may be nothing.
func (s *summary) review(p *plan.Plan, r *review.Review) {
	if r != nil {
		s.reviewCounts = &reviewCounts{len(r.Rules), len(r.Outliers), r.LookAt(p)}
	}
}

// reviewEvents writes the review of a plan; nil writes none.
func (c *common) reviewEvents(p *plan.Plan, r *review.Review) {
	if !c.json || r == nil {
		return
	}
	for i := range r.Rules {
		c.event(ruleEventOf(i, p, &r.Rules[i]))
	}
	for i := range r.Outliers {
		o := &r.Outliers[i]
		row := &p.Rows[o.Row]
		name := row.OldName()
		e := outlierEvent{
			Event: "outlier", Line: row.Line, Region: p.Lanes[row.Lane].Region, ImageID: row.ImageID,
			Attribute: o.Attribute.String(), OldName: name, NewName: name, Why: r.Why(o), Near: o.Near + 1,
		}
		if row.Want.ImageName != "" {
			e.NewName = row.Want.ImageName
		}
		c.event(e)
	}
}

func ruleEventOf(i int, p *plan.Plan, r *review.Rule) ruleEvent {
	e := ruleEvent{
		Event: "rule", Rule: i + 1, Attribute: r.Attribute.String(), Pattern: r.Pattern(), Rows: len(r.Rows),
		First: p.Rows[r.Rows[0]].Line, UncoveredCount: r.UncoveredCount,
	}
	for _, row := range r.Rows {
		e.First, e.Last = min(e.First, p.Rows[row].Line), max(e.Last, p.Rows[row].Line)
	}
	regions := make(map[string]bool)
	for lane, n := range r.ByLane(p) {
		if n > 0 {
			regions[p.Lanes[lane].Region] = true
		}
	}
	e.Regions = len(regions)
	for _, image := range r.Uncovered {
		e.Uncovered = append(e.Uncovered, image.ID)
	}
	return e
}
