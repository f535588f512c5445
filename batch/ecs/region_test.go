package ecs

import (
	"testing"

	"github.com/agext/levenshtein"
)

// TestEdits compares with the whole distance.
func TestEdits(t *testing.T) {
	var texts []string
	for _, region := range knownRegions {
		for i := range len(region) {
			texts = append(texts, region[:i]+region[i+1:], region[:i]+"x"+region[i:], region[:i]+"-1"+region[i:], region[:i/2]+"z"+region[i/2:i]+"y"+region[i+1:])
		}
	}
	for i, text := range texts {
		for _, known := range append(knownRegions[i%7:], "", "a", "ab") {
			for most := range 4 {
				want := levenshtein.Distance(text, known, nil)
				if got := edits(text, known, most); got != want && (got <= most || want <= most) {
					t.Fatalf("%q to %q: %d of at most %d, want %d", text, known, got, most, want)
				}
			}
		}
	}
}

// TestUnknownRegionIsCheap bounds what a row of an unknown region costs in
// memory: it was a table of distances for each known region.
func TestUnknownRegionIsCheap(t *testing.T) {
	for _, region := range []string{"cn-hangzou", "cn-newcity-1", "ap-southeast-9"} {
		if n := testing.AllocsPerRun(100, func() { nearestRegion(region) }); n > 0 {
			t.Errorf("%s: %v allocations", region, n)
		}
	}
}

func BenchmarkUnknownRegion(b *testing.B) {
	for _, region := range []string{"cn-hangzou", "cn-newcity-1", "ap-southeast-9"} {
		b.Run(region, func(b *testing.B) {
			for b.Loop() {
				_ = checkRegion(region)
			}
		})
	}
}
