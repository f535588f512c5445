package ecssim

import (
	"slices"
	"strconv"
	"strings"
)

// allStatuses lists the statuses an image can have.
var allStatuses = []string{creating, waiting, available, "UnAvailable", "CreateFailed", deprecated}

// everything reports whether the filter passes every image of a lane; foreign
// counts those that are not own.
func (f filter) everything(foreign int) bool {
	if f.name != "" || f.family != "" || f.usage != "" || len(f.tags) > 0 {
		return false
	}
	if f.alias != "" && (f.alias != self || foreign > 0) {
		return false
	}
	for _, s := range allStatuses {
		if !slices.Contains(f.statuses, s) {
			return false
		}
	}
	return true
}

func (f filter) passes(i Image) bool {
	return slices.Contains(f.statuses, i.Status) &&
		(f.alias == "" || f.alias == i.OwnerAlias) &&
		(f.family == "" || f.family == i.Family) &&
		(f.usage == "" || f.usage == usage(i)) &&
		(f.name == "" || strings.Contains(strings.ToLower(i.Name), f.name)) &&
		f.tagged(i)
}

// tagged reports whether i has all tags; one without a value asks for the key.
func (f filter) tagged(i Image) bool {
	for _, want := range f.tags {
		if !slices.ContainsFunc(i.Tags, func(t Tag) bool {
			return t.Key == want.Key && (want.Value == "" || t.Value == want.Value)
		}) {
			return false
		}
	}
	return true
}

func usage(i Image) string {
	if i.InUse {
		return "instance"
	}
	return "none"
}

// imageObject renders one image of a listing, loosely as some editions of the
// API do: with other types, and no field at all where there is no value.
func imageObject(i Image, owner string, loose bool) object {
	tags := make(list, len(i.Tags))
	for n, t := range i.Tags {
		tags[n] = object{{"TagKey", t.Key}, {"TagValue", t.Value}}
	}
	o := object{
		{"ImageId", i.ID},
		{"ImageName", i.Name},
		{"Description", i.Description},
		{"ImageFamily", i.Family},
		{"Status", i.Status},
		{"ImageOwnerAlias", i.OwnerAlias},
		{"ImageOwnerId", owner},
		{"BootMode", i.BootMode},
		{"LicenseType", i.LicenseType},
		{"CreationTime", i.Created.UTC().Format(dateLayout)},
		{"Usage", usage(i)},
		{"Architecture", "x86_64"},
		{"OSType", "linux"},
		{"Size", 40},
		{"Progress", "100%"},
		{"IsSupportCloudinit", true},
		{"IsSelfShared", selfShared(i.Shared, loose)},
		{"Features", object{{"NvmeSupport", i.NvmeSupport}, {"ImdsSupport", i.ImdsSupport}}},
		{"Tags", object{{"Tag", tags}}},
	}
	if loose {
		o = slices.DeleteFunc(o, func(f field) bool { return f.value == any("") })
	}
	return o
}

func (o Open) number(n int) any {
	if o.LooseTypes {
		return strconv.Itoa(n)
	}
	return n
}

func selfShared(shared, loose bool) any {
	switch {
	case loose:
		return shared
	case shared:
		return "True"
	default:
		return "False"
	}
}
