package ecssim

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// Config says what a server plays. Only Accounts is mandatory.
type Config struct {
	Accounts []Account

	// Quota limits each ECS operation, counted per account, region and
	// operation. Quotas overrides it for single operations by name.
	Quota  Quota
	Quotas map[string]Quota

	Latency Latency
	Faults  []Fault // if several end the same call, the first wins
	Seed    uint64  // of every draw: latencies, chances, request ids
	Open    Open

	MaxFamilies     int           // image families in one lane; 0 is no limit
	MaxFamilyImages int           // images in one family; 0 is no limit
	ClockSkew       time.Duration // how far the server's clock is ahead

	// History gets every call as one line of JSON when it is over. Forget
	// keeps calls out of memory, for servers that run for long.
	History io.Writer
	Forget  bool

	// Before is called before each call is decided, outside all locks, so that
	// a test can have somebody else change an image at that very moment.
	Before func(Call)
}

// A Server plays ECS and STS. It is safe for concurrent use.
type Server struct {
	config   Config
	start    time.Time
	accounts map[string]*account
	regions  []string // sorted
	keys     *keyring
	nonces   *nonces
	faults   []*trigger
	history  *history
	strays   *lane // where calls that belong to no lane are counted
	sequence atomic.Uint64
	issued   atomic.Uint64 // keys of AssumeRole
}

type account struct {
	id     string
	lanes  map[string]*lane // by region, all of the server's
	global *lane            // for operations without a region
}

// New makes a server, or says what is wrong with its configuration. It copies
// the accounts' images. Times of faults and quotas count from this call; for a
// testing/synctest bubble, call New within it.
func New(c Config) (*Server, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Server{
		config:   c,
		start:    time.Now(),
		accounts: make(map[string]*account, len(c.Accounts)),
		keys:     &keyring{byID: make(map[string]*principal)},
		nonces:   newNonces(),
		history:  &history{w: c.History, forget: c.Forget},
		regions:  regionsOf(c.Accounts),
	}
	for _, f := range c.Faults {
		t, err := newTrigger(f)
		if err != nil {
			return nil, err
		}
		s.faults = append(s.faults, t)
	}
	s.strays, _ = newLane("", "", nil, 0)
	for i, a := range c.Accounts {
		if err := s.open(cmp.Or(a.ID, fmt.Sprintf("1%015d", i+1)), a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c *Config) check() error {
	if len(c.Accounts) == 0 {
		return errors.New("a simulator needs at least one account")
	}
	if err := c.Quota.check(); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	for action, q := range c.Quotas {
		if operations[action].run == nil {
			return fmt.Errorf("quota: no action %q", action)
		}
		if err := q.check(); err != nil {
			return fmt.Errorf("quota of %s: %w", action, err)
		}
	}
	return nil
}

func regionsOf(accounts []Account) []string {
	all := make(map[string]bool)
	for _, a := range accounts {
		for region := range a.Regions {
			all[region] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// open sets up an account. It has a lane in every region of the server, if only
// an empty one.
func (s *Server) open(id string, a Account) error {
	if _, twice := s.accounts[id]; twice {
		return fmt.Errorf("account %s is there twice", id)
	}
	acc := &account{id: id, lanes: make(map[string]*lane, len(s.regions))}
	acc.global, _ = newLane(id, "", nil, 0)
	s.accounts[id] = acc
	for _, key := range a.Keys {
		if key.AccessKeyID == "" || key.Secret == "" {
			return fmt.Errorf("account %s: a key needs an id and a secret", id)
		}
		if !s.keys.add(&principal{key, acc}) {
			return fmt.Errorf("account %s: access key %s is there twice", id, key.AccessKeyID)
		}
	}
	for _, region := range s.regions {
		l, err := newLane(id, region, a.Regions[region], s.lookback())
		if err != nil {
			return err
		}
		acc.lanes[region] = l
	}
	return nil
}

// lookback returns the furthest that any read looks back.
func (s *Server) lookback() time.Duration {
	d := s.config.Open.ReadLag
	for _, t := range s.faults {
		if t.fault.Kind == staleRead {
			d = max(d, t.fault.By)
		}
	}
	return d
}

// Images returns the images an account has in a region now, sorted by id. It is
// nil for a lane that does not exist.
func (s *Server) Images(account, region string) []Image {
	l := s.lane(account, region)
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	images := make([]Image, 0, len(l.order))
	for _, r := range l.order {
		if !r.now().gone {
			images = append(images, r.now().image.clone())
		}
	}
	slices.SortFunc(images, func(a, b Image) int { return cmp.Compare(a.ID, b.ID) })
	return images
}

// Put creates an image or sets all its values, as somebody else would without
// this server's rules. It obeys only that of unique names.
func (s *Server) Put(account, region string, image Image) error {
	l := s.lane(account, region)
	if l == nil {
		return fmt.Errorf("no account %s with region %s", account, region)
	}
	image = image.clone().withDefaults()
	l.mu.Lock()
	defer l.mu.Unlock()
	if holder, taken := l.byName[image.Name]; taken && holder != image.ID && image.own() {
		return fmt.Errorf("the name %q is held by %s", image.Name, holder)
	}
	l.store(s.clock(), image, false)
	return nil
}

// Remove deletes an image, as somebody else would, and reports whether there
// was one.
func (s *Server) Remove(account, region, id string) bool {
	l := s.lane(account, region)
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	image, ok := l.find(id)
	if ok {
		l.store(s.clock(), image, true)
	}
	return ok
}

// History returns every call that is over, in the order of arrival. It is empty
// if the server forgets.
func (s *Server) History() []Call { return s.history.all() }

// Err returns the first error of writing to Config.History.
func (s *Server) Err() error { return s.history.failed() }

func (s *Server) lane(account, region string) *lane {
	if a := s.accounts[account]; a != nil {
		return a.lanes[region]
	}
	return nil
}

// clock returns the server's own time.
func (s *Server) clock() time.Time { return time.Now().Add(s.config.ClockSkew) }
