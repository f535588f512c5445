package ecssim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are the parts of a [Config] that are a single value, by the names
// that [Config.Set] knows them by.
var settings = map[string]func(*Config, string) error{
	"latency":         func(c *Config, v string) error { return setPositive(&c.Latency.Median, v) },
	"latency-spread":  func(c *Config, v string) error { return setSpread(&c.Latency.Spread, v) },
	"latency-refused": func(c *Config, v string) error { return setPositive(&c.Latency.Refuse, v) },

	"read-lag": func(c *Config, v string) error { return setPositive(&c.Open.ReadLag, v) },
	"own-name": func(c *Config, v string) error { return choose(&c.Open.OwnName, v, "kept", "duplicated") },
	"id-lists": func(c *Config, v string) error { return choose(&c.Open.IDLists, v, "accepted", "unknown", "refused") },
	"dry-run":  func(c *Config, v string) error { return choose(&c.Open.DryRun, v, "operation", "success", "message") },
	"types":    func(c *Config, v string) error { return setLoose(&c.Open.LooseTypes, v) },
	"hidden":   func(c *Config, v string) error { return setField(&c.Open.Hidden, v) },

	"max-families":      func(c *Config, v string) error { return setCount(&c.MaxFamilies, v) },
	"max-family-images": func(c *Config, v string) error { return setCount(&c.MaxFamilyImages, v) },

	"clock": func(c *Config, v string) (err error) { c.ClockSkew, err = time.ParseDuration(v); return err },
	"seed":  func(c *Config, v string) (err error) { c.Seed, err = strconv.ParseUint(v, 10, 64); return err },
}

// Set reads a part of the configuration from text, NAME=VALUE:
//
//	latency=80ms         how long a call takes, see [Latency]
//	latency-spread=0.5   its Spread
//	latency-refused=5ms  how long a throttled call takes
//	read-lag=3s          listings look that far back
//	own-name=duplicated  a rename to the same name: kept or duplicated
//	id-lists=refused     ids joined by commas: accepted, unknown or refused
//	dry-run=success      how the success of a dry run is spelled: operation, success or message
//	types=loose          exact or loose, see Open.LooseTypes
//	hidden=LicenseType   a field that listings do not show
//	max-families=2       most families of a lane
//	max-family-images=9  most images of a family
//	clock=5m             the server's clock is that far ahead; it may be negative
//	seed=7               of every draw
func (c *Config) Set(text string) error {
	name, value, given := strings.Cut(text, "=")
	set, known := settings[name]
	switch {
	case !known:
		return fmt.Errorf("no setting %q; there are %s", name, strings.Join(sortedKeys(settings), ", "))
	case !given || value == "":
		return fmt.Errorf("%s: give a value, as %s=VALUE", name, name)
	}
	if err := set(c, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// SetQuota reads a quota of every operation, as [ParseQuota] does, or of one of
// them: ModifyImageAttribute=100/60s.
func (c *Config) SetQuota(text string) error {
	action, limit, named := strings.Cut(text, "=")
	if operations[action].run == nil {
		named, limit = false, text
	}
	q, err := ParseQuota(limit)
	switch {
	case err != nil:
		return err
	case !named:
		c.Quota = q
	case c.Quotas == nil:
		c.Quotas = map[string]Quota{action: q}
	default:
		c.Quotas[action] = q
	}
	return nil
}

func setPositive(to *time.Duration, value string) (err error) {
	*to, err = parsePositive(value)
	return err
}

func setCount(to *int, value string) (err error) {
	if *to, err = parseCount(value); err == nil && *to == 0 {
		return fmt.Errorf("%q is no count from 1", value)
	}
	return err
}

func setSpread(to *float64, value string) (err error) {
	if *to, err = strconv.ParseFloat(value, 64); err != nil || !(*to >= 0 && *to <= 10) {
		return fmt.Errorf("%q is no sigma from 0 to 10", value)
	}
	return nil
}

func setLoose(to *bool, value string) error {
	var n int
	err := choose(&n, value, "exact", "loose")
	*to = n == 1
	return err
}

// setField takes the name of a field that a listing has.
func setField(to *string, value string) error {
	var names []string
	for _, f := range imageObject(Image{OwnerID: "1"}, "", false) {
		names = append(names, f.name)
	}
	if !slices.Contains(names, value) {
		return fmt.Errorf("an image has no field %q", value)
	}
	*to = value
	return nil
}

// choose sets a constant by its word; the words are in the constants' order.
func choose[T ~int](to *T, value string, words ...string) error {
	n := slices.Index(words, value)
	if n < 0 {
		return fmt.Errorf("%q is none of %s", value, strings.Join(words, ", "))
	}
	*to = T(n)
	return nil
}
