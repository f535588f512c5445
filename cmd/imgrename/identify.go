package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// An owner is the account behind a profile, or why it is not known.
type owner struct {
	provider ecs.Provider
	account  string
	err      error
	away     bool // there was no answer to say
}

// identify finds the account of each profile. It fails if no profile can be
// used, or if ctx ends. Those that cannot be reached are asked again, for as long
// as a network that is away is waited for.
func (c *common) identify(ctx context.Context, on cloud, rows []manifest.Row) (map[string]owner, error) {
	profiles, regions := regionsOfProfiles(rows)
	owners := make(map[string]owner, len(profiles))
	var away []string
	for _, profile := range profiles {
		if owners[profile] = c.identifyOne(ctx, on, profile, regions[profile]); owners[profile].away {
			away = append(away, profile)
		}
	}
	most := c.patience()
	if len(away) < len(profiles) {
		most = min(most, batch.LateAnswer)
	}
	for profile, o := range c.identifyPatiently(ctx, on, away, regions, c.reach(most)) {
		owners[profile] = o
	}
	if ctx.Err() != nil {
		return nil, &lifecycle.StoppedError{Cause: context.Cause(ctx)}
	}
	return owners, c.usable(profiles, owners)
}

// usable fails if no profile can be used, and notes the sources of the others.
func (c *common) usable(profiles []string, owners map[string]owner) error {
	var problems []error
	for _, profile := range profiles {
		o := owners[profile]
		if o.err != nil {
			problems = append(problems, profileError(profile, o.err))
		} else if source, ok := o.provider.(fmt.Stringer); ok {
			c.sources = append(c.sources, fmt.Sprintf("account %s: keys from %s", o.account, source))
		}
	}
	if len(problems) > 0 && len(problems) == len(owners) {
		return &lifecycle.NoLaneError{Err: errors.Join(problems...)}
	}
	return nil
}

// identifyPatiently finds the accounts of profiles, side by side, with the
// attempts and the patience of other reads.
func (c *common) identifyPatiently(
	ctx context.Context, on cloud, profiles []string, regions map[string][]string, reach *batch.Reach,
) map[string]owner {
	found := make([]owner, len(profiles))
	var all sync.WaitGroup
	for i, profile := range profiles {
		all.Go(func() {
			lane := batch.Lane{
				Lane: plan.Lane{Region: regions[profile][0]}, Reads: pace.NewGate(c.rate), Retry: c.retry(), Reach: reach,
			}
			_, _ = batch.Identify(ctx, lane, func(ctx context.Context) (ecs.Identity, error) {
				found[i] = c.identifyOne(ctx, on, profile, regions[profile])
				return ecs.Identity{AccountID: found[i].account}, found[i].err
			})
		})
	}
	all.Wait()
	owners := make(map[string]owner, len(profiles))
	for i, profile := range profiles {
		owners[profile] = found[i]
	}
	return owners
}

// reach returns how long lanes wait together for a network that is away.
func (c *common) reach(most time.Duration) *batch.Reach {
	return &batch.Reach{Max: most, Tell: c.tellDelay}
}

// tellDelay says what a job waits for before it has a plan. Lanes call it side by
// side.
func (c *common) tellDelay(d batch.Delay) {
	c.delays.Lock()
	defer c.delays.Unlock()
	most := d.Most.Round(time.Second)
	if d.State == batch.Throttled {
		c.say("%s: throttled, waiting up to %s", d.Lane.Region, most)
		return
	}
	c.say("%s: no reply, waiting up to %s: %s", d.Lane.Region, most, textOf(d.Err))
}

// patience is how long a network that is away is waited for before anything is
// planned: a person waits for plan and export.
func (c *common) patience() time.Duration {
	if c.hasty {
		return min(c.maxOutage, hastyOutage)
	}
	return c.maxOutage
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

// identifyOne finds the account of a profile, or why there is none for now. Each
// region has an STS of its own, and one that is out of reach says nothing of the
// others: the first is asked, and then the others. An endpoint stands for all
// regions.
func (c *common) identifyOne(ctx context.Context, on cloud, profile string, regions []string) owner {
	provider, err := on.credentials(ctx, profile, regions)
	if err != nil {
		return owner{err: err, away: ecs.TransportFailure(err)}
	}
	if c.target != (ecs.Endpoint{}) {
		regions = regions[:1]
	}
	who := c.askRegions(ctx, on, provider, regions[:1])
	if !who.answered && len(regions) > 1 {
		who = c.askRegions(ctx, on, provider, regions[1:])
	}
	if source, ok := provider.(*credentials.Source); ok && who.err == nil {
		source.Pin(func(ctx context.Context, keys ecs.Credentials) error {
			return c.sameAccount(ctx, on, keys, who.region, who.account)
		})
	}
	return owner{provider: provider, account: who.account, err: who.err, away: !who.answered}
}

// An identity is the account that the STS of a region named, or why it did not.
type identity struct {
	region, account string
	answered        bool // by an account or a refusal
	err             error
}

// askRegions asks the STS of all regions at once, each once. It returns an account if one
// of them names it, else a refusal, else the error of the first region.
func (c *common) askRegions(ctx context.Context, on cloud, provider ecs.Provider, regions []string) identity {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found, reach := make([]identity, len(regions)), c.reach(0)
	var all sync.WaitGroup
	for i, region := range regions {
		all.Go(func() {
			lane := batch.Lane{Lane: plan.Lane{Region: region}, Reads: pace.NewGate(c.rate), Reach: reach}
			who, err := batch.Identify(ctx, lane, c.client(on.transport(), provider, region).CallerIdentity)
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
	who, err := c.client(on.transport(), ecs.Static(keys), region).CallerIdentity(ctx)
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
