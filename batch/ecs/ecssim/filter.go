package ecssim

import (
	"fmt"
	"strconv"
	"time"
)

// unmodelled lists documented filters for which images here have no value.
// Ignoring one would return images that were not asked for.
var unmodelled = []string{"SnapshotId", "InstanceType", "ActionType", "Usable"}

// readMore reads the filters of which each is a test of its own.
func (f *filter) readMore(q *request, account string) *refusal {
	for _, name := range unmodelled {
		if q.parameter(name) != "" {
			return lacks("the filter "+name, "UnsupportedParameter", name)
		}
	}
	for _, read := range []func(*request) *refusal{f.readSystem, f.readSupport, f.readPublic, f.readTimes} {
		if r := read(q); r != nil {
			return r
		}
	}
	if group := q.parameter("ResourceGroupId"); group != "" {
		// Images of the default group are listed with those of every other.
		f.test(func(i Image) bool { return i.ResourceGroupID == group || i.ResourceGroupID == "" })
	}
	return f.readOwner(q, account)
}

func (f *filter) test(passes func(Image) bool) { f.tests = append(f.tests, passes) }

func (f *filter) readSystem(q *request) *refusal {
	system, architecture := q.parameter("OSType"), q.parameter("Architecture")
	switch {
	case !oneOf(system, "linux", "windows"):
		return refuse("InvalidOSType")
	case !oneOf(architecture, "i386", "x86_64", "arm64"):
		return refuse("InvalidArchitecture")
	}
	if system != "" {
		f.test(func(i Image) bool { return i.osType() == system })
	}
	if architecture != "" {
		f.test(func(i Image) bool { return i.architecture() == architecture })
	}
	return nil
}

// readSupport reads filters by what every image here supports.
func (f *filter) readSupport(q *request) *refusal {
	for _, name := range []string{"IsSupportCloudinit", "IsSupportIoOptimized"} {
		supports, given, r := readBool(q, name)
		if r != nil {
			return r
		}
		if given && !supports {
			f.test(func(Image) bool { return false })
		}
	}
	return nil
}

// readPublic reads whether community images are asked for: they are never
// listed with others.
func (f *filter) readPublic(q *request) (r *refusal) {
	if f.community, _, r = readBool(q, "IsPublic"); r != nil {
		return r
	}
	if f.community && f.alias != others {
		return refuse("InvalidImageOwnerAlias.ValueNotSupported")
	}
	return nil
}

// readOwner reads an account's id. It has no effect on images that the alias
// says are own or of Alibaba Cloud.
func (f *filter) readOwner(q *request, account string) *refusal {
	owner := q.parameter("ImageOwnerId")
	if owner == "" {
		return nil
	}
	if _, err := strconv.ParseUint(owner, 10, 63); err != nil {
		return invalid("ImageOwnerId")
	}
	if f.alias == "" || f.alias == others {
		f.test(func(i Image) bool { return i.owner(account) == owner })
	}
	return nil
}

// readTimes reads Filter.1.Key, Filter.1.Value, Filter.2.Key … Both ends of a
// span of time belong to it.
func (f *filter) readTimes(q *request) *refusal {
	numbers, r := q.numbered("Filter")
	if r != nil {
		return r
	}
	for _, n := range numbers {
		key, value := q.parameter(fmt.Sprintf("Filter.%d.Key", n)), q.parameter(fmt.Sprintf("Filter.%d.Value", n))
		if key == "" && value == "" {
			continue
		}
		if key == "NetworkType" {
			return lacks("the filter NetworkType", "UnsupportedParameter", fmt.Sprintf("Filter.%d.Key", n))
		}
		t, err := time.Parse("2006-01-02T15:04Z", value)
		if err != nil {
			return refuse("InvalidFilterKey.NotFound")
		}
		switch key {
		case "CreationStartTime":
			f.test(func(i Image) bool { return !i.Created.Before(t) })
		case "CreationEndTime":
			f.test(func(i Image) bool { return !i.Created.After(t) })
		default:
			return refuse("InvalidFilterKey.NotFound")
		}
	}
	return nil
}

func readBool(q *request, name string) (value, given bool, r *refusal) {
	switch q.parameter(name) {
	case "":
		return false, false, nil
	case "true", "True":
		return true, true, nil
	case "false", "False":
		return false, true, nil
	default:
		return false, false, invalid(name)
	}
}
