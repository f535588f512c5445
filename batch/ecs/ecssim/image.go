package ecssim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// An Image is one image as an account sees it in one region.
type Image struct {
	ID          string
	Name        string
	Description string
	Family      string
	Status      string // Available if empty
	OwnerAlias  string // self if empty; only own images can be modified
	BootMode    string
	LicenseType string
	NvmeSupport string
	ImdsSupport string
	Created     time.Time

	OSType          string `json:",omitzero"` // linux if empty, or windows
	Architecture    string `json:",omitzero"` // x86_64 if empty, or i386, arm64
	ResourceGroupID string `json:",omitzero"` // the default group if empty
	OwnerID         string `json:",omitzero"` // the account's id of an image that is not own

	Public bool `json:",omitzero"` // published as a community image, if it is own or others'
	Shared bool // shared with another account: cannot be deprecated
	InUse  bool // an instance runs from it: its boot mode cannot be changed

	// Unsupported lists values that this image cannot take, as "BootMode=UEFI".
	Unsupported []string
	Tags        []Tag
}

// A Tag is a key and a value an image carries.
type Tag struct{ Key, Value string }

// The values of Image.Status.
const (
	available  = "Available"
	deprecated = "Deprecated"
	creating   = "Creating"
	waiting    = "Waiting"
)

// Two of the values of Image.OwnerAlias.
const (
	self   = "self"
	others = "others" // shared or published by other accounts
)

// own reports whether the image belongs to the account, whose images must have
// unique names.
func (i Image) own() bool { return i.OwnerAlias == self }

// owner returns the id of the account that owns the image, as far as it is
// known; account is the one that sees it.
func (i Image) owner(account string) string {
	if i.own() {
		return account
	}
	return i.OwnerID
}

// community reports whether another account has published the image for all.
func (i Image) community() bool { return i.Public && i.OwnerAlias == others }

func (i Image) osType() string { return cmp.Or(i.OSType, "linux") }

func (i Image) architecture() string { return cmp.Or(i.Architecture, "x86_64") }

func (i Image) withDefaults() Image {
	if i.Status == "" {
		i.Status = available
	}
	if i.OwnerAlias == "" {
		i.OwnerAlias = self
	}
	return i
}

func (i Image) clone() Image {
	i.Unsupported = slices.Clone(i.Unsupported)
	i.Tags = slices.Clone(i.Tags)
	return i
}

// newestFirst is the order of a listing.
func newestFirst(a, b Image) int {
	if c := b.Created.Compare(a.Created); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// Generate makes n own, Available, unshared images in each region, or in
// cn-hangzhou if none is named. The same arguments give the same images, and
// they stand in the order in which a listing shows them.
func Generate(n int, regions ...string) map[string][]Image {
	if len(regions) == 0 {
		regions = []string{"cn-hangzhou"}
	}
	newest := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	images := make(map[string][]Image, len(regions))
	for _, region := range regions {
		list := make([]Image, n)
		for i := range list {
			list[i] = Image{
				ID:          generatedID(region, i),
				Name:        fmt.Sprintf("image-%06d", i+1),
				Status:      available,
				OwnerAlias:  self,
				BootMode:    "BIOS",
				NvmeSupport: "unsupported",
				ImdsSupport: "v1",
				Created:     newest.Add(-time.Duration(i) * time.Minute),
			}
		}
		images[region] = list
	}
	return images
}

// generatedID makes an id of the region and the number: ids are unique over all
// regions.
func generatedID(region string, i int) string {
	h := fnv.New64a()
	h.Write([]byte(region))
	return fmt.Sprintf("m-%08x%012d", uint32(h.Sum64()), i+1)
}
