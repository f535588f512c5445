package runs

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// stamp is the layout of a run id's time, in UTC, up to its random digits.
const stamp = "r-20060102-150405-"

// newID returns an id for a run that starts now, like r-20261123-031502-7f3a:
// the time in UTC and 4 random hexadecimal digits. Ids sort by time.
// [Folder.NewRun] makes sure that no two runs of a state folder share one.
func newID(now time.Time) string {
	return now.UTC().Format(stamp) + fmt.Sprintf("%04x", rand.N(1<<16))
}

// validID reports whether id has the form of a run id. Such a text is safe as a
// file name and on a terminal.
func validID(id string) bool {
	_, err := startOf(id)
	return err == nil
}

// startOf returns the time in a run id.
func startOf(id string) (time.Time, error) {
	if len(id) != len(stamp)+4 || strings.Trim(id[len(stamp):], "0123456789abcdef") != "" {
		return time.Time{}, fmt.Errorf("%q is not a run id", id)
	}
	return time.Parse(stamp, id[:len(stamp)])
}

// near returns up to three ids that text may have been meant for, the likeliest
// first: those that contain it, and those that differ from it in few letters.
func near(text string, ids []string) []string {
	text = strings.ToLower(strings.TrimSpace(text))
	distance := func(id string) int {
		if text != "" && strings.Contains(id, text) {
			return 0
		}
		return hamming(text, id)
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return distance(id) > 3 })
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(distance(a)-distance(b), strings.Compare(b, a))
	})
	return ids[:min(len(ids), 3)]
}

// hamming counts the bytes in which two texts differ. Texts of different
// lengths differ in all bytes.
func hamming(a, b string) int {
	if len(a) != len(b) {
		return max(len(a), len(b))
	}
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
