package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

var forgedEpoch = time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC)

func at(ms int) time.Time { return forgedEpoch.Add(time.Duration(ms) * time.Millisecond) }

// genuine is a swap of two names. The process was killed when the first image
// was parked. Another one read that, and completed the ring after the settle
// time.
func genuine() *evidence {
	e := &evidence{
		account: "1", region: "r", settle: 200 * time.Millisecond, sealed: at(5),
		manifest: []wanted{
			{id: "m-1", oldName: "alpha", name: "beta", oldDescription: "old", about: "new"},
			{id: "m-2", oldName: "beta", name: "alpha", oldDescription: "kept"},
			{id: "m-3", oldName: "gamma", name: "gamma"},
		},
		final: []ecssim.Image{
			{ID: "m-1", Name: "beta", Description: "new"}, {ID: "m-2", Name: "alpha", Description: "kept"}, {ID: "m-3", Name: "gamma"},
		},
		counts: map[string]int{"applied": 2, "unchanged": 1},
	}
	e.look(1)
	e.write(0, values{Description: "new"}, 10, "applied")
	e.write(0, values{Name: e.temporary(e.manifest[0])}, 20, "")
	e.look(40)
	e.write(1, values{Name: "alpha"}, 50, "applied")
	e.write(0, values{Name: "beta"}, 230, "applied")
	e.report = [][]string{
		slices.Clone(reportHeader),
		strings.Split("2,,r,m-1,alpha,beta,applied,,,,id-6,3,,,", ","),
		strings.Split("3,,r,m-2,beta,alpha,applied,,,,id-5,1,,,", ","),
		strings.Split("4,,r,m-3,gamma,gamma,unchanged,,,,,0,,,", ","),
	}
	return e
}

// look adds a listing.
func (e *evidence) look(ms int) {
	n := uint64(len(e.history) + 1)
	e.history = append(e.history, ecssim.Call{Sequence: n, Action: "DescribeImages", Verdict: ecssim.Read, Arrived: at(ms), Landed: at(ms)})
}

// write adds a call that was done 2 ms after its intent, and its answer if it
// has a class.
func (e *evidence) write(row int, set values, ms int, class string) {
	n := uint64(len(e.history) + 1)
	id := "id-" + string(rune('0'+n))
	e.journal = append(e.journal, entry{Kind: "intent", At: at(ms), Row: row, Set: set})
	parameters := map[string]string{"ImageId": e.manifest[row].id}
	if set.Name != "" {
		parameters["ImageName"] = set.Name
	}
	if set.Description != "" {
		parameters["Description"] = set.Description
	}
	e.history = append(e.history, ecssim.Call{
		Sequence: n, Action: editing, Verdict: ecssim.Applied, Arrived: at(ms + 1), Landed: at(ms + 2),
		Parameters: parameters, RequestID: id, After: &ecssim.Image{ID: e.manifest[row].id, Name: set.Name},
	})
	if class != "" {
		e.journal = append(e.journal, entry{Kind: "answer", At: at(ms + 4), Row: row, Class: class, ID: id})
	}
}

// moveLast moves the last call and its records to another time.
func (e *evidence) moveLast(ms int) {
	e.journal[5].At = at(ms)
	e.history[5].Arrived, e.history[5].Landed = at(ms+1), at(ms+2)
}

func TestCheckerPassesWhatIsGenuine(t *testing.T) {
	for name, change := range map[string]func(*evidence){
		"a different write after the settle time":   func(*evidence) {},
		"a different write once the effect is read": func(e *evidence) { e.moveLast(100) },
		"a call that was not sent": func(e *evidence) {
			e.journal = slices.Insert(e.journal, 3, entry{Kind: "intent", At: at(30), Row: 1, Set: values{Name: "alpha"}})
			e.report[2][11] = "2"
		},
		"a call that was withdrawn": func(e *evidence) {
			e.journal = slices.Insert(e.journal, 3,
				entry{Kind: "intent", At: at(30), Row: 1, Set: values{Name: "alpha"}}, entry{Kind: "withdrawn", At: at(31), Row: 1})
		},
		"a call that a process sent anew which was not sent before it died": func(e *evidence) {
			e.moveLast(100)
			e.sealed = at(-300)
			e.journal = slices.Insert(e.journal, 0, entry{Kind: "intent", At: at(-190), Row: 0, Set: values{Name: e.temporary(e.manifest[0])}})
			e.report[1][11] = "4"
		},
		"a result by reading": func(e *evidence) { e.report[1][10] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			e := genuine()
			change(e)
			for _, text := range e.violations() {
				t.Error(text)
			}
		})
	}
}

