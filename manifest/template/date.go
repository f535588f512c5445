package template

import (
	"fmt"
	"strings"
	"time"
)

// dateParts are what a date may be made of: the parts of Go's reference time
// that have a place in names.
var dateParts = []string{"2006", "06", "01", "02", "15", "04", "05", "Jan"}

// FormatDate writes a time in UTC, as the parts of a layout show the second of
// January 2006, 15:04:05: 20060102 is year, month and day. It refuses a layout
// with other letters or digits, since they would stand in every date.
func FormatDate(layout string, t time.Time) (string, error) {
	var b strings.Builder
	found := false
	for rest := layout; rest != ""; {
		part := datePart(rest)
		switch c := rest[0]; {
		case part != "":
			b.WriteString(t.UTC().Format(part))
			rest, found = rest[len(part):], true
		case strings.IndexByte("-._: T", c) >= 0:
			b.WriteByte(c)
			rest = rest[1:]
		default:
			return "", fmt.Errorf("%q is not a date: write it as the time 2006-01-02 15:04:05, for example 20060102", layout)
		}
	}
	if !found {
		return "", fmt.Errorf("%q has no part of a date: write it as the time 2006-01-02 15:04:05, for example 20060102", layout)
	}
	return b.String(), nil
}

// datePart returns the part that a layout begins with, or "".
func datePart(layout string) string {
	for _, part := range dateParts {
		if strings.HasPrefix(layout, part) {
			return part
		}
	}
	return ""
}
