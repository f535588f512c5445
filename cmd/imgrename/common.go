package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/report"
)

// common is what all commands share: the streams and the flags.
type common struct {
	streams
	given given
	where string // whereFlags, to be repeated in the next command
	clock ecs.Clock
	// events are the bytes of events on standard output; summed tells that the
	// summary is among them.
	events int64
	summed bool

	defaultRegion string
	onlyRegion    string
	profile       string
	endpoint      string
	network       string
	simulate      string
	rate          ratePerSecond
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
	f.Var((*once)(&c.onlyRegion), "only-region", "only rows of this `region`")
	f.StringVar(&c.profile, "profile", "", "credentials `profile` of rows that name none")
	f.StringVar(&c.endpoint, "endpoint", "", "`address` that takes all calls, STS included; plain http only to loopback")
	f.StringVar(&c.network, "network", "public", "side from which the API is reached: public or vpc")
	f.StringVar(&c.simulate, "simulate", "", "rehearse on images from this `file`, as export writes it, instead of the cloud")
	c.rate = 15
	f.Var(&c.rate, "rate", "ceiling of calls per account and region, of reads and writes each")
	f.IntVar(&c.workers, "workers", 16, "calls at once in each account and region")
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
	bad(!oneOf(c.network, "public", "vpc"), "--network %q: public or vpc", c.network)
	bad(!oneOf(c.progress, "auto", "bar", "plain", "none"), "--progress %q: auto, bar, plain or none", c.progress)
	bad(!oneOf(c.encoding, "auto", "utf-8", "utf-16", "gb18030"), "--encoding %q: auto, utf-8, utf-16 or gb18030", c.encoding)
	bad(!oneOf(c.delimiter, "auto", ",", ";", "tab", "\t"), "--delimiter %q: auto, ',', ';' or tab", c.delimiter)
	if c.endpoint != "" {
		_, err := ecs.ParseEndpoint(c.endpoint)
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
	if len(problems) > 0 {
		return &usageError{errors.Join(problems...)}
	}
	return nil
}

// checkRegion refuses what can be no region: it would become part of the name of
// a host that is sent signed calls.
func checkRegion(region string) error {
	err := ecs.CheckColumn("region_id", region)
	if v, ok := errors.AsType[*ecs.ValueError](err); ok && !v.Mild {
		return err
	}
	return nil
}

// say writes to standard error what is no error, unless --quiet.
func (c *common) say(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintf(c.err, format, args...)
	}
}

func oneOf(value string, allowed ...string) bool {
	for _, a := range allowed {
		if value == a {
			return true
		}
	}
	return false
}

// grace is how long a run that was told to stop may take to close what is open.
const grace = 10 * time.Second

func (c *common) retry() batch.Retry {
	r := batch.DefaultRetry
	r.Attempts, r.Settle, r.MaxOutage = c.retries, c.settle, c.maxOutage
	return r
}

// once is a text that is given once: the last of several would win in silence.
type once string

func (o *once) String() string { return string(*o) }

func (o *once) Type() string { return "string" }

func (o *once) Set(s string) error {
	if *o != "" {
		return fmt.Errorf("given before, as %s", *o)
	}
	*o = once(s)
	return nil
}

// ratePerSecond is a flag such as 15/s.
type ratePerSecond float64

func (r *ratePerSecond) String() string {
	return strconv.FormatFloat(float64(*r), 'f', -1, 64) + "/s"
}

func (r *ratePerSecond) Type() string { return "N/s" }

func (r *ratePerSecond) Set(s string) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "/s"), 64)
	if err != nil || !(n > 0) || n > 1e6 {
		return errors.New("a rate looks like 15/s")
	}
	*r = ratePerSecond(n)
	return nil
}

// version is set by the linker.
var version = "dev"

func userAgent() string {
	return "imgrename/" + version + " (" + runtime.GOOS + "; " + runtime.GOARCH + ")"
}

// stateFolder is where the state is kept, "" if there is no such place.
func (c *common) stateFolder() string {
	if c.stateDir != "" {
		return c.stateDir
	}
	if base := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "imgrename")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "imgrename")
}
