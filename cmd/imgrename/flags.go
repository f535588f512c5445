package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/report"
)

// What the flags are by default where no package below says so, and what no flag
// sets.
const (
	defaultRate    = "15/s" // 0.9 of the 1000 calls a minute that ECS publishes
	defaultWorkers = 16
	// grace is how long a run that was told to stop may take to close what is open.
	grace = 10 * time.Second
)

// common is what all commands share: the streams and the flags.
type common struct {
	streams
	given given
	clock ecs.Clock
	// events are the bytes of events on standard output; summed tells that the
	// summary is among them.
	events int64
	summed bool

	defaultRegion string
	onlyRegion    string
	profile       string
	endpoint      string
	target        ecs.Endpoint // what endpoint means
	network       string
	simulate      string
	rate          float64 // calls a second
	workers       int
	retries       int
	timeout       time.Duration
	settle        time.Duration
	maxOutage     time.Duration
	reports       []string
	json          bool
	quiet         bool
	verbose       bool
	progress      string
	noColor       bool
	stateDir      string
	lockTimeout   time.Duration
	yes           bool
	encoding      string
	delimiter     string
	skipInvalid   bool
}

func (c *common) bind(f *pflag.FlagSet) {
	f.StringVar(&c.defaultRegion, "default-region", "", "`region` of rows that name none")
	f.Var(&parsed{"", "string", once(&c.onlyRegion)}, "only-region", "only rows of this `region`")
	f.StringVar(&c.profile, "profile", "", "credentials `profile` of rows that name none")
	f.StringVar(&c.endpoint, "endpoint", "", "`address` that takes all calls, STS included; plain http only to loopback")
	f.StringVar(&c.network, "network", "public", "side from which the API is reached: public or vpc")
	f.StringVar(&c.simulate, "simulate", "", "rehearse on images from this `file`, as export writes it, instead of the cloud")
	_ = perSecond(&c.rate)(defaultRate)
	f.Var(&parsed{defaultRate, "N/s", perSecond(&c.rate)}, "rate", "ceiling of calls per account and region, of reads and writes each")
	f.IntVar(&c.workers, "workers", defaultWorkers, "calls at once in each account and region")
	f.IntVar(&c.retries, "retries", batch.DefaultRetry.Attempts, "attempts after answers that leave the result open")
	f.DurationVar(&c.timeout, "timeout", ecs.DefaultTimeout, "limit for one call")
	f.DurationVar(&c.settle, "settle", batch.DefaultRetry.Settle, "how long a call whose answer was lost may still take effect")
	f.DurationVar(&c.maxOutage, "max-outage", batch.DefaultRetry.MaxOutage, "how long a run waits for a network that is gone (0: not at all)")
	f.StringArrayVar(&c.reports, "report", nil, "write the report to this `file` (.csv or .jsonl; repeatable)")
	f.BoolVar(&c.json, "json", false, "events as JSON Lines on standard output, the last one a summary")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing if all is well")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "say more on standard error")
	f.StringVar(&c.progress, "progress", "auto", "auto, bar, plain or none")
	f.BoolVar(&c.noColor, "no-color", false, "no colours (also NO_COLOR)")
	f.StringVar(&c.stateDir, "state-dir", "", "`folder` for what must outlive a run (default $XDG_STATE_HOME/imgrename)")
	f.DurationVar(&c.lockTimeout, "lock-timeout", 0, "how long to wait for a lane that another process holds")
	f.BoolVar(&c.yes, "yes", false, "go ahead without asking")
	f.StringVar(&c.encoding, "encoding", "auto", "of the manifest: auto, utf-8, utf-16 or gb18030")
	f.StringVar(&c.delimiter, "delimiter", "auto", "of the manifest: auto, ',', ';' or tab")
	f.BoolVar(&c.skipInvalid, "skip-invalid", false, "refuse bad rows of the manifest one by one instead of the whole file")
	_ = f.MarkHidden("no-color") // taken for the convention's sake: nothing is in colour
}

// check refuses flags that mean nothing, all of them at once.
func (c *common) check() error {
	var problems []error
	bad := func(cond bool, format string, args ...any) {
		if cond {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	bad(c.workers < 1, "--workers %d: at least 1", c.workers)
	bad(c.retries < 1, "--retries %d: at least 1", c.retries)
	bad(c.timeout <= 0, "--timeout %s: more than 0", c.timeout)
	for _, f := range []struct{ flag, value, choice string }{
		{"network", c.network, "public or vpc"},
		{"progress", c.progress, "auto, bar, plain or none"},
		{"encoding", c.encoding, "auto, utf-8, utf-16 or gb18030"},
	} {
		bad(!oneOf(f.value, f.choice), "--%s %q: %s", f.flag, f.value, f.choice)
	}
	bad(!slices.Contains([]string{"auto", ",", ";", "tab", "\t"}, c.delimiter), "--delimiter %q: auto, ',', ';' or tab", c.delimiter)
	if c.endpoint != "" {
		var err error
		c.target, err = ecs.ParseEndpoint(c.endpoint)
		bad(err != nil, "%s: %w", c.given.called("endpoint"), err)
		bad(c.simulate != "", "%s and %s exclude each other", c.given.called("endpoint"), c.given.called("simulate"))
	}
	for _, region := range []struct{ flag, value string }{{"default-region", c.defaultRegion}, {"only-region", c.onlyRegion}} {
		if region.value != "" {
			err := checkRegion(region.value)
			bad(err != nil, "%s: %w", c.given.called(region.flag), err)
		}
	}
	for _, path := range c.reports {
		err := report.CheckFile(path)
		bad(err != nil, "--report %s: %w", path, err)
	}
	return badUsage(problems...)
}

// oneOf reports whether a choice such as "auto, bar or none" has a word.
func oneOf(word, choice string) bool {
	return word != "or" && slices.Contains(strings.FieldsFunc(choice, func(r rune) bool { return r == ',' || r == ' ' }), word)
}

// A parsed is a flag whose text is checked when it is set.
type parsed struct {
	text string // as it was set, or the default
	kind string // what stands for a value in help
	set  func(string) error
}

func (p *parsed) String() string { return p.text }

func (p *parsed) Type() string { return p.kind }

func (p *parsed) Set(s string) error {
	err := p.set(s)
	if err == nil {
		p.text = s
	}
	return err
}

// once sets a text that is given once: the last of several would win in silence.
func once(to *string) func(string) error {
	return func(s string) error {
		if *to != "" {
			return fmt.Errorf("given before, as %s", *to)
		}
		*to = s
		return nil
	}
}

// perSecond sets a rate such as 15/s.
func perSecond(to *float64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseFloat(strings.TrimSuffix(s, "/s"), 64)
		if err != nil || !(n > 0) || n > 1e6 {
			return errors.New("a rate looks like 15/s")
		}
		*to = n
		return nil
	}
}

// atLeastOne sets a limit in rows. It cannot be 0, which would mean "no limit" to
// us and "none at all" to whoever wrote it.
func atLeastOne(to *int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return errors.New("a number from 1")
		}
		*to = n
		return nil
	}
}

// percentage sets a limit in percent, above 0 for the same reason.
func percentage(to *float64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil || !(n > 0 && n <= 100) {
			return errors.New("a percentage is above 0 and at most 100")
		}
		*to = n
		return nil
	}
}
