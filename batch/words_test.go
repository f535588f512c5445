package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// outcomes are the rows' outcomes, one word each.
func (r *record) outcomes() string {
	var words []string
	for _, result := range r.results {
		words = append(words, result.Outcome.String())
	}
	return strings.Join(words, " ")
}

// codes are the rows' codes, - for none.
func (r *record) codes() string {
	var words []string
	for _, result := range r.results {
		if result.Code == "" {
			result.Code = "-"
		}
		words = append(words, result.Code)
	}
	return strings.Join(words, " ")
}

// attempts are the rows' attempts.
func (r *record) attempts() string {
	var words []string
	for _, result := range r.results {
		words = append(words, fmt.Sprint(result.Attempts))
	}
	return strings.Join(words, " ")
}

// messages are the rows' messages, one a line.
func (r *record) messages() string {
	var lines []string
	for i, result := range r.results {
		lines = append(lines, fmt.Sprintf("%d %s %s: %s", i, result.Outcome, result.Code, result.Message))
	}
	return strings.Join(lines, "\n")
}

// names are the names in the first lane, by id.
func (st *stage) names() string { return st.namesIn(region) }

func (st *stage) namesIn(region string) string {
	var names []string
	for _, image := range st.server.Images(account, region) {
		name := image.Name
		switch {
		case plan.IsTemporary(name):
			name = "TEMPORARY"
		case len(name) == 2 && name[0] == name[1]:
			name = name[:1] // see legal
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// writes are the calls to change something that reached the server.
func (st *stage) writes() []ecssim.Call { return st.calls("ModifyImageAttribute") }

func (st *stage) calls(action string) []ecssim.Call {
	return slices.DeleteFunc(st.server.History(), func(c ecssim.Call) bool { return c.Action != action })
}

// since counts the calls of an action that arrived after a moment.
func since(calls []ecssim.Call, moment time.Time) (n int) {
	for _, c := range calls {
		if c.Arrived.After(moment) {
			n++
		}
	}
	return n
}

// replay reads a journal with these records.
func replay(records []history.Record) *history.Replay {
	r := new(history.Replay)
	for _, record := range records {
		r.Add(record)
	}
	return r
}

// rebuilt returns the results that a journal with these records gives.
func rebuilt(p *plan.Plan, records []history.Record) []history.Result {
	b := history.NewRebuild(p)
	for _, r := range records {
		b.Add(r)
	}
	return b.Results()
}
