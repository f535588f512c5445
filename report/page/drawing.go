package page

import (
	"fmt"
	"math"
	"strings"
)

// The sizes of a drawing, in pixels.
const (
	drawingSize = 72
	dotRadius   = 9
	dotsInRow   = 8
)

// A drawing is a chain or a ring as dots with numbers, joined by arrows.
type drawing struct {
	Width, Height int
	Dots          []dot
	Arrows        []string // paths
	More          int      // steps that are not drawn
}

// A dot is one call. Hollow is one that parks an image.
type dot struct {
	X, Y   int
	Number int
	Hollow bool
}

// Drawing draws the chain: a ring as a circle, a path as a line.
func (c chain) Drawing() drawing {
	steps := c.Steps[:min(len(c.Steps), dotsInRow)]
	d := drawing{More: len(c.Steps) - len(steps)}
	for i, s := range steps {
		x, y := c.place(i, len(steps))
		d.Dots = append(d.Dots, dot{x, y, s.Number, s.Park})
	}
	for i := range d.Dots[1:] {
		d.Arrows = append(d.Arrows, arrow(d.Dots[i], d.Dots[i+1]))
	}
	d.Width, d.Height = drawingSize+2*dotRadius, drawingSize+2*dotRadius
	if !c.Ring {
		d.Width, d.Height = 3*dotRadius*len(steps)+dotRadius, 3*dotRadius
	}
	return d
}

// place returns where dot i of n is.
func (c chain) place(i, n int) (x, y int) {
	if !c.Ring {
		return 3*dotRadius*i + 2*dotRadius - 2, dotRadius + 4
	}
	const middle, radius = drawingSize/2 + dotRadius, drawingSize/2 - 2
	turn := 2 * math.Pi * float64(i) / float64(n)
	return middle + int(math.Round(radius*math.Sin(turn))), middle - int(math.Round(radius*math.Cos(turn)))
}

// arrow is the path from the rim of one dot to that of another, with a head.
func arrow(from, to dot) string {
	dx, dy := float64(to.X-from.X), float64(to.Y-from.Y)
	far := math.Hypot(dx, dy)
	dx, dy = dx/far, dy/far
	x1, y1 := float64(from.X)+dx*(dotRadius+1), float64(from.Y)+dy*(dotRadius+1)
	x2, y2 := float64(to.X)-dx*(dotRadius+2), float64(to.Y)-dy*(dotRadius+2)
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1fL%.1f %.1f", x1, y1, x2, y2)
	const head = 4
	fmt.Fprintf(&b, "M%.1f %.1fL%.1f %.1fL%.1f %.1f",
		x2-head*(dx+dy/2), y2-head*(dy-dx/2), x2, y2, x2-head*(dx-dy/2), y2-head*(dy+dx/2))
	return b.String()
}

// A column is a bar of a timeline, in pixels.
type column struct {
	X         int
	Good, Bad int // heights, Bad on top of Good
	Top, Join int // from where down each begins
	Say       phrase
}

// The sizes of a timeline, in pixels.
const (
	columnWidth    = 10
	timelineHeight = 80
)

// Columns are the bars of the timeline. A bar with any row is seen.
func (e *ended) Columns() (all []column) {
	highest := 1
	for _, b := range e.Timeline {
		highest = max(highest, b.Rows)
	}
	scale := func(n int) int { return (n*timelineHeight + highest - 1) / highest }
	for i, b := range e.Timeline {
		if b.Rows == 0 {
			continue
		}
		height, wrong := scale(b.Rows), scale(b.Bad)
		top := timelineHeight - height
		all = append(all, column{
			columnWidth * i, height - wrong, wrong, top, top + wrong,
			say(timelineBar, b.From, counted{b.Rows, "row"}, b.Bad),
		})
	}
	return all
}

// Span says from when to when the timeline is.
func (e *ended) Span() phrase {
	if len(e.Timeline) == 0 {
		return phrase{}
	}
	return say(factTimes, e.Timeline[0].From, e.Last)
}
