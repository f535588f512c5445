package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
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
	source, err := credentials.Find(ctx, profile)
	if err != nil {
		return nil, err
	}
	return source, nil
}

func (alibaba) transport(workers int) *http.Client { return ecs.NewHTTPClient(workers) }

// connection is what a run has to do with the cloud: its lanes, and for each
// row the lane it belongs to.
type connection struct {
	lanes    []batch.Lane
	requests []plan.Request
	clients  []*http.Client
}

// close lets go of the idle connections.
func (c *connection) close() {
	for _, client := range c.clients {
		client.CloseIdleConnections()
	}
}

// A place is a profile in a region, as rows name it. Several may turn out to
// be one lane: two profiles of one account.
type place struct{ profile, region string }

// An owner is the account behind a profile, or why it is not known.
type owner struct {
	provider ecs.Provider
	account  string
	err      error
}

// connect finds out which accounts the rows belong to and groups them into
// lanes, in the order in which the manifest first names them. A profile that
// cannot be used is data; it is an error only if none can.
func (c *common) connect(ctx context.Context, on cloud, rows []manifest.Row) (*connection, error) {
	clock := c.clock.Offset()
	owners, err := c.identify(ctx, on, rows)
	if c.clock.Offset() != clock {
		c.tellClock()
	}
	if err != nil {
		return nil, err
	}
	conn := &connection{requests: make([]plan.Request, len(rows))}
	places := make(map[place]int)
	known := make(map[plan.Lane]int)
	for i := range rows {
		at := place{rows[i].Profile, rows[i].RegionID}
		if len(rows[i].Invalid) > 0 { // nothing is asked of anybody for its sake
			conn.requests[i] = plan.Request{Row: &rows[i], Lane: conn.addSilent(known, at.region)}
			continue
		}
		lane, ok := places[at]
		if !ok {
			lane = c.addLane(conn, on, known, at, owners[at.profile])
			places[at] = lane
		}
		conn.requests[i] = plan.Request{Row: &rows[i], Lane: lane}
	}
	return conn, nil
}

// addSilent returns the index of the lane of rows that are refused for
// themselves: it has their region, maybe "", and nobody to ask.
func (c *connection) addSilent(known map[plan.Lane]int, region string) int {
	key := plan.Lane{Region: region}
	lane, ok := known[key]
	if !ok {
		lane = len(c.lanes)
		c.lanes = append(c.lanes, batch.Lane{Lane: key})
		known[key] = lane
	}
	return lane
}

// addLane returns the index of the lane of a place, new or known.
func (c *common) addLane(conn *connection, on cloud, known map[plan.Lane]int, at place, o owner) int {
	key := plan.Lane{Account: o.account, Region: at.region}
	if o.err != nil {
		key.Account = "profile " + at.profile // of an account that is not known
	}
	if lane, ok := known[key]; ok {
		return lane
	}
	lane := batch.Lane{
		Lane: key, Retry: c.retry(), Err: o.err,
		Reads: pace.NewGate(float64(c.rate)), Writes: pace.NewGate(float64(c.rate)),
	}
	if o.err == nil {
		client := on.transport(c.workers)
		conn.clients = append(conn.clients, client)
		lane.API = c.client(client, o.provider, at.region)
	}
	conn.lanes = append(conn.lanes, lane)
	known[key] = len(conn.lanes) - 1
	return known[key]
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
			return nil, stoppedFirst(context.Cause(ctx))
		}
		owners[profile] = o
		if o.err != nil {
			problems = append(problems, profileError(profile, o.err))
		}
	}
	if len(problems) > 0 && len(problems) == len(owners) {
		return nil, noLane(errors.Join(problems...))
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

// noLane says why no lane could start: for want of credentials or permission,
// or because nothing could be reached.
func noLane(err error) error {
	if is[*credentials.NotFoundError](err) {
		return &deniedError{hinted{err, "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, " +
			"name a --profile of ~/.aliyun/config.json, or rehearse with --simulate FILE"}}
	}
	switch ecs.Classify(err) {
	case ecs.Down, ecs.Forbidden, ecs.Refused, ecs.Expired, ecs.Skewed:
		return &deniedError{hinted{err, ecs.Hint(err)}}
	}
	return &unreadableError{hinted{err, "check the network, --network, --endpoint and the proxy settings"}}
}

// lanesOfPlan are the lanes in the plan's order: those of the connection, and
// behind them the lanes of a saved plan that could not be reached, in which
// nothing is to be done.
func (p *prepared) lanesOfPlan() []batch.Lane {
	lanes := slices.Clone(p.lanes)
	for _, lane := range p.plan.Lanes[len(lanes):] {
		lanes = append(lanes, batch.Lane{Lane: lane})
	}
	return lanes
}
