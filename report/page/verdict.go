package page

import (
	"imgrename/batch/plan"
)

// A verdict is what a reader must know who reads nothing else.
type verdict struct {
	Tone  tone
	Head  phrase
	Facts [][]phrase // lines
}

// A tone is how a thing is coloured.
type tone string

const (
	good    tone = "good"
	caution tone = "caution"
	bad     tone = "bad"
	plain   tone = "plain"
)

func (s *sheet) verdict() verdict {
	v := verdict{Facts: s.facts()}
	v.Tone, v.Head = s.head()
	return v
}

// head returns the verdict in one sentence.
func (s *sheet) head() (tone, phrase) {
	planned := counted{s.Plan.Totals()[plan.Planned], "change"}
	switch looks := len(s.Looks); {
	case s.Results != nil:
		return s.headEnded()
	case planned.n+looks == 0:
		return good, say(headNothing)
	case looks == 0:
		return good, say(headClean, planned)
	default:
		return caution, say(headLook, planned, counted{looks, "thing"})
	}
}

// headEnded returns the verdict on a run.
func (s *sheet) headEnded() (tone, phrase) {
	done := 0
	for i := range s.Results {
		if s.Results[i].Outcome.Succeeded() {
			done++
		}
	}
	if rest := len(s.Results) - done; rest > 0 {
		return bad, say(headNeeds, counted{done, "row"}, counted{rest, "row"})
	}
	return good, say(headEnded, counted{done, "row"})
}

func (s *sheet) facts() [][]phrase {
	return compact([][]phrase{s.factsOfRows(), s.factsOfRules(), s.factsOfFamilies(), s.factsOfRun(), s.factsOfMaking()})
}

// compact leaves out lines without facts.
func compact(lines [][]phrase) (some [][]phrase) {
	for _, line := range lines {
		if len(line) > 0 {
			some = append(some, line)
		}
	}
	return some
}

func (s *sheet) factsOfRows() []phrase {
	regions, accounts := make(map[string]bool), make(map[string]bool)
	for i := range s.Plan.Rows {
		if r := &s.Plan.Rows[i]; r.Verdict == plan.Planned {
			regions[s.Plan.Lanes[r.Lane].Region] = true
			accounts[s.Plan.Lanes[r.Lane].Account] = true
		}
	}
	totals := s.Plan.Totals()
	changes := counted{totals[plan.Planned], "change"}
	facts := []phrase{say(factChanges, changes, counted{len(regions), "region"}, counted{len(accounts), "account"})}
	if held := len(s.Plan.Rows) - totals[plan.Planned] - totals[plan.Unchanged]; held > 0 {
		facts = append(facts, say(factHeld, counted{held, "row"}))
	}
	if n := totals[plan.Unchanged]; n > 0 {
		facts = append(facts, say(factUnchanged, counted{n, "row"}))
	}
	return facts
}

func (s *sheet) factsOfRules() (facts []phrase) {
	if rules, outliers := len(s.Review.Rules), len(s.Review.Outliers); rules+outliers > 0 {
		facts = append(facts, say(factRules, counted{rules, "rule"}, counted{outliers, "outlier"}))
	}
	if none := s.noRules(); !none.Empty() {
		facts = append(facts, none)
	}
	return facts
}

func (s *sheet) factsOfFamilies() []phrase {
	n := 0
	for _, risk := range s.Plan.Risks {
		if risk.Kind == plan.FamilyMoves || risk.Kind == plan.DeprecateLast {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []phrase{say(factFamilies, counted{n, "family"})}
}

func (s *sheet) factsOfRun() (facts []phrase) {
	if s.Run.ID != "" {
		facts = append(facts, say(factRun, code(s.Run.ID)))
	}
	if !s.Run.Started.IsZero() && !s.Run.Ended.IsZero() {
		facts = append(facts, say(factTimes, s.Run.Started, s.Run.Ended))
	}
	if s.Run.Why != "" {
		facts = append(facts, say(factWhy, code(s.Run.Why)))
	}
	return facts
}

func (s *sheet) factsOfMaking() (facts []phrase) {
	if !s.Info.Made.IsZero() {
		facts = append(facts, say(factMade, s.Info.Made))
	}
	if s.Info.Tool != "" {
		facts = append(facts, say(factTool, code(s.Info.Tool)))
	}
	if s.Info.Source != "" {
		facts = append(facts, say(factSource, code(s.Info.Source)))
	}
	if s.Info.Rehearsed != "" {
		facts = append(facts, say(factRehearsed, code(s.Info.Rehearsed)))
	}
	if s.Info.Sum != "" {
		facts = append(facts, say(factSum, code(s.Info.Sum)))
	}
	return facts
}
