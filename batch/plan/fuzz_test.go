package plan_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"imgrename/batch/plan"
)

// bytesDice rolls what the fuzzer says, then what follows from a seed: rand
// rolls again where it does not like the number, so zeroes would never end.
type bytesDice struct {
	left []byte
	then *rand.PCG
}

func (d *bytesDice) Uint64() uint64 {
	if len(d.left) < 2 {
		return d.then.Uint64()
	}
	n := uint64(d.left[0])<<8 | uint64(d.left[1])
	d.left = d.left[2:]
	return n<<48 | n<<32 | n<<16 | n // rand looks at the low bits, or the high ones
}

// FuzzNew lets the fuzzer roll the dice of whole jobs.
func FuzzNew(f *testing.F) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 4))
		var b []byte
		for range 600 {
			b = append(b, byte(r.Uint32()))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		source := &bytesDice{b, rand.NewPCG(6, 6)}
		rows, lanes := dice{rand.New(source)}.job()
		p := plan.New(rows, lanes)
		if err := holds(p, lanes, rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Fatalf("%v\n%v\n%v", err, verdicts(p), chains(p))
		}
		if err := survives(p, rows, lanes, rand.New(rand.NewPCG(2, 2))); err != nil {
			t.Fatalf("stopped on the way: %v\n%v\n%v", err, verdicts(p), chains(p))
		}
	})
}

// FuzzBruteForce lets the fuzzer choose what up to seven images want.
func FuzzBruteForce(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 0})
	f.Add([]byte{1, 0, 3, 2, 9, 9, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || len(b) > 7 {
			t.Skip()
		}
		z := puzzle{make([]int, len(b))}
		for i, n := range b {
			z.want[i] = int(n)%(len(b)+3) - 1
		}
		if err := z.check(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzDecode gives the fuzzer's bytes the right sum too, so that it gets behind
// that check: what is decoded can be compared and written again.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(4) {
		rows, lanes := dice{rand.New(rand.NewPCG(seed, 5))}.job()
		var b bytes.Buffer
		if _, err := plan.Encode(&b, plan.New(rows, lanes), info); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	_, lanes := dice{rand.New(rand.NewPCG(0, 5))}.job()
	f.Fuzz(func(t *testing.T, b []byte) {
		plan.IsFile(b)
		plan.Decode(bytes.NewReader(b)) // must not panic
		if err := asJSON(string(b)); err != nil {
			t.Fatal(err)
		}
		saved, err := plan.Decode(strings.NewReader(signed(string(b))))
		if err != nil {
			return
		}
		plan.Compare(saved.Plan, lanes)
		plan.Rest(saved.Plan, lanes)
		var again bytes.Buffer
		if _, err := plan.Encode(&again, saved.Plan, saved.Info); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Decode(&again); err != nil {
			t.Fatal(err)
		}
	})
}
