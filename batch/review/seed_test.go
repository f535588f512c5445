package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/review"
)

const seeds = 40

func TestCleanPlansHaveNoOutliers(t *testing.T) {
	for seed := range uint64(seeds) {
		j, draws := seeded(seed)
		r := j.review()
		for _, o := range r.Outliers {
			t.Errorf("seed %d, %s: %s", seed, styles[draws[o.Row].pattern].name, said(j, r, &o))
		}
		if len(r.Rules) > 6 || r.NoCommonRule() {
			t.Errorf("seed %d: %d rules", seed, len(r.Rules))
		}
		for _, rule := range r.Rules {
			if testing.Verbose() {
				t.Logf("seed %d: %d rows %s", seed, len(rule.Rows), rule.Pattern())
			}
			if rule.Thin != nil || rule.UncoveredCount != 0 {
				t.Errorf("seed %d: %s: thin %v, uncovered %d", seed, rule.Pattern(), rule.Thin, rule.UncoveredCount)
			}
		}
	}
}

func said(j *job, r *review.Review, o *review.Outlier) string {
	row := &j.rows[o.Row]
	lane := j.in[o.Row]
	old := ""
	for _, image := range j.lanes[lane].Images {
		if image.ID == row.ImageID {
			old = image.ImageName
		}
	}
	return fmt.Sprintf("%s → %s %s", old, row.Want.ImageName, r.Why(o))
}

// A mistake spoils one new name; it returns the name unchanged if it cannot.
type mistake struct {
	name  string
	spoil func(j *job, i int, dice *rand.Rand) string
}

func onName(f func(name string) string) func(*job, int, *rand.Rand) string {
	return func(j *job, i int, _ *rand.Rand) string { return f(j.rows[i].Want.ImageName) }
}

func oldName(j *job, i int) string {
	for _, image := range j.lanes[j.in[i]].Images {
		if image.ID == j.rows[i].ImageID {
			return image.ImageName
		}
	}
	return ""
}

func lastLetter(name string) int {
	return strings.LastIndexAny(name, "abcdefghijklmnopqrstuvwxyz")
}

var mistakes = []mistake{
	{"another year", onName(func(n string) string { return strings.Replace(n, "2026", "2025", 1) })},
	{"prefix kept", func(j *job, i int, _ *rand.Rand) string {
		prefix, _, ok := strings.Cut(oldName(j, i), "-")
		if !ok || strings.HasPrefix(j.rows[i].Want.ImageName, prefix) {
			return j.rows[i].Want.ImageName
		}
		return prefix + "-" + j.rows[i].Want.ImageName
	}},
	{"nothing changed", func(j *job, i int, _ *rand.Rand) string { return oldName(j, i) }},
	{"first letter lost", onName(func(n string) string { return n[len(string([]rune(n)[:1])):] })},
	{"letters swapped", onName(func(n string) string {
		for i := range len(n) - 1 {
			a, b := n[i], n[i+1]
			if a != b && 'a' <= a && a <= 'z' && 'a' <= b && b <= 'z' {
				return n[:i] + string(b) + string(a) + n[i+2:]
			}
		}
		return n
	})},
	{"last letter lost", onName(func(n string) string { i := lastLetter(n); return n[:i] + n[i+1:] })},
	{"letter doubled", onName(func(n string) string { i := lastLetter(n); return n[:i] + n[i:i+1] + n[i:] })},
	{"dash at the end", onName(func(n string) string { return n + "-" })},
	{"case", onName(func(n string) string { i := lastLetter(n); return n[:i] + strings.ToUpper(n[i:i+1]) + n[i+1:] })},
	{"underscore for dash", onName(func(n string) string { return strings.Replace(n, "-", "_", 1) })},
	{"Cyrillic letter", onName(func(n string) string {
		return replaceFirst(n, "а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "і", "i")
	})},
	{"full-width digit", onName(func(n string) string {
		return replaceFirst(n, "０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")
	})},
	{"part added", onName(func(n string) string { return strings.Replace(n, "-", "-final-", 1) })},
	{"part lost", onName(func(n string) string { i := strings.Index(n, "-"); return n[i+1:] })},
	{"unrelated name", onName(func(string) string { return "bobs-machine" })},
	{"O for 0", onName(func(n string) string { return strings.Replace(n, "0", "O", 1) })},
	{"double dash", onName(func(n string) string { return strings.Replace(n, "-", "--", 1) })},
	{"another row's name", func(j *job, i int, dice *rand.Rand) string {
		return j.rows[dice.IntN(len(j.rows))].Want.ImageName
	}},
	{"old name with a suffix", func(j *job, i int, _ *rand.Rand) string { return oldName(j, i) + "-new" }},
	{"other order", onName(func(n string) string {
		parts := strings.Split(n, "-")
		if len(parts) < 2 {
			return n
		}
		parts[0], parts[1] = parts[1], parts[0]
		return strings.Join(parts, "-")
	})},
}

func replaceFirst(n string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if strings.Contains(n, pairs[i+1]) {
			return strings.Replace(n, pairs[i+1], pairs[i], 1)
		}
	}
	return n
}

