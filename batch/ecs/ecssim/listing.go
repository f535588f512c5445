package ecssim

import (
	"slices"
	"strconv"
	"strings"
)

// allStatuses lists the statuses an image can have.
var allStatuses = []string{creating, waiting, available, "UnAvailable", "CreateFailed", deprecated}

// everything reports whether the filter passes every image of a lane.
func (f filter) everything(l *lane) bool {
	if f.name != "" || f.family != "" || f.usage != "" || len(f.tags)+len(f.tests) > 0 {
		return false
	}
	if f.community || l.community || f.alias != "" && (f.alias != self || l.foreign) {
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
		f.community == i.community() &&
		f.tagged(i) &&
		!slices.ContainsFunc(f.tests, func(passes func(Image) bool) bool { return !passes(i) })
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
func imageObject(i Image, account string, loose bool) object {
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
		{"ImageOwnerId", ownerID(i.owner(account), loose)},
		{"BootMode", i.BootMode},
		{"LicenseType", i.LicenseType},
		{"CreationTime", i.Created.UTC().Format(dateLayout)},
		{"Usage", usage(i)},
		{"Architecture", i.architecture()},
		{"OSType", i.osType()},
		{"Size", 40},
		{"Progress", "100%"},
		{"IsSupportCloudinit", true},
		{"IsSupportIoOptimized", true},
		{"IsPublic", i.Public},
		{"IsSelfShared", selfShared(i.Shared, loose)},
		{"Features", object{{"NvmeSupport", i.NvmeSupport}, {"ImdsSupport", i.ImdsSupport}}},
		{"ResourceGroupId", i.ResourceGroupID},
		{"Tags", object{{"Tag", tags}}},
	}
	return slices.DeleteFunc(o, func(f field) bool { return f.value == nil || loose && f.value == any("") })
}

// ownerID renders an account's id: a number, if it is one, and nothing at all
// for an unknown owner.
func ownerID(id string, loose bool) any {
	n, err := strconv.Atoi(id)
	switch {
	case id == "":
		return nil
	case loose || err != nil || strconv.Itoa(n) != id:
		return id
	default:
		return n
	}
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