// TestCheckerFindsForgeries: each forgery breaks one rule, and the checker
// names it.
func TestCheckerFindsForgeries(t *testing.T) {
	for _, tt := range forgeries() {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			e := genuine()
			tt.forge(e)
			found := e.violations()
			if len(found) == 0 {
				t.Fatal("not found")
			}
			for _, text := range found {
				if !strings.HasPrefix(text, tt.rule+": ") {
					t.Errorf("found instead: %s", text)
				}
			}
		})
	}
}

type forgery struct {
	rule, name string
	forge      func(*evidence)
}

func forgeries() []forgery {
	return slices.Concat(forgedNames(), forgedOutcomes(), forgedWrites(), forgedReports())
}

func forgedNames() []forgery {
	rename := func(e *evidence, name string) {
		e.journal[3].Set.Name, e.history[4].Parameters["ImageName"], e.history[4].After.Name = name, name, name
	}
	return []forgery{
		{"I1", "a name from nowhere", func(e *evidence) { rename(e, "delta") }},
		{"I1", "another image's temporary name", func(e *evidence) { rename(e, e.temporary(e.manifest[0])) }},
		{"I1", "the server gives another name", func(e *evidence) { e.history[4].After.Name = "delta" }},
		{"I1", "a description from nowhere", func(e *evidence) {
			e.journal[0].Set.Description, e.history[1].Parameters["Description"] = "odd", "odd"
		}},
		{"I2", "a wrong name at the end", func(e *evidence) { e.final[1].Name = "beta" }},
		{"I2", "a wrong description at the end", func(e *evidence) { e.final[0].Description = "old" }},
		{"I2", "a description is lost", func(e *evidence) { e.final[1].Description = "" }},
		{"I2", "an image is gone", func(e *evidence) { e.final = e.final[1:] }},
		{"I3", "parked at the end", func(e *evidence) { e.final[0].Name = e.temporary(e.manifest[0]) }},
		{"I3", "parked under any name of ours", func(e *evidence) { e.final[2].Name = "imgrename-tmp-x" }},
	}
}

func forgedOutcomes() []forgery {
	return []forgery{
		{"I5", "applied without a deed", func(e *evidence) {
			e.history[4].Verdict, e.journal[4].Class, e.report[2][10] = ecssim.Dropped, "ambiguous", ""
		}},
		{"I5", "unchanged after a deed", func(e *evidence) {
			e.report[2][6], e.counts = "unchanged", map[string]int{"applied": 1, "unchanged": 2}
		}},
		{"I5", "a success reported as failure", func(e *evidence) {
			e.report[2][6], e.counts = "failed", map[string]int{"applied": 1, "unchanged": 1, "failed": 1}
		}},
		{"I5", "a request id of another row", func(e *evidence) { e.report[2][10] = "id-6" }},
		{"I5", "an attempt counted twice", func(e *evidence) { e.report[1][11] = "4" }},
		{"I5", "an attempt before the kill forgotten", func(e *evidence) { e.report[1][11] = "1" }},
		{"I5", "an answer that was never given", func(e *evidence) {
			e.history[5].Verdict, e.report[1][10] = ecssim.Dropped, ""
		}},
		{"I5", "a deed taken for a refusal", func(e *evidence) { e.journal[4].Class = "refused" }},
	}
}

