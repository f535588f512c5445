package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/manifest"
)

// The columns that export adds to the attributes, for information.
const (
	columnCreated = "x_created"
	columnShared  = "x_shared"
	columnInUse   = "x_in_use"
)

// The columns that say more about the images of a simulator. A tag's key is the
// rest of the name, in its own case.
const (
	columnPublic        = "x_public"
	columnResourceGroup = "x_resource_group"
	columnTag           = "x_tag_"
)

// A rehearsal is a cloud in this process whose images come from an export.
type rehearsal struct {
	server  *ecssim.Server
	keys    map[string]ecs.Credentials // by profile
	regions []string                   // of the images
}

func (r *rehearsal) credentials(_ context.Context, profile string, _ []string) (ecs.Provider, error) {
	return ecs.Static(r.keys[profile]), nil
}

func (r *rehearsal) transport() *http.Client { return &http.Client{Transport: r.server} }

// cloud returns the cloud that the flags name. In a rehearsal every profile of
// the inventory or of the rows is an account of its own.
func (c *common) cloud(rows []manifest.Row) (cloud, error) {
	if c.simulate == "" {
		return alibaba{c, ecs.NewHTTPClient(socketsFor(rows))}, badUsage(ecs.CheckProxy(os.Getenv))
	}
	inventory, err := c.readInventory(c.simulate)
	if err != nil {
		return nil, err
	}
	return newRehearsal(inventory, rows)
}

func newRehearsal(inventory *manifest.File, rows []manifest.Row) (*rehearsal, error) {
	r := &rehearsal{keys: make(map[string]ecs.Credentials)}
	config := ecssim.Config{Forget: true}
	images := make(map[string]map[string][]ecssim.Image) // by profile and region
	add := func(profile string) {
		if images[profile] != nil {
			return
		}
		images[profile] = make(map[string][]ecssim.Image)
		n := len(images)
		key := fmt.Sprintf("simulator-%d", n)
		r.keys[profile] = ecs.Credentials{AccessKeyID: key, AccessKeySecret: ecs.NewSecret("simulator")}
		config.Accounts = append(config.Accounts, ecssim.Account{
			ID: fmt.Sprintf("9%015d", n), Regions: images[profile],
			Keys: []ecssim.Key{{AccessKeyID: key, Secret: "simulator"}},
		})
	}
	for i := range inventory.Rows {
		row := &inventory.Rows[i]
		image, err := simulated("inventory", row, inventory.Extra)
		if err != nil {
			return nil, err
		}
		add(row.Profile)
		images[row.Profile][row.RegionID] = append(images[row.Profile][row.RegionID], image)
		r.regions = append(r.regions, row.RegionID)
	}
	for i := range rows {
		add(rows[i].Profile)
	}
	if len(images) == 0 {
		add("")
	}
	var err error
	r.server, err = ecssim.New(config)
	return r, err
}

// simulated makes an image from a row of an inventory: each attribute comes
// from the condition, else the value, else the x_ column that export writes.
func simulated(inventory string, row *manifest.Row, extra []string) (ecssim.Image, error) {
	x := make(map[string]string, len(extra))
	for i, name := range extra {
		x[strings.ToLower(strings.TrimSpace(name))] = row.Extra[i]
	}
	value := func(field ecs.Attribute) string {
		current, want := ecs.Attributes(row.Condition()), ecs.Attributes(row.Want)
		return cmp.Or(*current.Field(field), *want.Field(field), x["x_"+field.String()])
	}
	image := ecssim.Image{
		ID: row.ImageID, Name: value(ecs.ImageName), Description: value(ecs.Description),
		Family: value(ecs.ImageFamily), Status: value(ecs.Status), BootMode: value(ecs.BootMode),
		LicenseType: value(ecs.LicenseType), NvmeSupport: value(ecs.NvmeSupport), ImdsSupport: value(ecs.ImdsSupport),
		Shared: x[columnShared] == "true", InUse: x[columnInUse] == "true",
		Public: x[columnPublic] == "true", ResourceGroupID: x[columnResourceGroup], Tags: tagsOf(row, extra),
	}
	if created := x[columnCreated]; created != "" {
		var err error
		if image.Created, err = time.Parse(time.RFC3339, created); err != nil {
			err = fmt.Errorf("line %d: %s: %q is not a time like 2026-11-01T02:03:04Z", row.Line, columnCreated, created)
			return image, &manifestError{inventory, err}
		}
	}
	return image, nil
}

// tagsOf returns the tags of an image: a blank cell is no tag.
func tagsOf(row *manifest.Row, extra []string) (tags []ecssim.Tag) {
	for i, name := range extra {
		name = strings.TrimSpace(name)
		if n := len(columnTag); len(name) > n && strings.EqualFold(name[:n], columnTag) && row.Extra[i] != "" {
			tags = append(tags, ecssim.Tag{Key: name[n:], Value: row.Extra[i]})
		}
	}
	return tags
}
