package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A cloud is where calls go and who makes them: the real one, or the
// simulator in this process.
type cloud interface {
	// credentials finds the keys of a profile; "" is the default chain.
	credentials(ctx context.Context, profile string) (ecs.Provider, error)
	// transport carries the calls of one lane.
	transport(workers int) *http.Client
}

// alibaba is the real cloud.
type alibaba struct{}

func (alibaba) credentials(ctx context.Context, profile string) (ecs.Provider, error) {
	home, _ := os.UserHomeDir() // "" is a home without files
	source, err := credentials.Find(ctx, credentials.Options{Profile: profile, Getenv: os.Getenv, Home: home})
	if err != nil {
		return nil, err
	}
	return source, nil
}

func (alibaba) transport(workers int) *http.Client { return ecs.NewHTTPClient(workers) }

// A place is a profile in a region, as rows name it. Several may turn out to
// be one lane: two profiles of one account.
type place struct{ profile, region string }

// An owner is the account behind a profile, or why it is not known.
type owner struct {
	provider ecs.Provider
	account  string
	err      error
}

// connectRows is connect to where this command's calls go.
func (c *common) connectRows(ctx context.Context, rows []manifest.Row) (*lifecycle.Connection, error) {
	on, err := c.cloud(rows)
	if err != nil {
		return nil, err
	}
	return c.connect(ctx, on, rows)
}

// connect finds out which accounts the rows belong to and groups them into
// lanes, in the order in which the manifest first names them. A profile that
// cannot be used is data; it is an error only if none can.
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
	places := make(map[place]int)
	for i := range rows {
		at := place{rows[i].Profile, rows[i].RegionID}
		if len(rows[i].Invalid) > 0 { // nothing is asked of anybody for its sake
			requests[i] = plan.Request{Row: &rows[i], Lane: found.silent(at.region)}
			continue
		}
		lane, ok := places[at]
		if !ok {
			lane = found.at(at)
			places[at] = lane
		}
		requests[i] = plan.Request{Row: &rows[i], Lane: lane}
	}
	return &lifecycle.Connection{Lanes: found.list, Requests: requests, Close: found.close}, nil
}

// lanes are those that were found so far.
type lanes struct {
	*common
	on      cloud
	owners  map[string]owner // by profile
	list    []batch.Lane
	known   map[plan.Lane]int
	clients []*http.Client
}

// close lets go of the idle connections.
func (l *lanes) close() {
	for _, client := range l.clients {
		client.CloseIdleConnections()
	}
}

// silent returns the index of the lane of rows that are refused for themselves:
// it has their region, maybe "", and nobody to ask.
func (l *lanes) silent(region string) int {
	return l.index(batch.Lane{Lane: plan.Lane{Region: region}})
}

// index returns the index of a lane, which is added if it is new.
func (l *lanes) index(lane batch.Lane) int {
	i, ok := l.known[lane.Lane]
	if !ok {
		i = len(l.list)
		l.list = append(l.list, lane)
		l.known[lane.Lane] = i
	}
	return i
}

// at returns the index of the lane of a place, new or known.
func (l *lanes) at(at place) int {
	o := l.owners[at.profile]
	key := plan.Lane{Account: o.account, Region: at.region}
	if o.err != nil {
		key.Account = "profile " + at.profile // of an account that is not known
	}
	if i, ok := l.known[key]; ok {
		return i
	}
	lane := batch.Lane{
		Lane: key, Retry: l.retry(), Err: o.err,
		Reads: pace.NewGate(float64(l.rate)), Writes: pace.NewGate(float64(l.rate)),
	}
	if o.err == nil {
		client := l.on.transport(l.workers)
		l.clients = append(l.clients, client)
		lane.API = l.client(client, o.provider, at.region)
	}
	return l.index(lane)
}

func (c *common) client(carrier *http.Client, provider ecs.Provider, region string) *ecs.Client {
	var endpoint ecs.Endpoint
	if c.endpoint != "" {
		endpoint, _ = ecs.ParseEndpoint(c.endpoint) // checked with the flags
	}
	return ecs.NewClient(region, ecs.Config{
		Credentials: provider, Clock: &c.clock, HTTP: carrier, Endpoint: endpoint,
		Network: ecs.Network(c.network), Timeout: c.timeout, UserAgent: userAgent(),
	})
}

// tellClock says that this host's clock is so far off that the API refused a
// call for its date.
func (c *common) tellClock() {
	if c.quiet {
		return
	}
	off, way := c.clock.Offset().Round(time.Minute), "behind"
	if off < 0 {
		off, way = -off, "ahead"
	}
	fmt.Fprintf(c.err, "warning: this host's clock is %s %s; calls are signed with the server's time\n",
		strings.TrimSuffix(off.String(), "0s"), way)
}

// identify finds the account behind each profile. It fails if no profile can
// be used, or if ctx ends.
func (c *common) identify(ctx context.Context, on cloud, rows []manifest.Row) (map[string]owner, error) {
	owners := make(map[string]owner)
	var problems []error
	for i := range rows {
		profile := rows[i].Profile
		if _, ok := owners[profile]; ok || len(rows[i].Invalid) > 0 {
			continue
		}
		o := c.identifyOne(ctx, on, profile, rows[i].RegionID)
		if ctx.Err() != nil {
			return nil, &lifecycle.StoppedError{Cause: context.Cause(ctx)}
		}
		owners[profile] = o
		if o.err != nil {
			problems = append(problems, profileError(profile, o.err))
		}
	}
	if len(problems) > 0 && len(problems) == len(owners) {
		return nil, &lifecycle.NoLaneError{Err: errors.Join(problems...)}
	}
	return owners, nil
}

func (c *common) identifyOne(ctx context.Context, on cloud, profile, region string) owner {
	provider, err := on.credentials(ctx, profile)
	if err != nil {
		return owner{err: err}
	}
	carrier := on.transport(1)
	defer carrier.CloseIdleConnections()
	who, err := batch.Identify(ctx, batch.Lane{
		Reads: pace.NewGate(float64(c.rate)), Retry: c.retry(),
	}, c.client(carrier, provider, region).CallerIdentity)
	return owner{provider: provider, account: who.AccountID, err: err}
}

func profileError(profile string, err error) error {
	if profile == "" || is[*credentials.NotFoundError](err) {
		return err
	}
	return fmt.Errorf("profile %q: %w", profile, err)
}

// hintOfNoLane is the way out where no lane could be used or read.
func hintOfNoLane(err error) string {
	switch {
	case is[*credentials.NotFoundError](err):
		return "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, " +
			"name a --profile of ~/.aliyun/config.json, or rehearse with --simulate FILE"
	case isDenied(err):
		return ecs.Hint(err)
	}
	return "check the network, --network, --endpoint and the proxy settings"
}
