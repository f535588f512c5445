package review

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// An explanation says where digits of a new name may come from. For each run of
// digits the set of all that fit is kept until it is known which one most rows
// share: a number may be like a date by chance.
type explanation uint8

// The explanations, in the order of preference among those that as many rows
// share.
const (
	joined       explanation = 0                             // 2026.07 → 202607, by first and last run
	created      explanation = joined + maxRuns*maxRuns      // the creation time, by createdFormats
	partOf       explanation = created + 8                   // 20260701 → 07, by run and parts
	plusOne      explanation = partOf + maxPartRuns*8        // 7 → 8, by run
	minusOne     explanation = plusOne + maxRuns             // 8 → 7, by run
	otherWidth   explanation = minusOne + maxRuns            // 7 → 07, by run
	explanations explanation = otherWidth + maxRuns          // how many there are
	_            uint64      = 1 << (uint(explanations) - 1) // each has a bit
)

// maxRuns is how many of the runs of digits that a new name lacks are
// considered, and maxPartRuns for parts.
const (
	maxRuns     = 4
	maxPartRuns = 3
)

// createdFormats are ways to write a creation time, as package time describes
// them.
var createdFormats = [8]string{"20060102", "200601", "2006", "01", "02", "060102", "0102", "1504"}

// parts are what becomes a number of its own out of a longer one that begins
// with a date.
var parts = [8]struct{ from, to int }{{0, 8}, {0, 6}, {0, 4}, {4, 6}, {6, 8}, {2, 8}, {4, 8}, {8, 14}}

// A source is what numbers may come from.
type source struct {
	runs []string // the digits of the old name that the new one lacks
	date string   // the image's creation time in RFC 3339, empty if it is not known
}

// explain returns the set of explanations of a number.
func (s *source) explain(number string) (set uint64) {
	value, counts := valueOf(number)
	for i, run := range s.runs {
		set |= s.explainRun(number, i)
		if old, ok := valueOf(run); ok && counts {
			set |= explainCount(number, run, value-old) << i
		}
	}
	if s.dated() {
		for i := range createdFormats {
			if len(createdFormats[i]) == len(number) && s.createdAs(i) == number {
				set |= 1 << (created + explanation(i))
			}
		}
	}
	return set
}

// explainRun returns the explanations that begin with digits of one run.
func (s *source) explainRun(number string, i int) (set uint64) {
	run := s.runs[i]
	length := len(run)
	for j := i + 1; j < len(s.runs) && length < len(number) && strings.HasPrefix(number, run); j++ {
		length += len(s.runs[j])
		set |= s.bit(joined+explanation(i*maxRuns+j), number)
	}
	if i >= maxPartRuns || len(run) <= len(number) {
		return set
	}
	for k, part := range parts {
		if part.to <= len(run) && run[part.from:part.to] == number {
			set |= 1 << (partOf + explanation(i*len(parts)+k))
		}
	}
	return set
}

// explainCount returns the explanation of a number that differs from a run by
// something: those of the first run. Numbers that begin with 0 keep their width.
func explainCount(number, run string, by int) uint64 {
	if by != 0 && len(number) != len(run) && (run[0] == '0' || number[0] == '0') {
		return 0
	}
	switch by {
	case 1:
		return 1 << plusOne
	case -1:
		return 1 << minusOne
	case 0:
		return 1 << otherWidth
	}
	return 0
}

// valueOf returns the value of a number that is not too long to count.
func valueOf(number string) (n int, ok bool) {
	if len(number) > maxWidth {
		return 0, false
	}
	for i := range len(number) {
		n = 10*n + int(number[i]-'0')
	}
	return n, true
}

func (s *source) bit(e explanation, number string) uint64 {
	if got, ok := s.number(e, len(number)); ok && got == number {
		return 1 << e
	}
	return 0
}

func (s *source) dated() bool { return len(s.date) >= len("2006-01-02T15:04") }

// createdAs writes the creation time in one of createdFormats.
func (s *source) createdAs(format int) string {
	year, month, day := s.date[:4], s.date[5:7], s.date[8:10]
	switch createdFormats[format] {
	case "20060102":
		return year + month + day
	case "200601":
		return year + month
	case "2006":
		return year
	case "01":
		return month
	case "02":
		return day
	case "060102":
		return year[2:] + month + day
	case "0102":
		return month + day
	default:
		return s.date[11:13] + s.date[14:16]
	}
}

// number returns the number that an explanation gives. It may have the given
// width if the explanation leaves that open.
func (s *source) number(e explanation, width int) (number string, ok bool) {
	switch {
	case e < created:
		i, j := int(e/maxRuns), int(e%maxRuns)
		if i >= j || j >= len(s.runs) {
			return "", false
		}
		return strings.Join(s.runs[i:j+1], ""), true
	case e < partOf:
		if !s.dated() {
			return "", false
		}
		return s.createdAs(int(e - created)), true
	case e < plusOne:
		e -= partOf
		i, part := int(e)/len(parts), parts[int(e)%len(parts)]
		if i >= len(s.runs) || len(s.runs[i]) <= part.to-part.from || len(s.runs[i]) < part.to {
			return "", false
		}
		return s.runs[i][part.from:part.to], true
	case e < minusOne:
		return s.moved(int(e-plusOne), 1, 0)
	case e < otherWidth:
		return s.moved(int(e-minusOne), -1, 0)
	default:
		return s.moved(int(e-otherWidth), 0, width)
	}
}

// moved returns a run's number plus or minus something, with at least as many
// digits as the run if that begins with 0. A width that is not 0 replaces the
// run's.
func (s *source) moved(i, by, width int) (string, bool) {
	if i >= len(s.runs) || len(s.runs[i]) > 18 {
		return "", false
	}
	run := s.runs[i]
	n, err := strconv.Atoi(run)
	if err != nil || n+by < 0 {
		return "", false
	}
	if width == 0 && run[0] == '0' {
		width = len(run)
	}
	return fmt.Sprintf("%0*d", min(width, 18), n+by), true
}

// every is the set of all explanations.
const every = 1<<explanations - 1

// kin returns the explanations that are parts of the same date as e; none if e
// is no part of one.
func (e explanation) kin() uint64 {
	switch {
	case created <= e && e < partOf:
		return 1<<partOf - 1<<created
	case partOf <= e && e < plusOne:
		run := (e - partOf) / 8
		return 0xff << (partOf + 8*run)
	}
	return 0
}

// phrase returns an explanation as rules show it.
func (e explanation) phrase() string {
	switch {
	case e < created:
		return "{digits}"
	case e < partOf:
		return "{created:" + createdFormats[e-created] + "}"
	case e < plusOne:
		part := parts[int(e-partOf)%len(parts)]
		return fmt.Sprintf("{digits:%d-%d}", part.from+1, part.to)
	case e < minusOne:
		return "{#+1}"
	case e < otherWidth:
		return "{#-1}"
	default:
		return "{#}"
	}
}

// first returns the preferred explanation of a set that is not empty.
func first(set uint64) explanation { return explanation(bits.TrailingZeros64(set)) }
