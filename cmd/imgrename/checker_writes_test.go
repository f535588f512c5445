package main

import (
	"slices"
	"strconv"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// A write is a call that the program meant to send, from the journal, and what
// the server saw of it.
type write struct {
	row   int
	set   values
	sent  time.Time // not earlier than this
	class string    // of the answer; "" if none was kept
	id    string
	call  *ecssim.Call // nil if it never arrived
}

// mayHaveTaken reports whether the program must assume that the call took
// effect.
func (w *write) mayHaveTaken() bool {
	return w.class == "" || w.class == "ambiguous" || w.class == "applied"
}

// lost reports whether the program cannot know if the call took effect.
func (w *write) lost() bool { return w.class == "" || w.class == "ambiguous" }

// checkWrites: I13, each call has an intent of its own that was in the journal
// first; I4 and I8, and the plan was on disk; I7, calls of different values
// never overlap.
func (v *verdict) checkWrites() {
	writes := v.intents()
	calls := writesOf(v.history)
	v.match(writes, calls)
	for _, call := range calls {
		if call.Arrived.Before(v.sealed) {
			v.add("I8: call %d came before the plan was sealed", call.Sequence)
			break
		}
	}
	v.checkAnswers(writes)
	for i := range v.manifest {
		var own []*write
		for _, w := range writes {
			if w.row == i {
				own = append(own, w)
			}
		}
		v.checkAttempts(i, own)
		for n, later := range own {
			v.checkMeeting(own[:n], later)
		}
	}
}

// intents reads the calls from the journal.
func (v *verdict) intents() []*write {
	var all []*write
	open := make(map[int]*write)
	for _, record := range v.journal {
		if record.Row < 0 || record.Row >= len(v.manifest) {
			v.add("I13: a record is about row %d", record.Row)
			continue
		}
		switch record.Kind {
		case "intent":
			open[record.Row] = &write{row: record.Row, set: record.Set, sent: record.At}
			all = append(all, open[record.Row])
		case "answer":
			w := open[record.Row]
			if w == nil {
				v.add("I13: an answer for %s without an intent", v.manifest[record.Row].id)
				continue
			}
			w.class, w.id = record.Class, record.ID
			delete(open, record.Row)
		case "withdrawn":
			w := open[record.Row]
			if w == nil {
				v.add("I13: %s was withdrawn without an intent", v.manifest[record.Row].id)
				continue
			}
			all = slices.DeleteFunc(all, func(other *write) bool { return other == w })
			delete(open, record.Row)
		}
	}
	return all
}

// match finds the intent of each call: the one whose answer names it, else the
// earliest that has the same values and no call yet, and whose call can still
// land if there is one.
func (v *verdict) match(writes []*write, calls []ecssim.Call) {
	for i := range calls {
		call := &calls[i]
		for _, w := range writes {
			if w.call == nil && w.id != "" && w.id == call.RequestID && v.isOf(w, call) {
				w.call = call
				break
			}
		}
	}
	for i := range calls {
		call := &calls[i]
		if slices.ContainsFunc(writes, func(w *write) bool { return w.call == call }) {
			continue
		}
		fits := func(w *write) bool { return w.call == nil && w.id == "" && v.isOf(w, call) }
		n := slices.IndexFunc(writes, func(w *write) bool { return fits(w) && call.Arrived.Before(w.sent.Add(v.settle)) })
		if n < 0 {
			n = slices.IndexFunc(writes, fits)
		}
		if n < 0 {
			v.add("I13: call %d, %+v to %s, has no intent before it", call.Sequence, setBy(*call), call.Parameters["ImageId"])
			continue
		}
		writes[n].call = call
	}
}

// isOf reports whether a call may be that of an intent.
func (v *verdict) isOf(w *write, call *ecssim.Call) bool {
	return v.manifest[w.row].id == call.Parameters["ImageId"] && w.set == setBy(*call) && !call.Arrived.Before(w.sent)
}

// checkAnswers: I5, no success was invented, and none was taken for a refusal.
func (v *verdict) checkAnswers(writes []*write) {
	for _, w := range writes {
		done := w.call != nil && w.call.Verdict == ecssim.Applied
		switch {
		case w.class == "applied" && !done:
			v.add("I5: the journal has an answer for %s that the server never gave", v.manifest[w.row].id)
		case !w.mayHaveTaken() && done:
			v.add("I5: the journal calls a call to %s %s, and it was done", v.manifest[w.row].id, w.class)
		}
	}
}

// checkAttempts: the report counts each call of the row once, over all
// processes.
func (v *verdict) checkAttempts(i int, own []*write) {
	attempts := 0
	for _, w := range own {
		if w.class != "throttled" && w.class != "expired" && w.class != "skewed" {
			attempts++
		}
	}
	if got := v.cell(i, "attempts"); i+1 < len(v.report) && got != strconv.Itoa(attempts) {
		v.add("I5: the report has %q attempts for %s, the journal %d", got, v.manifest[i].id, attempts)
	}
}

// checkMeeting: I7, a call is not sent while a different one to the same image
// is under way, nor within the settle time after one of unknown fate, unless
// that was the only one of its kind and its effect was read.
func (v *verdict) checkMeeting(before []*write, later *write) {
	id := v.manifest[later.row].id
	recent := make(map[values]int) // that may still land, for all that is known
	for _, w := range before {
		if w.mayHaveTaken() && later.sent.Before(w.sent.Add(v.settle)) {
			recent[w.set]++
		}
	}
	for _, w := range before {
		if w.set == later.set {
			continue
		}
		if w.call != nil && later.sent.Before(w.call.Landed) {
			v.add("I7: %+v is sent to %s while %+v is under way", later.set, id, w.set)
		}
		early := later.sent.Before(w.sent.Add(v.settle))
		if w.lost() && early && (recent[w.set] > 1 || !v.seen(w, later.sent)) {
			v.add("I7: %+v is sent to %s %v after %+v, of which nothing is known", later.set, id, later.sent.Sub(w.sent), w.set)
		}
	}
}

// seen reports whether the program can have read a call's effect before a time.
func (v *verdict) seen(w *write, before time.Time) bool {
	if w.call == nil || w.call.Verdict != ecssim.Applied {
		return false
	}
	return slices.ContainsFunc(v.history, func(read ecssim.Call) bool {
		id := read.Parameters["ImageId"]
		return read.Action == "DescribeImages" && read.Verdict == ecssim.Read && (id == "" || id == v.manifest[w.row].id) &&
			read.Landed.After(w.call.Landed) && read.Landed.Before(before)
	})
}

// interleaved finds writes of one key between those of another: two processes
// worked on one lane.
func interleaved(history []ecssim.Call) (found []string) {
	var done []string
	last := ""
	var landed time.Time
	for _, call := range writesOf(history) {
		if call.Key != last {
			if slices.Contains(done, call.Key) {
				found = append(found, "I18: call "+strconv.Itoa(int(call.Sequence))+" of "+call.Key+" comes after calls of "+last)
			}
			done, last = append(done, last), call.Key
			if call.Arrived.Before(landed) {
				found = append(found, "I18: call "+strconv.Itoa(int(call.Sequence))+" of "+call.Key+" comes before the last of another key has landed")
			}
		}
		if call.Landed.After(landed) {
			landed = call.Landed
		}
	}
	return found
}
