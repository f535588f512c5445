package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-runewidth"

	"imgrename/report"
)

// A screen is the lines of a terminal that progress draws anew: the whole run, and
// below it one line for each account and region that is at work, as many as fit. The
// library only makes the text of a bar: it has no goroutine and writes nothing, so
// progress stays the only writer.
type screen struct {
	size  func() terminal
	whole *pb.ProgressBar
	lanes map[int]*pb.ProgressBar
	drawn []int // the widths of the lines that are there
}

// clearBelow empties the line of the cursor and all below it.
const clearBelow = "\x1b[J"

// narrowest is the width from which a bar is drawn, fewest the share of the screen's
// lines that lanes may take: the rest shows what was said before.
const (
	narrowest = 60
	laneShare = 2
)

func newScreen(size func() terminal, rows int) *screen {
	return &screen{size: size, whole: barOf(rows, `{{bar . "[" "=" ">" " " "]"}} {{string . "said"}}{{speed . "; %s/s" " "}}{{rtime . "; %s left" "" ""}}`), lanes: make(map[int]*pb.ProgressBar)}
}

func barOf(rows int, template string) *pb.ProgressBar {
	bar := pb.ProgressBarTemplate(template).New(rows)
	bar.Set(pb.Static, true).Set(pb.Terminal, false) // no goroutine, no cursor
	return bar.Start()
}

// A laneState is how far a lane is.
type laneState struct {
	index, rows, done int
	label, trouble    string
}

// frame returns the text that replaces the lines that are there by news and new ones.
func (s *screen) frame(news []string, said string, done int, lanes []laneState) string {
	t := s.size()
	all := cmp.Or(t.columns, 80)
	columns := max(all-len("^C")-1, 1) // a full line would wrap, and so would what a terminal echoes behind it
	var b strings.Builder
	b.WriteString(s.back(all))
	for _, line := range news {
		b.WriteString(line + "\n")
	}
	s.drawn = nil
	if said == "" {
		return b.String()
	}
	lines := []string{s.line(s.whole, columns, done, said)}
	if len(lanes) > 1 {
		room := max(cmp.Or(t.lines, 24)/laneShare-1, 0)
		lines = append(lines, s.laneLines(lanes, columns, room)...)
	}
	for i, line := range lines {
		line = runewidth.Truncate(line, columns, "…")
		s.drawn = append(s.drawn, runewidth.StringWidth(line))
		lines[i] = line
	}
	b.WriteString(strings.Join(lines, "\n"))
	return b.String()
}

// back moves the cursor to the first of the lines that are there, and empties them. A
// terminal that has become narrower since has wrapped them.
func (s *screen) back(columns int) string {
	up := 0
	for i, width := range s.drawn {
		up += max(width-1, 0) / columns
		if i > 0 {
			up++
		}
	}
	if up > 0 {
		return fmt.Sprintf("\r\x1b[%dA", up) + clearBelow
	}
	return "\r" + clearBelow
}

// line returns a line with a bar, if there is room for one.
func (s *screen) line(bar *pb.ProgressBar, columns, done int, said string) string {
	bar.SetCurrent(int64(done))
	bar.Set("said", said)
	if columns < narrowest {
		return said
	}
	return strings.TrimRight(bar.SetWidth(columns).String(), " ")
}

// laneLines returns the lines of lanes that are at work, those in trouble first.
func (s *screen) laneLines(lanes []laneState, columns, room int) (lines []string) {
	lanes = slices.DeleteFunc(lanes, func(l laneState) bool { return l.done >= l.rows })
	slices.SortStableFunc(lanes, func(a, b laneState) int {
		return cmp.Compare(min(len(b.trouble), 1), min(len(a.trouble), 1))
	})
	labels := 0
	for _, l := range lanes[:min(room, len(lanes))] {
		labels = max(labels, runewidth.StringWidth(l.label))
	}
	for i, l := range lanes {
		if i == room-1 && len(lanes) > room || i == room {
			return append(lines, fmt.Sprintf("  … and %d more", len(lanes)-i))[:min(room, len(lines)+1)]
		}
		bar := s.lanes[l.index]
		if bar == nil {
			bar = barOf(l.rows, `  {{string . "lane"}} {{bar . "[" "=" ">" " " "]"}} {{string . "said"}}`)
			s.lanes[l.index] = bar
		}
		label, said := runewidth.FillRight(report.Printable(l.label), labels), fmt.Sprintf("%d of %d", l.done, l.rows)
		if l.trouble != "" {
			said += ", " + l.trouble
		}
		bar.Set("lane", label)
		line := s.line(bar, columns, l.done, said)
		if columns < narrowest {
			line = "  " + label + " " + line
		}
		lines = append(lines, line)
	}
	return lines
}
