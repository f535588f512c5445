package ecssim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Fault makes calls go wrong. The first fields say what happens, the others
// to which calls; without those it strikes every call that its kind is about.
type Fault struct {
	Kind   Kind
	By     time.Duration // how late, how stale, how far off, how long silent
	Status int           // of the answer, for the kinds that answer
	Code   string        // of a refusal
	Hints  []string      // of a throttled call, as in [Quota]

	Chance float64       // of each call to be struck, 0 for all
	Every  int           // only every n-th call
	After  int           // only calls after the first n
	Times  int           // at most n calls
	At     time.Duration // only from this long after the server's start
	For    time.Duration // and for this long, 0 for ever

	Action  string // write, read, any (STS too), or an action's name
	Account string
	Region  string
	Image   string
}

// ParseFault reads a fault from text: its kind, then, after a colon, any of the
// following, separated by commas. A bare number is a chance, a bare duration is
// by.
//
//	0.01            strikes one call in a hundred, drawn from the seed
//	every=50        strikes every 50th call
//	after=100       strikes calls after the first 100
//	times=3         strikes three times, then never again
//	at=10s          strikes from 10 s after the start
//	for=300s        … for 300 s
//	by=3s           how late, how stale, how far off, how long silent
//	status=429      the answer's HTTP status
//	code=NAME       a refusal's code
//	hint=NAME+NAME  a throttled call's headers, as in [ParseQuota]
//	action=NAME     strikes one action only; or write, read, or any
//	account=ID, region=ID, image=ID
//
// The kinds are listed at [Kind]. Examples: lost-after:0.01,
// internal-error:every=50, throttle-forever:after=100, stale-read:3s,
// outage:at=10s,for=300s, refuse:code=OperationConflict,status=409,times=1.
func ParseFault(text string) (Fault, error) {
	kind, options, given := strings.Cut(text, ":")
	f := Fault{Kind: Kind(kind)}
	if given {
		for option := range strings.SplitSeq(options, ",") {
			if err := f.set(strings.TrimSpace(option)); err != nil {
				return Fault{}, fmt.Errorf("fault %q: %w", text, err)
			}
		}
	}
	if err := f.check(); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", text, err)
	}
	return f, nil
}

// faultOptions are the options of a fault by name.
var faultOptions = map[string]func(*Fault, string) error{
	"chance": func(f *Fault, v string) (err error) { f.Chance, err = parseChance(v); return err },
	"every":  func(f *Fault, v string) error { return setCount(&f.Every, v) },
	"after":  func(f *Fault, v string) error { return setCount(&f.After, v) },
	"times":  func(f *Fault, v string) error { return setCount(&f.Times, v) },
	"status": func(f *Fault, v string) (err error) { f.Status, err = parseStatus(v); return err },
	"by":     func(f *Fault, v string) error { return setPositive(&f.By, v) },
	"at":     func(f *Fault, v string) error { return setPositive(&f.At, v) },
	"for":    func(f *Fault, v string) error { return setPositive(&f.For, v) },
	"hint":   func(f *Fault, v string) (err error) { f.Hints, err = parseHints(v); return err },

	"code":    func(f *Fault, v string) error { return setText(&f.Code, v) },
	"action":  func(f *Fault, v string) error { return setText(&f.Action, v) },
	"account": func(f *Fault, v string) error { return setText(&f.Account, v) },
	"region":  func(f *Fault, v string) error { return setText(&f.Region, v) },
	"image":   func(f *Fault, v string) error { return setText(&f.Image, v) },
}

func (f *Fault) set(option string) error {
	name, value, named := strings.Cut(option, "=")
	if !named {
		return f.setBare(option)
	}
	set, known := faultOptions[name]
	if !known {
		return fmt.Errorf("no option %q; there are %s", name, strings.Join(sortedKeys(faultOptions), ", "))
	}
	if err := set(f, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func setText(to *string, value string) error {
	if value == "" {
		return errors.New("give a value")
	}
	*to = value
	return nil
}

func (f *Fault) setBare(option string) (err error) {
	if f.Chance, err = parseChance(option); err == nil {
		return nil
	}
	if f.By, err = parsePositive(option); err == nil {
		return nil
	}
	return fmt.Errorf("%q is neither a chance above 0 and up to 1, nor a duration, nor NAME=VALUE", option)
}

// parseChance refuses 0: a fault without a chance strikes every call.
func parseChance(text string) (float64, error) {
	p, err := strconv.ParseFloat(text, 64)
	if err != nil || !(p > 0 && p <= 1) {
		return 0, fmt.Errorf("%q is no chance above 0 and up to 1", text)
	}
	return p, nil
}

// actionGroups are the values of Action that are not an action's name.
var actionGroups = []string{"", "write", "read", "any"}

// check returns what is wrong with a fault.
func (f *Fault) check() error {
	k, ok := kinds[f.Kind]
	switch {
	case !ok:
		return fmt.Errorf("no kind %q; there are %s", f.Kind, strings.Join(sortedKeys(kinds), ", "))
	case k.needsBy && f.By <= 0:
		return errors.New("by how much? give a duration")
	case f.By > 0 && !k.needsBy && k.takes&takesBy == 0:
		return errors.New("no duration has an effect on this kind")
	case f.Status != 0 && k.takes&takesStatus == 0:
		return errors.New("this kind has no status")
	case f.Code != "" && k.takes&takesCode == 0:
		return errors.New("this kind has no code")
	case len(f.Hints) > 0 && k.takes&takesHint == 0:
		return errors.New("this kind has no hint")
	case strings.HasPrefix(string(f.Kind), "refuse") && f.Kind != "refused" && f.Code == "":
		return errors.New("refuse with what? give code=NAME")
	case f.At < 0 || f.For < 0 || f.By < 0:
		return errors.New("a time cannot be negative")
	case !slices.Contains(actionGroups, f.Action) && operations[f.Action].run == nil:
		return fmt.Errorf("no action %q", f.Action)
	}
	return nil
}

// sortedKeys lists what a table has, for messages.
func sortedKeys[K ~string, V any](table map[K]V) []string {
	names := make([]string, 0, len(table))
	for k := range table {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return names
}
