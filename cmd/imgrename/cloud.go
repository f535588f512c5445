package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A cloud is where calls go: the real one, or the simulator in this process.
type cloud interface {
	// credentials finds the keys of a profile, those of the default chain for
	// "". regions are those of its rows.
	credentials(ctx context.Context, profile string, regions []string) (ecs.Provider, error)
	// transport carries the calls of one lane.
	transport(workers int) *http.Client
}

// alibaba is the real cloud.
type alibaba struct{ *common }

func (a alibaba) credentials(ctx context.Context, profile string, regions []string) (ecs.Provider, error) {
	home, _ := os.UserHomeDir() // "" is a home without files
	return credentials.Find(ctx, credentials.Options{
		Profile: profile, Getenv: os.Getenv, Home: home, Endpoint: a.target, Network: ecs.Network(a.network),
		Regions: regions, Clock: &a.clock, Timeout: a.timeout, UserAgent: userAgent(),
	})
}

func (alibaba) transport(workers int) *http.Client { return ecs.NewHTTPClient(workers) }

// An owner is the account behind a profile, or why it is not known.
type owner struct {
	provider ecs.Provider
	account  string
	err      error
}

// connectRows connects rows to the cloud that the flags name.
func (c *common) connectRows(ctx context.Context, rows []manifest.Row) (*lifecycle.Connection, error) {
	on, err := c.cloud(rows)
	if err != nil {
		return nil, err
	}
	return c.connect(ctx, on, rows)
}

// connect finds the accounts of rows and groups the rows into lanes, in the
// order in which they first appear. A profile that cannot be used becomes the
// error of its lanes; connect fails only if none can be used.
func (c *common) connect(ctx context.Context, on cloud, rows []manifest.Row) (*lifecycle.Connection, error) {
	clock := c.clock.Offset()
	owners, err := c.identify(ctx, on, rows)
	if c.clock.Offset() != clock {
		c.tellClock()
	}
	if err != nil {
		return nil, err
	}
	found := &lanes{common: c, on: on, owners: owners, known: make(map[plan.Lane]int)}
	requests := make([]plan.Request, len(rows))
	for i := range rows {
		requests[i] = plan.Request{Row: &rows[i], Lane: found.at(&rows[i])}
	}
	c.metrics.meter.follow(found.list)
	return &lifecycle.Connection{Lanes: found.list, Requests: requests, Close: found.close}, nil
}

// lanes are the lanes found so far.
type lanes struct {
	*common
	on      cloud
	owners  map[string]owner // by profile
	list    []batch.Lane
	known   map[plan.Lane]int
	clients []*http.Client
	readers []string // the profile whose keys read a lane, by lane
}

// close closes idle connections.
func (l *lanes) close() {
	for _, client := range l.clients {
		client.CloseIdleConnections()
	}
}

// at returns the index of a row's lane, and adds the lane if it is new. Several
// profiles may lead to one lane: the first reads it, and each writes its own
// rows. The lane of an invalid row has its region, which may be "", and no API.
func (l *lanes) at(row *manifest.Row) int {
	key := plan.Lane{Region: row.RegionID}
	var o owner
	if len(row.Invalid) == 0 {
		o = l.owners[row.Profile]
		key.Account = o.account
	}
	if o.err != nil {
		key.Account = "profile " + row.Profile // the account is not known
	}
	i, known := l.known[key]
	if !known {
		i = len(l.list)
		l.known[key], l.readers = i, append(l.readers, row.Profile)
		l.list = append(l.list, batch.Lane{
			Lane: key, Err: o.err, Retry: l.retry(), Reads: pace.NewGate(l.rate), Writes: pace.NewGate(l.rate),
		})
	}
	lane := &l.list[i]
	switch _, writes := lane.Writers[row.Profile]; {
	case o.provider == nil || o.err != nil || writes:
	case !known:
		lane.API = l.api(o, row.RegionID)
	case l.readers[i] != row.Profile:
		if lane.Writers == nil {
			lane.Writers = make(map[string]batch.API)
		}
		lane.Writers[row.Profile] = l.api(o, row.RegionID)
	}
	return i
}

func (l *lanes) api(o owner, region string) batch.API {
	client := l.on.transport(l.workers)
	l.clients = append(l.clients, client)
	return l.client(client, o.provider, region)
}

func (c *common) retry() batch.Retry {
	r := batch.DefaultRetry
	r.Attempts, r.Settle, r.MaxOutage = c.retries, c.settle, c.maxOutage
	return r
}

func (c *common) client(carrier *http.Client, provider ecs.Provider, region string) *ecs.Client {
	return ecs.NewClient(region, ecs.Config{
		Credentials: provider, Clock: &c.clock, HTTP: carrier, Endpoint: c.target,
		Network: ecs.Network(c.network), Timeout: c.timeout, UserAgent: c.userAgent,
		Observe: func(action string, err error) { c.noteCall(region, action, err) },
	})
}

