package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

// A cloud is where calls go: the real one, or the simulator in this process.
type cloud interface {
	// credentials finds the keys of a profile, those of the default chain for
	// "".
	credentials(ctx context.Context, profile string) (ecs.Provider, error)
	// transport carries the calls of one lane.
	transport(workers int) *http.Client
}

// alibaba is the real cloud.
type alibaba struct{}

func (alibaba) credentials(ctx context.Context, profile string) (ecs.Provider, error) {
	return credentials.Find(ctx, profile)
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
}

// close closes idle connections.
func (l *lanes) close() {
	for _, client := range l.clients {
		client.CloseIdleConnections()
	}
}

// at returns the index of a row's lane, and adds the lane if it is new. Several
// profiles may lead to one lane. The lane of an invalid row has its region,
// which may be "", and no API.
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
	if i, ok := l.known[key]; ok {
		return i
	}
	lane := batch.Lane{Lane: key, Err: o.err, Retry: l.retry(), Reads: pace.NewGate(l.rate), Writes: pace.NewGate(l.rate)}
	if o.provider != nil && o.err == nil {
		client := l.on.transport(l.workers)
		l.clients = append(l.clients, client)
		lane.API = l.client(client, o.provider, row.RegionID)
	}
	l.known[key] = len(l.list)
	l.list = append(l.list, lane)
	return l.known[key]
}

func (c *common) retry() batch.Retry {
	r := batch.DefaultRetry
	r.Attempts, r.Settle, r.MaxOutage = c.retries, c.settle, c.maxOutage
	return r
}

func (c *common) client(carrier *http.Client, provider ecs.Provider, region string) *ecs.Client {
	return ecs.NewClient(region, ecs.Config{
		Credentials: provider, Clock: &c.clock, HTTP: carrier, Endpoint: c.target,
		Network: ecs.Network(c.network), Timeout: c.timeout, UserAgent: userAgent(),
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
	lane := batch.Lane{Reads: pace.NewGate(c.rate), Retry: c.retry()}
	who, err := batch.Identify(ctx, lane, c.client(carrier, provider, region).CallerIdentity)
	return owner{provider: provider, account: who.AccountID, err: err}
}

func profileError(profile string, err error) error {
	if profile == "" || is[*credentials.NotFoundError](err) {
		return err
	}
	return fmt.Errorf("profile %q: %w", profile, err)
}
