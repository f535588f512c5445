package ecssim

import (
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// The versions of the two products.
const (
	versionECS = "2014-05-26"
	versionSTS = "2015-04-01"
)

// An operation is one action of the API.
type operation struct {
	version  string
	ram      string // what a RAM policy calls it; empty needs no permission
	regional bool   // needs RegionId
	write    bool
	listing  bool
	tags     bool // names images by ResourceId.N, not by ImageId
	run      func(*Server, *exchange) (object, *refusal)
}

var operations = map[string]operation{
	"ModifyImageAttribute":    {version: versionECS, ram: "ecs:ModifyImageAttribute", regional: true, write: true, run: modifyImageAttribute},
	"DescribeImages":          {version: versionECS, ram: "ecs:DescribeImages", regional: true, listing: true, run: describeImages},
	"DescribeImageFromFamily": {version: versionECS, ram: "ecs:DescribeImageFromFamily", regional: true, listing: true, run: describeImageFromFamily},
	"TagResources":            {version: versionECS, ram: "ecs:TagResources", regional: true, write: true, tags: true, run: tagResources},
	"UntagResources":          {version: versionECS, ram: "ecs:UntagResources", regional: true, write: true, tags: true, run: untagResources},
	"ListTagResources":        {version: versionECS, ram: "ecs:ListTagResources", regional: true, listing: true, tags: true, run: listTagResources},
	"DescribeRegions":         {version: versionECS, ram: "ecs:DescribeRegions", run: describeRegions},
	"GetCallerIdentity":       {version: versionSTS, run: getCallerIdentity},
	"AssumeRole":              {version: versionSTS, ram: "sts:AssumeRole", run: assumeRole},
}

// An exchange is one request on its way through the server. It has two halves:
// the server's, which decides and does the call, and the client's, which waits
// for the answer or gives up. Either may end first; the second to end files the
// call. Until then they share only what was drawn at the start and, once the
// server's half has closed its channel, the answer.
type exchange struct {
	server    *Server
	request   *request
	operation operation
	lane      *lane // nil if there is no such region, or no such key
	principal *principal

	plan        mischief
	there, back time.Duration

	refused *refusal // by the gate
	call    Call
	answer  answer
	halves  atomic.Int32
}

// begin reads a request and draws what will happen to it.
func (s *Server) begin(q *request) *exchange {
	x := &exchange{server: s, request: q, operation: operations[q.action]}
	x.call = Call{Action: q.action, Region: q.parameter("RegionId"), Key: q.accessKeyID, Parameters: q.meaningful()}
	if p, ok := s.keys.find(q.accessKeyID); ok {
		x.principal = p
		x.call.Account = p.account.id
		x.lane = p.account.lane(x.operation, x.call.Region)
	}
	dice := x.draw()
	x.call.RequestID = requestID(dice)
	latency := s.config.Latency.draw(dice)
	x.there = time.Duration(wayThere * float64(latency))
	x.back = latency - x.there
	x.plan = s.mischief(x, dice)
	x.call.Fault = strings.Join(x.plan.names, "+")
	return x
}

// lane returns the lane that the account's calls of an operation belong to.
func (a *account) lane(o operation, region string) *lane {
	if o.run != nil && !o.regional {
		return a.global
	}
	return a.lanes[region]
}

// images returns the ids of the images that the call names, or one empty id.
func (x *exchange) images() []string {
	if x.operation.tags {
		if ids, r := x.request.list("ResourceId"); r == nil && len(ids) > 0 {
			return ids
		}
	}
	return []string{x.request.parameter("ImageId")}
}

// draw makes the dice of a call. They depend on the seed, on what the call is
// about and on how often it was made before, not on other calls: in whatever
// order goroutines come, each meets the same fate.
func (x *exchange) draw() *rand.Rand {
	l, fingerprint := x.server.strays, uint64(0)
	if x.lane != nil {
		h := fnv.New64a()
		for _, part := range []string{
			x.call.Account, x.call.Region, x.call.Action,
			strings.Join(x.images(), ","), x.request.parameter("PageNumber"),
		} {
			h.Write([]byte(part))
			h.Write([]byte{0})
		}
		l, fingerprint = x.lane, h.Sum64()
	}
	return rand.New(rand.NewPCG(x.server.config.Seed^fingerprint, l.turn(fingerprint)))
}

// start starts the server's half and returns a channel that is closed once
// there is an answer: at once, unless there is latency or a late write.
func (x *exchange) start() <-chan struct{} {
	done := make(chan struct{})
	land := func() {
		x.land()
		x.half()
		close(done)
	}
	arrive := func() {
		x.arrive()
		after(x.plan.land, x.refused == nil, land)
	}
	after(x.there, true, arrive)
	return done
}

// after runs f after d, or at once if there is nothing to wait for.
func after(d time.Duration, wait bool, f func()) {
	if d <= 0 || !wait {
		f()
		return
	}
	time.AfterFunc(d, f)
}

// arrive is the gate: who calls, may they, and is the quota used up?
func (x *exchange) arrive() {
	now := x.clock()
	x.call.Sequence = x.server.sequence.Add(1)
	x.call.Arrived = now
	x.refused = x.admit(now)
}

func (x *exchange) clock() time.Time { return x.server.clock().Add(x.plan.skew) }

func (x *exchange) admit(now time.Time) *refusal {
	if _, r := x.server.authenticate(x.request, now); r != nil {
		return r
	}
	o := x.operation
	switch {
	case o.run == nil:
		return lacks("the action "+quote(x.call.Action), "InvalidAction.NotFound")
	case o.version != x.request.version:
		return refuse("InvalidVersion")
	case o.tags && x.call.Region == "":
		return missingOfTags("RegionId")
	case o.regional && x.call.Region == "":
		return missing("RegionId")
	case x.lane == nil:
		return refuse("InvalidRegionId.NotFound")
	}
	if r := x.lane.throttle(x.call.Action, x.server.quota(x.call.Action, o), x.server); r != nil {
		return r
	}
	if o.ram != "" && slices.ContainsFunc(x.images(), func(id string) bool { return !x.principal.may(o.ram, id) }) {
		return x.principal.denied(o.ram)
	}
	return nil
}

func (s *Server) quota(action string, o operation) Quota {
	if q, ok := s.config.Quotas[action]; ok {
		return q
	}
	if o.version != versionECS {
		return Quota{}
	}
	return s.config.Quota
}

// land decides a call that was let through, does it, and makes the answer.
func (x *exchange) land() {
	x.call.Landed = x.clock()
	if x.refused != nil {
		x.refuse(x.refused)
		return
	}
	if x.plan.skip {
		x.drop()
	} else {
		x.do()
	}
	if x.plan.instead != nil {
		x.spoil(x.plan.instead)
	}
}

// drop answers as if the call had been done; the fault that asked for it spoils
// the answer or keeps it from getting back.
func (x *exchange) drop() {
	x.call.Verdict = Dropped
	x.accept(nil)
	if x.plan.ending == silent || x.plan.ending == reset {
		x.call.Status = 0
	}
}

func (x *exchange) do() {
	x.intervene()
	o, r := x.operation.run(x.server, x)
	if r != nil {
		x.refuse(r)
		return
	}
	x.accept(o)
}

// half ends one of the two halves; the second to end files the call.
func (x *exchange) half() {
	if x.halves.Add(1) == 2 {
		x.call.Ended = x.server.clock()
		x.server.history.add(x.call)
	}
}

// unreached files a call that the server never saw.
func (x *exchange) unreached() {
	x.call.Sequence = x.server.sequence.Add(1)
	x.call.Verdict = Unreached
	x.call.RequestID = ""
	x.halves.Add(1)
	x.half()
}

// throttled reports whether a code is that of a quota's refusal, or of a fault
// that plays one.
func throttled(code string) bool {
	return strings.HasPrefix(code, "Throttling") || code == "Rejected.Throttling"
}

func (x *exchange) wayBack() time.Duration {
	if r := x.server.config.Latency.Refuse; r > 0 && x.call.Verdict == Throttled {
		return r + x.plan.answer
	}
	return x.back + x.plan.answer
}

// An answer is what the server says, before anything happens to it on its way.
type answer struct {
	status int
	header http.Header
	body   []byte
}