// tellClock warns that this host's clock is so far off that the API refused a
// call because of its date.
func (c *common) tellClock() {
	off, way := c.clock.Offset().Round(time.Minute), "behind"
	if off < 0 {
		off, way = -off, "ahead"
	}
	c.say("warning: this host's clock is %s %s; calls are signed with the server's time", strings.TrimSuffix(off.String(), "0s"), way)
}

// identify finds the account of each profile. It fails if no profile can be
// used, or if ctx ends.
func (c *common) identify(ctx context.Context, on cloud, rows []manifest.Row) (map[string]owner, error) {
	owners := make(map[string]owner)
	var problems []error
	profiles, regions := regionsOfProfiles(rows)
	for _, profile := range profiles {
		o := c.identifyOne(ctx, on, profile, regions[profile])
		if ctx.Err() != nil {
			return nil, &lifecycle.StoppedError{Cause: context.Cause(ctx)}
		}
		owners[profile] = o
		if o.err != nil {
			problems = append(problems, profileError(profile, o.err))
		} else if source, ok := o.provider.(fmt.Stringer); ok {
			c.sources = append(c.sources, fmt.Sprintf("account %s: keys from %s", o.account, source))
		}
	}
	if len(problems) > 0 && len(problems) == len(owners) {
		return nil, &lifecycle.NoLaneError{Err: errors.Join(problems...)}
	}
	return owners, nil
}

// regionsOfProfiles returns the profiles of valid rows, and the regions of each,
// in the order in which they first appear.
func regionsOfProfiles(rows []manifest.Row) (profiles []string, regions map[string][]string) {
	regions = make(map[string][]string)
	seen := make(map[[2]string]bool)
	for i := range rows {
		row := &rows[i]
		if at := [2]string{row.Profile, row.RegionID}; len(row.Invalid) == 0 && !seen[at] {
			seen[at] = true
			if regions[row.Profile] == nil {
				profiles = append(profiles, row.Profile)
			}
			regions[row.Profile] = append(regions[row.Profile], row.RegionID)
		}
	}
	return profiles, regions
}

// identifyOne finds the account of a profile. Each region has an STS of its own,
// and one that is out of reach says nothing of the others: the first is asked,
// then the others, and then all of them with patience. An endpoint stands for
// all regions.
func (c *common) identifyOne(ctx context.Context, on cloud, profile string, regions []string) owner {
	provider, err := on.credentials(ctx, profile, regions)
	if err != nil {
		return owner{err: err}
	}
	if c.target != (ecs.Endpoint{}) {
		regions = regions[:1]
	}
	patient, once := c.retry(), c.retry()
	once.Attempts = 1
	var who identity
	for _, round := range []struct {
		regions []string
		retry   batch.Retry
	}{{regions[:1], once}, {regions[1:], once}, {regions, patient}} {
		if who = c.askRegions(ctx, on, provider, round.regions, round.retry); who.answered {
			break
		}
	}
	if source, ok := provider.(*credentials.Source); ok && who.err == nil {
		source.Pin(func(ctx context.Context, keys ecs.Credentials) error {
			return c.sameAccount(ctx, on, keys, who.region, who.account)
		})
	}
	return owner{provider: provider, account: who.account, err: who.err}
}

// An identity is the account that the STS of a region named, or why it did not.
type identity struct {
	region, account string
	answered        bool // by an account or a refusal
	err             error
}

// askRegions asks the STS of all regions at once. It returns an account if one
// of them names it, else a refusal, else the error of the first region.
func (c *common) askRegions(ctx context.Context, on cloud, provider ecs.Provider, regions []string, retry batch.Retry) identity {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := make([]identity, len(regions))
	var all sync.WaitGroup
	for i, region := range regions {
		all.Go(func() {
			carrier := on.transport(1)
			defer carrier.CloseIdleConnections()
			lane := batch.Lane{Reads: pace.NewGate(c.rate), Retry: retry}
			who, err := batch.Identify(ctx, lane, c.client(carrier, provider, region).CallerIdentity)
			class := ecs.Classify(err)
			answered := class != ecs.Unsent && class != ecs.Ambiguous && class != ecs.Busy
			if found[i] = (identity{region, who.AccountID, answered, err}); err == nil {
				cancel()
			}
		})
	}
	all.Wait()
	for _, good := range []func(identity) bool{
		func(who identity) bool { return who.err == nil },
		func(who identity) bool { return who.answered },
		func(identity) bool { return true },
	} {
		if i := slices.IndexFunc(found, good); i >= 0 {
			return found[i]
		}
	}
	return identity{}
}

// sameAccount returns an error unless keys are of an account.
func (c *common) sameAccount(ctx context.Context, on cloud, keys ecs.Credentials, region, account string) error {
	carrier := on.transport(1)
	defer carrier.CloseIdleConnections()
	who, err := c.client(carrier, ecs.Static(keys), region).CallerIdentity(ctx)
	if err == nil && who.AccountID != account {
		err = fmt.Errorf("the keys are now of account %s, and this run is of account %s", who.AccountID, account)
	}
	return err
}

func profileError(profile string, err error) error {
	if profile == "" || is[*credentials.NotFoundError](err) || is[*credentials.UnusableError](err) {
		return err
	}
	return fmt.Errorf("profile %q: %w", profile, err)
}
