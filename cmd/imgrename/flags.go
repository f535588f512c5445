package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/report/page"
)

// The defaults that no package below has, and what no flag sets.
const (
	defaultRate    = "15/s" // 0.9 of the 1000 calls a minute that ECS publishes
	defaultWorkers = 16
	// hastyOutage is how long plan and export wait for a network that is down.
	hastyOutage = 30 * time.Second
	// eagerReads go at once in each lane if no rate is given: a small job needs no
	// more of them.
	eagerReads = 8
	// grace is how long a stopped run may take to finish what is open.
	grace = 10 * time.Second
)

// common is what all commands share: the streams and the common flags.
type common struct {
	streams
	given   setFlags
	command string // as it was typed, without flags
	source  string // the manifest or plan that images are changed for
	// sources are whose keys are used, by account.
	sources []string
	clock   ecs.Clock
	// delays is held while one is told.
	delays sync.Mutex
	// events counts the bytes of events on standard output; summed reports that
	// the summary is among them.
	events int64
	summed bool
	// concluded reports that rows have outcomes, and were written.
	concluded bool
	counting  *countdown

	defaultRegion string
	onlyRegion    string
	profile       string
	endpoint      string
	target        ecs.Endpoint // endpoint, parsed
	network       string
	simulate      string
	rate          float64 // calls a second
	workers       int
	retries       int
	timeout       time.Duration
	settle        time.Duration
	maxOutage     time.Duration
	hasty         bool // it is plan or export: nobody waits long for these
	reports       []string
	unwritten     bool // a copy of the report
	about         page.Info
	onFinish      []string
	ended         ending
	calling       atomic.Pointer[string] // the run whose calls are sent
	metrics       metricsFile
	json          bool
	quiet         bool
	verbose       bool
	logFormat     string
	log           *slog.Logger
	progress      string
	rows          string // auto, all or none
	noColor       bool
	stateDir      string
	lockTimeout   time.Duration
	yes           bool
	encoding      string
	delimiter     string
	skipInvalid   bool
}

func (c *common) bind(f *pflag.FlagSet) {
	f.StringVar(&c.defaultRegion, "default-region", "", "`region` for rows without one")
	f.Var(&parsed{"", "string", once(&c.onlyRegion)}, "only-region", "only rows of this `region`")
	f.StringVar(&c.profile, "profile", "", "credentials `profile` for rows without one")
	f.StringVar(&c.endpoint, "endpoint", "", "send all calls to this `address`, STS included; plain http only to loopback")
	f.StringVar(&c.network, "network", "public", "which endpoints to use: public or vpc")
	f.StringVar(&c.simulate, "simulate", "", "rehearse on the images in this `file`, as export writes it, instead of the cloud")
	_ = perSecond(&c.rate)(defaultRate)
	f.Var(&parsed{defaultRate, "N/s", perSecond(&c.rate)}, "rate", "most calls per second in each account and region, reads and writes counted apart")
	f.IntVar(&c.workers, "workers", defaultWorkers, "concurrent calls in each account and region")
	f.IntVar(&c.retries, "retries", batch.DefaultRetry.Attempts, "most calls for one change when it is unclear whether one of them took effect")
	f.DurationVar(&c.timeout, "timeout", ecs.DefaultTimeout, "time limit for one call")
	f.DurationVar(&c.settle, "settle", batch.DefaultRetry.Settle, "how long an unanswered call may still take effect")
	f.DurationVar(&c.maxOutage, "max-outage", batch.DefaultRetry.MaxOutage, "how long to wait for a network that is down (0: not at all)")
	f.StringArrayVar(&c.reports, "report", nil, "write the report to this `file` (.csv, .jsonl, .md or .html; repeatable)")
	f.BoolVar(&c.json, "json", false, "write events to standard output as JSON Lines, a summary last")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing on success")
	c.bindLog(f)
	f.StringVar(&c.progress, "progress", "auto", "how to show progress: auto, bar, plain or none")
	f.StringVar(&c.rows, "rows", "auto", "which rows to list: all, none, or auto: not those of a job that fill the screen")
	f.BoolVar(&c.noColor, "no-color", false, "no colours on a terminal (NO_COLOR does the same)")
	f.StringVar(&c.stateDir, "state-dir", "", "`folder` for runs, journals and locks (default $XDG_STATE_HOME/imgrename)")
	f.DurationVar(&c.lockTimeout, "lock-timeout", 0, "how long to wait while another run works on the same account and region")
	f.BoolVar(&c.yes, "yes", false, "do not ask for confirmation")
	f.StringVar(&c.encoding, "encoding", "auto", "manifest encoding: auto, utf-8, utf-16 or gb18030")
	f.StringVar(&c.delimiter, "delimiter", "auto", "manifest delimiter: auto, ',', ';' or tab")
	f.BoolVar(&c.skipInvalid, "skip-invalid", false, "refuse invalid rows one by one instead of the whole manifest")
}

