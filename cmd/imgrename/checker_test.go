package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// What a job left behind: in the cloud, in its journal and in its report. The
// checker compares the three with each other and with the manifest. It shares
// no code with the program: what it knows about names, records and reports is
// written here a second time.
type evidence struct {
	account, region string
	manifest        []wanted       // in order, from line 2 on
	history         []ecssim.Call  // of this job only
	final           []ecssim.Image // all of the lane
	journal         []entry
	sealed          time.Time      // when the plan was on disk
	report          [][]string     // with its header
	counts          map[string]int // of outcomes, as the run's end has them
	settle          time.Duration
}

// A wanted is a row of the manifest and what its image was like before.
type wanted struct {
	id                    string
	oldName, name         string
	oldDescription, about string // about is "" if the row does not ask for a description
}

// An entry is a record of a journal.
type entry struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Row   int       `json:"row"`
	Set   values    `json:"set"`
	Class string    `json:"class"`
	ID    string    `json:"request_id"`
}

// The values that the jobs of these tests set.
type values struct {
	Name        string `json:"image_name"`
	Description string `json:"description"`
}

const editing = "ModifyImageAttribute"

// violations returns what is wrong. Each violation begins with the rule that is
// broken.
func (e *evidence) violations() []string {
	v := &verdict{evidence: e}
	v.checkNames()
	v.checkEnd()
	v.checkReport()
	v.checkWrites()
	return v.found
}

// A verdict collects violations.
type verdict struct {
	*evidence
	found []string
}

func (v *verdict) add(format string, args ...any) {
	v.found = append(v.found, fmt.Sprintf(format, args...))
}

// temporary returns the temporary name of the row's image.
func (e *evidence) temporary(row wanted) string {
	hash := func(parts ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
		return hex.EncodeToString(sum[:8])
	}
	return "imgrename-tmp-" + hash(row.name) + "-" + hash(e.account, e.region, row.id, row.name)
}

// row returns the index of an image's row, -1 if there is none.
func (e *evidence) row(id string) int {
	return slices.IndexFunc(e.manifest, func(row wanted) bool { return row.id == id })
}

// writes returns the calls that could change something, whether or not they
// did.
func writesOf(history []ecssim.Call) []ecssim.Call {
	var writes []ecssim.Call
	for _, call := range history {
		if call.Action == editing {
			writes = append(writes, call)
		}
	}
	slices.SortStableFunc(writes, func(a, b ecssim.Call) int { return a.Arrived.Compare(b.Arrived) })
	return writes
}

func setBy(call ecssim.Call) values {
	return values{Name: call.Parameters["ImageName"], Description: call.Parameters["Description"]}
}

// checkNames: I1, an image gets no name but its old, its temporary or its
// desired one, and no description but the desired one.
func (v *verdict) checkNames() {
	for _, call := range writesOf(v.history) {
		i := v.row(call.Parameters["ImageId"])
		if i < 0 {
			v.add("I1: call %d is about %s, which no row names", call.Sequence, call.Parameters["ImageId"])
			continue
		}
		row, set := v.manifest[i], setBy(call)
		allowed := []string{"", row.oldName, row.name, v.temporary(row)}
		if !slices.Contains(allowed, set.Name) || call.After != nil && !slices.Contains(allowed, call.After.Name) {
			v.add("I1: call %d gives %s the name %q", call.Sequence, row.id, set.Name)
		}
		if set.Description != "" && set.Description != row.about {
			v.add("I1: call %d gives %s the description %q", call.Sequence, row.id, set.Description)
		}
	}
}

// checkEnd: I2, every image is as desired; I3, none is under a temporary name
// unless its row says so.
func (v *verdict) checkEnd() {
	images := make(map[string]ecssim.Image)
	for _, image := range v.final {
		images[image.ID] = image
	}
	for i, row := range v.manifest {
		image, ok := images[row.id]
		about := row.about
		if about == "" {
			about = row.oldDescription
		}
		switch {
		case !ok:
			v.add("I2: %s is gone", row.id)
		case strings.HasPrefix(image.Name, "imgrename-tmp-"):
			if v.cell(i, "outcome") != "stranded" {
				v.add("I3: %s is left under %q, and its row is %s", row.id, image.Name, v.cell(i, "outcome"))
			}
		case image.Name != row.name || image.Description != about:
			v.add("I2: %s is %q, %q, want %q, %q", row.id, image.Name, image.Description, row.name, about)
		}
	}
}

var reportHeader = strings.Split("line,profile,region_id,image_id,old_name,new_name,outcome,changes,"+
	"error_code,error_message,request_id,attempts,started_at,finished_at,note", ",")

// cell is a row's cell in the report, "" if there is none.
func (e *evidence) cell(row int, column string) string {
	i := slices.Index(reportHeader, column)
	if row+1 >= len(e.report) || i < 0 || i >= len(e.report[row+1]) {
		return ""
	}
	return e.report[row+1][i]
}

// checkReport: I11, every row is there once, in order, and the counts add up;
// I5, applied is what the program did, unchanged what was so before.
func (v *verdict) checkReport() {
	if len(v.report) != len(v.manifest)+1 {
		v.add("I11: the report has %d lines, want %d", len(v.report), len(v.manifest)+1)
		return
	}
	if header := v.report[0]; len(header) < len(reportHeader) || !slices.Equal(header[:len(reportHeader)], reportHeader) {
		v.add("I11: the report's header is %q", header)
	}
	counts := make(map[string]int)
	for i, row := range v.manifest {
		counts[v.cell(i, "outcome")]++
		got := []string{v.cell(i, "line"), v.cell(i, "image_id"), v.cell(i, "old_name"), v.cell(i, "new_name")}
		if want := []string{strconv.Itoa(i + 2), row.id, row.oldName, row.name}; !slices.Equal(got, want) {
			v.add("I11: row %d of the report is %q, want %q", i+1, got, want)
		}
		v.checkOutcome(i, row)
	}
	total := 0
	for outcome, n := range v.counts {
		total += n
		if counts[outcome] != n {
			v.add("I11: %d rows are %s, the end says %d", counts[outcome], outcome, n)
		}
	}
	if total != len(v.manifest) {
		v.add("I11: the counts add up to %d of %d rows", total, len(v.manifest))
	}
}

// checkOutcome compares the outcome of a row with what the server did for it.
func (v *verdict) checkOutcome(i int, row wanted) {
	done, named := 0, v.cell(i, "request_id") == ""
	for _, call := range writesOf(v.history) {
		if call.Parameters["ImageId"] == row.id && call.Verdict == ecssim.Applied {
			done++
			named = named || call.RequestID == v.cell(i, "request_id")
		}
	}
	switch outcome := v.cell(i, "outcome"); {
	case outcome == "applied" && done == 0:
		v.add("I5: %s is applied, but the server did nothing to it", row.id)
	case outcome == "unchanged" && done > 0:
		v.add("I5: %s is unchanged, but the server did %d calls to it", row.id, done)
	case outcome != "applied" && outcome != "unchanged":
		v.add("I5: %s is as desired, and its row is %q", row.id, outcome)
	}
	if !named {
		v.add("I5: %s has the request id of no call to it that was done", row.id)
	}
}
