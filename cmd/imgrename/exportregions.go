package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

const (
	allRegions = "all" // as a --region
	// anyRegion is whose API is asked which regions there are.
	anyRegion = "cn-hangzhou"
)

// list reads the regions, or those of the rows of --from. It fails if none can
// be read.
func (e *export) list(ctx context.Context) error {
	on, rows, err := e.where(ctx)
	if err != nil {
		return err
	}
	conn, err := e.connect(ctx, on, rows)
	if err != nil {
		return err
	}
	defer conn.Close()
	if e.inventories, err = batch.Load(ctx, conn.Lanes); err != nil {
		return &lifecycle.StoppedError{Cause: err}
	}
	if e.ledger != nil {
		e.ledger.requests = conn.Requests
	}
	var unread []error
	for _, inventory := range e.inventories {
		if inventory.Unread != nil {
			unread = append(unread, fmt.Errorf("region %s: %w", inventory.Lane.Region, inventory.Unread))
		}
	}
	if len(unread) > 0 && len(unread) == len(e.inventories) {
		return &lifecycle.NoLaneError{Err: errors.Join(unread...)}
	}
	return nil
}

// where returns the cloud and rows of the lanes to export: those of --from, or
// one for each region.
func (e *export) where(ctx context.Context) (cloud, []manifest.Row, error) {
	if e.ledger != nil {
		on, err := e.cloud(e.ledger.Rows)
		return on, e.ledger.Rows, err
	}
	on, regions, err := e.namedRegions(ctx)
	if err == nil {
		regions, err = e.narrowRegions(regions, "to export")
	}
	rows := make([]manifest.Row, len(regions))
	for i, region := range regions {
		rows[i] = e.regionRow(region)
	}
	return on, rows, err
}

func (e *export) regionRow(region string) manifest.Row {
	return manifest.Row{RegionID: region, Profile: e.profile}
}

// namedRegions returns the regions that are named or, in a rehearsal, all that
// its file has.
func (e *export) namedRegions(ctx context.Context) (cloud, []string, error) {
	regions := e.regions
	if len(regions) == 0 && e.defaultRegion != "" {
		regions = []string{e.defaultRegion}
	}
	for _, region := range regions {
		if err := checkRegion(region); err != nil {
			return nil, nil, &usageError{fmt.Errorf("--region: %w", err)}
		}
	}
	if e.simulate == "" && len(regions) == 0 {
		return nil, nil, &usageError{hinted{errors.New("no region given"), "name one or more with --region, or --region all"}}
	}
	on, err := e.cloud(nil)
	if err != nil {
		return nil, nil, err
	}
	if r, ok := on.(*rehearsal); ok && len(regions) == 0 {
		regions = r.regions
	}
	if i := slices.Index(regions, allRegions); i >= 0 {
		all, err := e.everyRegion(ctx, on)
		if err != nil {
			return nil, nil, err
		}
		regions = slices.Concat(regions[:i], all, regions[i+1:])
		regions = slices.DeleteFunc(regions, func(region string) bool { return region == allRegions })
	}
	return on, unique(regions), nil
}

// everyRegion asks which regions the account has.
func (e *export) everyRegion(ctx context.Context, on cloud) ([]string, error) {
	region := cmp.Or(e.defaultRegion, anyRegion)
	lane := batch.Lane{
		Lane: plan.Lane{Region: region}, Reads: pace.NewGate(e.rate), Retry: e.retry(), Reach: e.reach(e.patience()),
	}
	regions, err := batch.Regions(ctx, lane, func(ctx context.Context) ([]string, error) {
		provider, err := on.credentials(ctx, e.profile, []string{region})
		if err != nil {
			return nil, profileError(e.profile, err)
		}
		return e.client(on.transport(), provider, region).DescribeRegions(ctx)
	})
	if ctx.Err() != nil {
		return nil, &lifecycle.StoppedError{Cause: context.Cause(ctx)}
	}
	if err != nil {
		return nil, &lifecycle.NoLaneError{Err: fmt.Errorf("which regions there are: %w", err)}
	}
	return regions, nil
}

// unreadRegions returns the regions that could not be read.
func (e *export) unreadRegions() (regions []string) {
	for _, inventory := range e.inventories {
		if inventory.Unread != nil {
			regions = append(regions, inventory.Lane.Region)
		}
	}
	return unique(regions)
}

// tellUnread says which regions could not be read, also with --quiet: the export
// lacks their images. The error has the exit code for that.
func (e *export) tellUnread() error {
	standing := history.Succeeded
	for _, inventory := range e.inventories {
		if inventory.Unread == nil {
			continue
		}
		text := fmt.Sprintf("imgrename: region %s was not exported: %s", inventory.Lane.Region, textOf(inventory.Unread))
		fmt.Fprint(e.err, factAndHint(text, ecs.Hint(inventory.Unread)))
		standing = max(standing, standingOf(inventory.Unread))
	}
	if standing == history.Succeeded {
		return nil
	}
	return &outcomeError{standing}
}

// standingOf says whether it would help to read a region again.
func standingOf(unread error) history.Standing {
	switch ecs.Classify(unread) {
	case ecs.Unsent, ecs.Ambiguous, ecs.Busy, ecs.Throttled:
		return history.Unfinished
	}
	return history.Incomplete
}