// check returns all that is wrong with the common flags, a [*usageError].
func (c *common) check() error {
	var problems []error
	bad := func(cond bool, format string, args ...any) {
		if cond {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	bad(c.workers < 1, "--workers %d: must be at least 1", c.workers)
	bad(c.retries < 1, "--retries %d: must be at least 1", c.retries)
	bad(c.timeout <= 0, "--timeout %s: must be more than 0", c.timeout)
	for _, f := range []struct{ flag, value string }{
		{"network", c.network}, {"progress", c.progress}, {"log-format", c.logFormat}, {"rows", c.rows}, {"encoding", c.encoding},
	} {
		bad(!oneOf(f.value, choices[f.flag]), "--%s %q: must be %s", f.flag, f.value, choices[f.flag])
	}
	bad(!slices.Contains([]string{"auto", ",", ";", "tab", "\t"}, c.delimiter), "--delimiter %q: must be auto, ',', ';' or tab", c.delimiter)
	if _, given := c.given["rate"]; c.simulate != "" && !given {
		c.rate = unpaced
	}
	if c.endpoint != "" {
		var err error
		c.target, err = ecs.ParseEndpoint(c.endpoint)
		bad(err != nil, "%s: %w", c.given.called("endpoint"), err)
		bad(c.simulate != "", "%s and %s cannot be used together", c.given.called("endpoint"), c.given.called("simulate"))
	}
	for _, region := range []struct{ flag, value string }{{"default-region", c.defaultRegion}, {"only-region", c.onlyRegion}} {
		if region.value != "" {
			err := checkRegion(region.value)
			bad(err != nil, "%s: %w", c.given.called(region.flag), err)
		}
	}
	for _, path := range c.reports {
		err := checkReport(path)
		bad(err != nil, "--report %s: %w", path, err)
	}
	return badUsage(append(problems, c.checkOnFinish()...)...)
}

// oneOf reports whether a word is one of a choice such as "auto, bar or none".
func oneOf(word, choice string) bool { return slices.Contains(wordsOf(choice), word) }

// A parsed flag checks its text when it is set.
type parsed struct {
	text string // as it was set, or the default
	kind string // the placeholder of its value in help
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

// once sets a text that may be given only once, so that none silently wins.
func once(to *string) func(string) error {
	return func(s string) error {
		if *to != "" {
			return fmt.Errorf("already given as %s", *to)
		}
		*to = s
		return nil
	}
}

// unpaced is the rate of a rehearsal for which none is given: nobody's quota is at
// stake.
const unpaced = 1e6

// perSecond sets a rate such as 15/s.
func perSecond(to *float64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseFloat(strings.TrimSuffix(s, "/s"), 64)
		if err != nil || !(n > 0) || n > 1e6 {
			return errors.New("must be a rate such as 15/s")
		}
		*to = n
		return nil
	}
}

// atLeastOne sets a limit in rows. It cannot be 0, which means "no limit" here
// and would mean "no rows" to whoever wrote it.
func atLeastOne(to *int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return errors.New("must be a number, at least 1")
		}
		*to = n
		return nil
	}
}

// percentage sets a limit in percent. It cannot be 0 either.
func percentage(to *float64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil || !(n > 0 && n <= 100) {
			return errors.New("must be a percentage above 0 and at most 100")
		}
		*to = n
		return nil
	}
}

// checkRegion returns an error if a text cannot be a region. It would become
// part of the name of a host that gets signed calls.
func checkRegion(region string) error {
	err := ecs.CheckColumn("region_id", region)
	if v, ok := errors.AsType[*ecs.ValueError](err); ok && !v.Mild {
		return err
	}
	return nil
}
