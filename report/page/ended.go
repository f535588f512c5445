package page

import (
	"cmp"
	"slices"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/report"
)

// An ended is how a run ended.
type ended struct {
	Counts   []count
	Needs    []row // rows that need a person, the worst first
	More     int   // rows that need a person and are not among them
	Timeline []bar
	Last     time.Time // when the last row of the timeline was decided
}

// A count is how many rows have one outcome.
type count struct {
	Outcome phrase
	Rows    int
}

// A result is how one row ended. Its texts are printable.
type result struct {
	Outcome   string
	Code      string
	Message   string
	Succeeded bool
}

func resultOf(r *history.Result) *result {
	return &result{r.Outcome.String(), report.Printable(r.Code), report.Printable(report.Message(r)), r.Outcome.Succeeded()}
}

// needy is how many rows that need a person are listed at most.
const needy = 500

func (s *sheet) ended() *ended {
	e := new(ended)
	totals := history.Totals(s.Results)
	for _, o := range plan.Outcomes() {
		if totals[o] > 0 {
			e.Counts = append(e.Counts, count{outcome(o.String()), totals[o]})
		}
	}
	for _, o := range worstFirst() {
		for i := range s.Results {
			switch {
			case s.Results[i].Outcome != o:
			case len(e.Needs) == needy:
				e.More++
			default:
				e.Needs = append(e.Needs, s.row(i))
			}
		}
	}
	e.Timeline, e.Last = timelineOf(s.Results)
	return e
}

// worstFirst lists the outcomes of rows that need a person.
func worstFirst() []plan.Outcome {
	return []plan.Outcome{
		plan.Stranded, plan.Unknown, plan.Failed, plan.Conflict, plan.Refused, plan.Blocked, plan.Pending, plan.Undecided,
	}
}

// A bar is the rows that were decided within one part of a run.
type bar struct {
	From      time.Time
	Rows, Bad int
}

// bars is how many parts a run is divided into.
const bars = 60

// timelineOf divides the time from the first call to the last outcome evenly.
// It is nil if no row was begun.
func timelineOf(results []history.Result) (line []bar, end time.Time) {
	begun := make([]*history.Result, 0, len(results))
	for i := range results {
		if r := &results[i]; !r.Started.IsZero() && r.Finished >= r.Started {
			begun = append(begun, r)
		}
	}
	if len(begun) == 0 {
		return nil, end
	}
	first := slices.MinFunc(begun, func(a, b *history.Result) int { return cmp.Compare(a.Started, b.Started) }).Started
	last := slices.MaxFunc(begun, func(a, b *history.Result) int { return cmp.Compare(a.Finished, b.Finished) }).Finished
	width := max(1, (last-first)/bars+1)
	line = make([]bar, bars)
	for i := range line {
		line[i].From = (first + history.Moment(i)*width).Time()
	}
	for _, r := range begun {
		b := &line[(r.Finished-first)/width]
		b.Rows++
		if !r.Outcome.Succeeded() {
			b.Bad++
		}
	}
	return line, last.Time()
}