func forgedWrites() []forgery {
	again := func(e *evidence, ms int) { // the parking is sent once more, and acknowledged
		e.write(0, e.journal[2].Set, ms, "applied")
		e.report[1][11] = "4"
		last := len(e.journal)
		e.journal = slices.Concat(e.journal[:3], e.journal[last-2:], e.journal[3:last-2])
	}
	return []forgery{
		{"I13", "a call was sent that was withdrawn", func(e *evidence) {
			e.journal[4].Kind = "withdrawn"
			e.report[2][10], e.report[2][11] = "", "0"
		}},
		{"I13", "a call was withdrawn that was not intended", func(e *evidence) {
			e.journal = append(e.journal, entry{Kind: "withdrawn", At: at(300), Row: 1})
		}},
		{"I7", "too early after one of unknown fate", func(e *evidence) {
			e.moveLast(100)
			e.history[3].Verdict = ecssim.Refused
		}},
		{"I7", "the effect was read before it landed", func(e *evidence) {
			e.moveLast(100)
			e.history[2].Landed = at(45)
		}},
		{"I7", "one of two alike may still land", func(e *evidence) {
			e.moveLast(100)
			again(e, 60)
		}},
		{"I7", "two different ones under way", func(e *evidence) { e.history[2].Landed = at(240) }},
		{"I8", "a write before the plan is sealed", func(e *evidence) { e.sealed = at(12) }},
		{"I13", "no intent", func(e *evidence) {
			e.journal = slices.Delete(e.journal, 2, 3)
			e.report[1][11] = "2"
		}},
		{"I13", "the intent is of later", func(e *evidence) { e.journal[2].At = at(25) }},
		{"I13", "the intent is of other values", func(e *evidence) { e.journal[2].Set.Name = "beta" }},
		{"I13", "the intent is of another image", func(e *evidence) {
			e.journal[2].Row, e.report[1][11], e.report[3][11] = 2, "2", "1"
		}},
		{"I13", "two calls for one intent", func(e *evidence) {
			twice := e.history[2]
			twice.RequestID = "id-9"
			e.history = append(e.history, twice)
		}},
		{"I13", "an answer without an intent", func(e *evidence) {
			e.journal = append(e.journal, entry{Kind: "answer", Row: 2, Class: "applied"})
		}},
		{"I13", "a record of no row", func(e *evidence) { e.journal = append(e.journal, entry{Kind: "intent", Row: 3}) }},
	}
}

func forgedReports() []forgery {
	return []forgery{
		{"I11", "a row is missing", func(e *evidence) { e.report = e.report[:3] }},
		{"I11", "a row is there twice", func(e *evidence) { e.report = append(e.report, e.report[3]) }},
		{"I11", "a row instead of another", func(e *evidence) {
			e.report[3] = slices.Clone(e.report[3])
			e.report[3][0] = "3"
		}},
		{"I11", "the temporary name as the old one", func(e *evidence) { e.report[1][4] = e.temporary(e.manifest[0]) }},
		{"I11", "another new name", func(e *evidence) { e.report[1][5] = "alpha" }},
		{"I11", "another header", func(e *evidence) { e.report[0][6] = "result" }},
		{"I11", "a count is wrong", func(e *evidence) { e.counts["applied"] = 3 }},
		{"I11", "a count is missing", func(e *evidence) { delete(e.counts, "unchanged") }},
	}
}

func TestCheckerFindsTwoAtWork(t *testing.T) {
	call := func(key string, arrived, landed int) ecssim.Call {
		return ecssim.Call{Action: editing, Key: key, Arrived: at(arrived), Landed: at(landed)}
	}
	for _, tt := range []struct {
		name    string
		history []ecssim.Call
		found   bool
	}{
		{"one after the other", []ecssim.Call{call("a", 0, 2), call("a", 1, 3), call("b", 4, 5)}, false},
		{"one between", []ecssim.Call{call("a", 0, 1), call("b", 2, 3), call("a", 4, 5)}, true},
		{"before the last has landed", []ecssim.Call{call("a", 0, 9), call("a", 1, 2), call("b", 4, 5)}, true},
		{"one lists meanwhile", []ecssim.Call{call("a", 0, 1), {Action: "DescribeImages", Key: "b", Arrived: at(2)}, call("a", 4, 5)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if found := interleaved(tt.history); len(found) > 0 != tt.found {
				t.Errorf("found %q", found)
			}
		})
	}
}
