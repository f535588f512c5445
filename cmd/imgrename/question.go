package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/plan"
	"imgrename/report"
)

// askedRegions is how many regions of an account the question names.
const askedRegions = 5

// question is what a person has to confirm, in one sentence: how many images, of
// which accounts, with whose profiles, in which regions, and how many runs are
// closed for it. It is the last that is read before yes is typed.
func question(p *plan.Plan, rehearsed bool, closing int) string {
	var deeds []string
	if changes := p.Totals()[plan.Planned]; changes > 0 {
		noun := "image"
		if rehearsed {
			noun = "simulated image"
		}
		deed := "change " + plan.Count(changes, noun)
		accounts := affected(p)
		if len(accounts) == 1 {
			deed += " of " + accounts[0].String()
		} else {
			var parts []string
			for _, a := range accounts {
				parts = append(parts, fmt.Sprintf("%d of %s", a.images, a))
			}
			deed += ": " + strings.Join(parts, "; ")
		}
		deeds = append(deeds, deed)
	}
	if closing > 0 {
		deeds = append(deeds, "close "+plan.Count(closing, "unfinished run"))
	}
	text := report.Printable(strings.Join(deeds, ", and ") + "?")
	return strings.ToUpper(text[:1]) + text[1:] + " Type yes to apply: "
}

// An affectedAccount is an account with images that would change.
type affectedAccount struct {
	id       string
	profiles []string
	images   int
	regions  []affectedRegion // the one with most images first
}

type affectedRegion struct {
	id     string
	images int
}

func (a affectedAccount) String() string {
	text := "account " + a.id
	if len(a.profiles) > 0 {
		text += ", profile " + strings.Join(a.profiles, " and ")
	}
	var regions []string
	for _, r := range a.regions[:min(len(a.regions), askedRegions)] {
		regions = append(regions, fmt.Sprintf("%s %d", r.id, r.images))
	}
	if more := len(a.regions) - askedRegions; more > 0 {
		regions = append(regions, plan.Count(more, "more region"))
	}
	return text + " (" + strings.Join(regions, ", ") + ")"
}

// affected returns the accounts with images that would change, in the order of
// the plan's lanes.
func affected(p *plan.Plan) []affectedAccount {
	images := make([]int, len(p.Lanes))
	profiles := make([][]string, len(p.Lanes))
	for i := range p.Rows {
		row := &p.Rows[i]
		if row.Verdict != plan.Planned {
			continue
		}
		images[row.Lane]++
		if of := profiles[row.Lane]; row.Profile != "" && !slices.Contains(of, row.Profile) {
			profiles[row.Lane] = append(of, row.Profile)
		}
	}
	var accounts []affectedAccount
	for i, lane := range p.Lanes {
		if images[i] == 0 {
			continue
		}
		at := slices.IndexFunc(accounts, func(a affectedAccount) bool { return a.id == lane.Account })
		if at < 0 {
			at = len(accounts)
			accounts = append(accounts, affectedAccount{id: lane.Account})
		}
		accounts[at].add(affectedRegion{lane.Region, images[i]}, profiles[i])
	}
	for _, a := range accounts {
		slices.SortStableFunc(a.regions, func(x, y affectedRegion) int { return cmp.Compare(y.images, x.images) })
	}
	return accounts
}

func (a *affectedAccount) add(r affectedRegion, profiles []string) {
	a.images += r.images
	a.regions = append(a.regions, r)
	for _, profile := range profiles {
		if !slices.Contains(a.profiles, profile) {
			a.profiles = append(a.profiles, profile)
		}
	}
}
