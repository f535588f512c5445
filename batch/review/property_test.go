package review_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
)

// holds checks what is true of every review.
func holds(p *plan.Plan, r *review.Review) error {
	if err := eachOnce(p, r); err != nil {
		return err
	}
	for i, rule := range r.Rules {
		if len(rule.Rows) == 0 || !slices.IsSorted(rule.Rows) || i > 0 && len(rule.Rows) > len(r.Rules[i-1].Rows) {
			return fmt.Errorf("rule %d has rows %v", i, rule.Rows)
		}
		if len(rule.Uncovered) != min(rule.UncoveredCount, review.MaxUncovered) || rule.Left == "" {
			return fmt.Errorf("rule %d: %+v", i, rule)
		}
	}
	near := true
	for i := range r.Outliers {
		o := &r.Outliers[i]
		if o.Near >= 0 && !near || o.Near >= len(r.Rules) || r.Why(o) == "" {
			return fmt.Errorf("outlier %d: %+v", i, o)
		}
		near = o.Near >= 0
		if near && (r.Rules[o.Near].Attribute != o.Attribute || len(r.Rules[o.Near].Rows) < 10) {
			return fmt.Errorf("outlier %d is near rule %d", i, o.Near)
		}
	}
	return survivesJSON(r)
}

// eachOnce checks that each planned rename is in one rule for names or an outlier,
// unless there is no rule.
func eachOnce(p *plan.Plan, r *review.Review) error {
	seen := make([]int, len(p.Rows))
	for _, rule := range r.Rules {
		for _, row := range rule.Rows {
			if rule.Attribute == ecs.ImageName {
				seen[row]++
			}
		}
	}
	for _, o := range r.Outliers {
		if o.Attribute == ecs.ImageName {
			seen[o.Row]++
		}
	}
	rules := r.Renames >= review.MinRenames && !r.NoCommonRule()
	for i, n := range seen {
		row := &p.Rows[i]
		renames := row.Verdict == plan.Planned && row.Want.ImageName != "" && row.Old.ImageName != "" && row.Want.ImageName != row.Old.ImageName
		switch {
		case n > 1, !rules && n > 0:
			return fmt.Errorf("row %d is in %d rules and outliers", i, n)
		case rules && renames && n == 0:
			return fmt.Errorf("row %d, %s → %s, is in no rule and no outlier", i, row.Old.ImageName, row.Want.ImageName)
		}
	}
	return nil
}

func survivesJSON(r *review.Review) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var back review.Review
	if err := json.Unmarshal(text, &back); err != nil {
		return err
	}
	if diff := cmp.Diff(r, &back); diff != "" {
		return fmt.Errorf("JSON gives another review: %s", diff)
	}
	return nil
}

