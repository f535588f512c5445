package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/manifest"
)

// A rehearsal is a cloud in this process, made of an export.
type rehearsal struct {
	server *ecssim.Server
	keys   map[string]ecs.Credentials // by profile
}

func (r *rehearsal) credentials(_ context.Context, profile string) (ecs.Provider, error) {
	return ecs.Static(r.keys[profile]), nil
}

func (r *rehearsal) transport(int) *http.Client { return &http.Client{Transport: r.server} }

// cloud is where this command's calls go. Every profile that the inventory or
// the manifest names is an account of its own in a rehearsal.
func (c *common) cloud(rows []manifest.Row) (cloud, error) {
	if c.simulate == "" {
		return alibaba{}, nil
	}
	inventory, err := c.readInventory(c.simulate)
	if err != nil {
		return nil, err
	}
	return newRehearsal(inventory, rows)
}

func newRehearsal(inventory *manifest.File, rows []manifest.Row) (*rehearsal, error) {
	r := &rehearsal{keys: make(map[string]ecs.Credentials)}
	var config ecssim.Config
	config.Forget = true
	account := make(map[string]int)
	add := func(profile string) int {
		if _, ok := account[profile]; !ok {
			n := len(config.Accounts)
			account[profile] = n
			key := fmt.Sprintf("simulator-%d", n+1)
			r.keys[profile] = ecs.Credentials{AccessKeyID: key, AccessKeySecret: ecs.NewSecret("simulator")}
			config.Accounts = append(config.Accounts, ecssim.Account{
				ID: fmt.Sprintf("9%015d", n+1), Regions: make(map[string][]ecssim.Image),
				Keys: []ecssim.Key{{AccessKeyID: key, Secret: "simulator"}},
			})
		}
		return account[profile]
	}
	for i := range inventory.Rows {
		row := &inventory.Rows[i]
		image, err := simulated(row, inventory.Extra)
		if err != nil {
			return nil, &manifestError{"inventory", fmt.Errorf("line %d: %w", row.Line, err)}
		}
		regions := config.Accounts[add(row.Profile)].Regions
		regions[row.RegionID] = append(regions[row.RegionID], image)
	}
	for i := range rows {
		add(rows[i].Profile)
	}
	if len(config.Accounts) == 0 {
		add("")
	}
	var err error
	r.server, err = ecssim.New(config)
	return r, err
}

// simulated makes an image of an inventory's row: of the conditions, else of
// the values, else of what export keeps in x_ columns.
func simulated(row *manifest.Row, extra []string) (ecssim.Image, error) {
	x := make(map[string]string, len(extra))
	for i, name := range extra {
		x[strings.ToLower(strings.TrimSpace(name))] = row.Extra[i]
	}
	value := func(field ecs.Attribute) string {
		current, want := ecs.Attributes(row.Condition()), ecs.Attributes(row.Want)
		for _, v := range []string{*current.Field(field), *want.Field(field), x["x_"+field.String()]} {
			if v != "" {
				return v
			}
		}
		return ""
	}
	image := ecssim.Image{
		ID: row.ImageID, Name: value(ecs.ImageName), Description: value(ecs.Description),
		Family: value(ecs.ImageFamily), Status: value(ecs.Status), BootMode: value(ecs.BootMode),
		LicenseType: value(ecs.LicenseType), NvmeSupport: value(ecs.NvmeSupport), ImdsSupport: value(ecs.ImdsSupport),
		Shared: x[columnShared] == "true", InUse: x[columnInUse] == "true",
	}
	if created := x[columnCreated]; created != "" {
		var err error
		if image.Created, err = time.Parse(time.RFC3339, created); err != nil {
			return image, fmt.Errorf("%s: %q is not a time like 2026-11-01T02:03:04Z", columnCreated, created)
		}
	}
	return image, nil
}
