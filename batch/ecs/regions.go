package ecs

import (
	"context"
	"errors"
)

// DescribeRegions returns the ids of all regions that the account can use.
func (c *Client) DescribeRegions(ctx context.Context) ([]string, error) {
	var out struct {
		reply
		Regions struct {
			Region []struct {
				RegionID text `json:"RegionId"`
			}
		}
	}
	id, err := c.caller.ask(ctx, c.ecs, ecsVersion, "DescribeRegions", nil, &out)
	if err != nil {
		return nil, err
	}
	var regions []string
	for _, region := range out.Regions.Region {
		if err := checkRegion(string(region.RegionID)); broke(err) {
			return nil, incomplete("DescribeRegions", id, err)
		}
		regions = append(regions, string(region.RegionID))
	}
	if len(regions) == 0 {
		return nil, incomplete("DescribeRegions", id, errors.New("the reply names no region"))
	}
	return regions, nil
}

// broke reports whether a value cannot be right.
func broke(err error) bool {
	e, ok := errors.AsType[*ValueError](err)
	return ok && !e.Mild
}
