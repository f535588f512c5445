package main

import (
	"context"
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

// A cloud is where calls go: the real one, or the simulator in this process.
type cloud interface {
	// credentials finds the keys of a profile, those of the default chain for
	// "". regions are those of its rows.
	credentials(ctx context.Context, profile string, regions []string) (ecs.Provider, error)
	// transport carries the calls of all lanes.
	transport() *http.Client
}

// alibaba is the real cloud.
type alibaba struct {
	*common
	carrier *http.Client
}

func (a alibaba) credentials(ctx context.Context, profile string, regions []string) (ecs.Provider, error) {
	home, _ := os.UserHomeDir() // "" is a home without files
	return credentials.Find(ctx, credentials.Options{
		Profile: profile, Getenv: os.Getenv, Home: home, Endpoint: a.target, Network: ecs.Network(a.network),
		Regions: regions, Clock: &a.clock, Timeout: a.timeout, UserAgent: userAgent(),
	})
}

func (a alibaba) transport() *http.Client { return a.carrier }

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
	found := &lanes{common: c, on: on, owners: owners, known: make(map[plan.Lane]int), reach: c.reach(c.patience())}
	requests := make([]plan.Request, len(rows))
	for i := range rows {
		requests[i] = plan.Request{Row: &rows[i], Lane: found.at(&rows[i])}
	}
	if err := c.checkDescriptors(found.list); err != nil {
		return nil, err
	}
	c.metrics.meter.follow(found.list)
	return &lifecycle.Connection{Lanes: found.list, Requests: requests, Close: on.transport().CloseIdleConnections}, nil
}

// lanes are the lanes found so far.
type lanes struct {
	*common
	on      cloud
	owners  map[string]owner // by profile
	list    []batch.Lane
	known   map[plan.Lane]int
	reach   *batch.Reach // of all
	readers []string     // the profile whose keys read a lane, by lane
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
			Lane: key, Err: o.err, Retry: l.retry(), Reach: l.reach, Reads: l.readGate(), Writes: pace.NewGate(l.rate),
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
	return l.client(l.on.transport(), o.provider, region)
}

// readGate paces the reads of a lane.
func (c *common) readGate() *pace.Gate {
	if _, given := c.given["rate"]; given {
		return pace.NewGate(c.rate)
	}
	return pace.NewEagerGate(c.rate, eagerReads)
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