func TestPlantedMistakesAreOutliers(t *testing.T) {
	planted, found, near := 0, 0, 0
	for k, m := range mistakes {
		missed := 0
		for seed := range uint64(seeds) {
			j, draws := seeded(seed)
			dice := rand.New(rand.NewPCG(seed, uint64(k)))
			i, name := plant(j, m, dice)
			if i < 0 {
				continue
			}
			planted++
			before := j.rows[i].Want.ImageName
			j.rows[i].Want.ImageName = name
			if seed%2 == 1 {
				j.expect()
			}
			r := j.review()
			hit := false
			for _, o := range r.Outliers {
				if o.Row == i {
					hit = true
					if o.Near >= 0 {
						near++
					}
				} else {
					t.Errorf("%s, seed %d: also %s", m.name, seed, said(j, r, &o))
				}
			}
			if hit {
				found++
			} else {
				missed++
				t.Logf("%s, seed %d, %s: %s → %s, not %s", m.name, seed, styles[draws[i].pattern].name, oldName(j, i), name, before)
			}
		}
	}
	t.Logf("%d of %d found, %d near", found, planted, near)
	if found*100 < planted*98 {
		t.Errorf("%d of %d mistakes are outliers, want 98 %%", found, planted)
	}
}

// What is not in a name, in the same plans: a status or a family unlike the others,
// and rows that were left out.
func TestPlantedElsewhere(t *testing.T) {
	for seed := range uint64(seeds) {
		dice := rand.New(rand.NewPCG(seed, 99))
		j, draws := seeded(seed)
		odd := dice.IntN(len(j.rows))
		for i := range j.rows {
			j.rows[i].Want.Status, j.rows[i].Want.ImageFamily = ecs.Deprecated, "golden"
		}
		j.rows[odd].Want.Status, j.rows[odd].Want.ImageFamily = ecs.Available, "goldne"
		r := j.review()
		if len(r.Outliers) != 2 || r.Outliers[0].Row != odd || r.Outliers[1].Row != odd || r.Outliers[0].Near < 0 || r.Outliers[1].Near < 0 {
			t.Errorf("seed %d: %+v", seed, r.Outliers)
		}
		at := slices.IndexFunc(draws, func(d *draw) bool { return strings.Contains(styles[d.pattern].name, "prefix") })
		if at < 0 {
			continue
		}
		j.drop(at)
		left := 0
		for _, rule := range j.review().Rules {
			left += rule.UncoveredCount
		}
		if left != 1 {
			t.Errorf("seed %d: %d images are uncovered, want 1", seed, left)
		}
	}
}

// plant chooses a row that the mistake spoils; -1 if there is none.
func plant(j *job, m mistake, dice *rand.Rand) (int, string) {
	for range 200 {
		i := dice.IntN(len(j.rows))
		if name := m.spoil(j, i, dice); name != j.rows[i].Want.ImageName {
			return i, name
		}
	}
	return -1, ""
}