func TestReviewsHold(t *testing.T) {
	for seed := range uint64(20) {
		j, _ := seeded(seed)
		dice := rand.New(rand.NewPCG(seed, 3))
		for range 40 {
			if i, name := plant(j, mistakes[dice.IntN(len(mistakes))], dice); i >= 0 {
				j.rows[i].Want.ImageName = name
			}
		}
		p := j.plan()
		if err := holds(p, review.Of(p, j.lanes)); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	for seed := range uint64(8) {
		j, _ := seeded(seed)
		for i := range j.rows {
			j.rows[i].Want.Status = []string{"", ecs.Deprecated, ecs.Available}[i%3]
			j.rows[i].Want.Description = "made of " + j.rows[i].Want.ImageName
			if i%50 == 0 {
				j.rows[i].Want.ImageName += fmt.Sprint("x", i)
			}
		}
		p := j.plan()
		first, _ := json.Marshal(review.Of(p, j.lanes))
		for range 4 {
			if again, _ := json.Marshal(review.Of(p, j.lanes)); string(again) != string(first) {
				t.Fatalf("seed %d:\n%s\n%s", seed, first, again)
			}
		}
	}
}

// Reviews take memory in proportion to the rows, also of names that are made to
// be hard: that many allocations are at most twice as many for twice the rows.
func TestHardNamesTakeLinearWork(t *testing.T) {
	word := func(n int) string {
		dice := rand.New(rand.NewPCG(uint64(n), 7))
		var b strings.Builder
		for range 8 {
			b.WriteByte(byte('a' + dice.IntN(26)))
		}
		return b.String()
	}
	for name, row := range map[string]func(i int) rename{
		"made up one by one": func(i int) rename { return rename{word(2 * i), word(2*i + 1)} },
		"ten in a rule, the others made up": func(i int) rename {
			return pick(i < 12, rename{"packer-" + word(i), word(i)}, rename{word(2 * i), word(2*i + 1)})
		},
		"many rules of ten": func(i int) rename {
			return rename{fmt.Sprintf("%s-%d", word(i/10), i), fmt.Sprintf("%s-x-%d", word(i/10+1), i)}
		},
		"many tokens": func(i int) rename {
			return rename{strings.Repeat("a-", 60) + word(i), strings.Repeat("-a", 60) + word(i)}
		},
		"many ways to fit":           func(i int) rename { return rename{"a-a-a-a-a-a-b-b-b-b-" + word(i), "a-a-b-b-a-a-b-b-" + word(i+1)} },
		"few rows each, in one word": func(i int) rename { return rename{fmt.Sprint("web-", i), fmt.Sprint("web-", i, "-", word(i/2))} },
		"digits in many slots": func(i int) rename {
			return rename{"a", fmt.Sprintf("%d.%d.%d.%d.%d.%d.%d", i%2, i%3, i%5, i%7, i%11, i%13, i)}
		},
		"numbers too long for any arithmetic": func(i int) rename {
			return rename{strings.Repeat("9", 60) + fmt.Sprint(i), strings.Repeat("9", 61) + fmt.Sprint(i+1)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			work := func(n int) uint64 {
				j := new(job)
				for i := range n {
					r := row(i)
					j.add(0, r.old, r.new, "2026-07-01T03:15:02Z")
				}
				p := j.plan()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				r := review.Of(p, j.lanes)
				runtime.ReadMemStats(&after)
				if err := holds(p, r); err != nil {
					t.Error(err)
				}
				return after.TotalAlloc - before.TotalAlloc
			}
			if one, four := work(4_000), work(16_000); four > 6*one {
				t.Errorf("%d bytes for 4,000 rows, %d for 16,000", one, four)
			}
		})
	}
}

func pick(first bool, a, b rename) rename {
	if first {
		return a
	}
	return b
}

// FuzzReview reviews plans of names that the fuzzer makes up: lines of an old and
// a new name, over two lanes.
func FuzzReview(f *testing.F) {
	f.Add(strings.Repeat("packer-web-1 web-1\n", 12) + "packer-web-2 web-2026\n")
	f.Add("a-1 b-2\na-2 b-3\na-3 b-4\na-4 b-5\na-5 b-6\na-6 b-7\na-7 b-8\na-8 b-9\na-9 b-10\na-10 b-11\na-11 b-12\nx y\n")
	f.Add("镜像1 新镜像1\n镜像2 新镜像2\n*#{created:2006} {word}*\n\x01\x02 \x01\xff\n")
	j, _ := seeded(3)
	var lines strings.Builder
	for i := range j.rows[:60] {
		fmt.Fprintln(&lines, oldName(j, i), j.rows[i].Want.ImageName)
	}
	f.Add(lines.String())
	f.Fuzz(func(t *testing.T, text string) {
		if err := reviewLines(text); err != nil {
			t.Fatal(err)
		}
	})
}

// reviewLines reviews the renames of lines, and checks that the review holds and
// is the same each time.
func reviewLines(text string) error {
	j := new(job)
	for i, line := range strings.Split(strings.ToValidUTF8(text, "?"), "\n") {
		old, new, _ := strings.Cut(line, " ")
		at := j.add(i%2, old, new, "2026-07-01T03:15:02Z")
		if strings.HasSuffix(old, "!") {
			j.rows[at].Want.Description, j.rows[at].Want.ImageFamily = new+old, new
		}
		if strings.HasSuffix(new, "?") {
			j.rows[at].ImageID = "m-none"
		}
	}
	p := j.plan()
	r := review.Of(p, j.lanes)
	if err := holds(p, r); err != nil {
		return err
	}
	first, _ := json.Marshal(r)
	if again, _ := json.Marshal(review.Of(p, j.lanes)); string(first) != string(again) {
		return fmt.Errorf("%s\n%s", first, again)
	}
	return nil
}

// Names of few pieces have much in common by chance.
func TestNamesOfFewPieces(t *testing.T) {
	pieces := strings.Fields("a a b web 1 2 07 2026 20260701 202607 cn hangzhou cn-shanghai - - _ . 镜 像 # * {word} \x01 \x01\xff é ! ?")
	for seed := range uint64(400) {
		dice := rand.New(rand.NewPCG(seed, 5))
		few := pieces[:4+dice.IntN(len(pieces)-4)]
		var text strings.Builder
		for range 10 + dice.IntN(60) {
			for range 1 + dice.IntN(7) {
				text.WriteString(few[dice.IntN(len(few))])
			}
			text.WriteByte(" \n"[dice.IntN(2)])
		}
		if err := reviewLines(text.String()); err != nil {
			t.Errorf("seed %d: %v\n%q", seed, err, text.String())
		}
	}
}
