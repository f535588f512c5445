package ecssim

import (
	"maps"
	"slices"
	"strings"
)

// An edit is what a call asks for. An empty value stays as it was.
type edit struct {
	name, description, family, status, bootMode, licenseType, nvme, imds string
}

func readEdit(q *request) edit {
	return edit{
		name:        q.parameter("ImageName"),
		description: q.parameter("Description"),
		family:      q.parameter("ImageFamily"),
		status:      q.parameter("Status"),
		bootMode:    q.parameter("BootMode"),
		licenseType: q.parameter("LicenseType"),
		nvme:        q.parameter("Features.NvmeSupport"),
		imds:        q.parameter("Features.ImdsSupport"),
	}
}

// features lists the parameters that can change an image's features.
var features = []string{"Features.NvmeSupport", "Features.ImdsSupport"}

// checkFeatures refuses features that would be ignored: those sent as one text,
// and those of another name.
func (q *request) checkFeatures() *refusal {
	for _, name := range slices.Sorted(maps.Keys(q.parameters)) {
		switch {
		case !strings.HasPrefix(name, "Features") || slices.Contains(features, name) || q.parameter(name) == "":
		case name == "Features":
			return asText(name, features[0])
		default:
			return lacks("the parameter "+quote(name), "UnsupportedParameter", name)
		}
	}
	return nil
}

// modifyImageAttribute plays the call of that name.
func modifyImageAttribute(s *Server, x *exchange) (object, *refusal) {
	id := x.request.parameter("ImageId")
	if id == "" {
		return nil, missing("ImageId")
	}
	if r := x.request.checkFeatures(); r != nil {
		return nil, r
	}
	e := readEdit(x.request)
	if r := e.check(); r != nil {
		return nil, r
	}
	l := x.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	image, ok := l.find(id)
	if !ok || !image.own() {
		return nil, refuse("InvalidImageId.NotFound")
	}
	before := image.clone()
	x.call.Before = &before
	if r := s.config.mayEdit(l, image, e); r != nil {
		return nil, r
	}
	if dry, r := dryRun(x.request, s.config.Open.DryRun); dry {
		return nil, r
	}
	x.call.Revision = l.store(s.clock(), e.apply(image), false)
	after, _ := l.find(id)
	x.call.After = &after
	return object{}, nil
}

// dryRun answers a call that only asks whether it would be let through, and
// reports whether this is one. Its success is an error, too.
func dryRun(q *request, spelling DryRun) (bool, *refusal) {
	switch q.parameter("DryRun") {
	case "", "false", "False":
		return false, nil
	case "true", "True":
		return true, refuse(spelling.code())
	default:
		return true, invalid("DryRun")
	}
}

// check applies the rules that need no image.
func (e edit) check() *refusal {
	switch {
	case e.name != "" && !legalName(e.name):
		return refuse("InvalidImageName.Malformed")
	case e.description != "" && !legalDescription(e.description):
		return refuse("InvalidDescription.Malformed")
	case e.family != "" && !legalName(e.family):
		return refuse("InvalidImageFamily.Malformed")
	case !oneOf(e.status, available, deprecated):
		return invalid("Status")
	case !oneOf(e.bootMode, "BIOS", "UEFI", "UEFI-Preferred"):
		return invalid("BootMode")
	case !oneOf(e.licenseType, "BYOL"):
		return refuse("InvalidLicenseType.NotSupported")
	case !oneOf(e.nvme, "supported", "unsupported"):
		return invalid("Features.NvmeSupport")
	case !oneOf(e.imds, "v1", "v2"):
		return refuse("InvalidParameter.FeaturesImdsSupport")
	}
	return nil
}

func oneOf(value string, legal ...string) bool {
	return value == "" || slices.Contains(legal, value)
}

// mayEdit applies the rules that look at the image and the lane around it.
func (c *Config) mayEdit(l *lane, image Image, e edit) *refusal {
	if image.Status == creating || image.Status == waiting {
		return refuse("InvalidStatus.ImageIsCreating")
	}
	if r := e.suits(image); r != nil {
		return r
	}
	if r := e.checkStatus(image); r != nil {
		return r
	}
	if r := c.checkFamily(l, image, e.family); r != nil {
		return r
	}
	holder, taken := l.byName[e.name]
	switch {
	case e.name == "" || !taken:
		return nil
	case holder == image.ID && c.Open.OwnName == OwnNameKept:
		return nil
	default:
		return refuse("InvalidImageName.Duplicated")
	}
}

// suits applies the rules about values that some images cannot take.
func (e edit) suits(image Image) *refusal {
	lacks := func(name, value string) bool {
		return value != "" && slices.Contains(image.Unsupported, name+"="+value)
	}
	switch {
	case lacks("BootMode", e.bootMode):
		return refuse("InvalidBootMode.NotSupport")
	case lacks("LicenseType", e.licenseType):
		return refuse("InvalidLicenseType.NotSupported")
	case lacks("Features.NvmeSupport", e.nvme):
		return refuse("UnsupportedParameter", "Features.NvmeSupport")
	case lacks("Features.ImdsSupport", e.imds):
		return refuse("InvalidParameter.FeaturesImdsSupport")
	case e.bootMode != "" && image.InUse:
		return refuse("OperationDeined.ImageUsingByInstance")
	case e.imds == "v1" && image.ImdsSupport == "v2":
		return refuse("InvalidOperation.FeaturesImdsSupportNotMatch")
	}
	return nil
}

// checkStatus lets Available images be deprecated unless they are shared, and
// Deprecated ones come back.
func (e edit) checkStatus(image Image) *refusal {
	switch {
	case e.status == deprecated && image.Shared:
		return refuse("ImageUseShared")
	case e.status == deprecated && image.Status != available:
		return refuse("ImageStatus.NotAvailable")
	case e.status == available && image.Status != deprecated:
		return refuse("ImageStatus.NotDeprecated")
	}
	return nil
}

func (c *Config) checkFamily(l *lane, image Image, family string) *refusal {
	if family == "" || family == image.Family {
		return nil
	}
	members, known := l.families[family]
	families := len(l.families)
	if l.families[image.Family] == 1 {
		families-- // the family it leaves is gone with it
	}
	switch {
	case !known && c.MaxFamilies > 0 && families >= c.MaxFamilies:
		return refuse("ImageFamilyQuotaFull")
	case c.MaxFamilyImages > 0 && members >= c.MaxFamilyImages:
		return refuse("ImageQuotaFull.ImageFamily")
	}
	return nil
}

// apply returns the image with the values of the edit.
func (e edit) apply(image Image) Image {
	set := func(to *string, value string) {
		if value != "" {
			*to = value
		}
	}
	set(&image.Name, e.name)
	set(&image.Description, e.description)
	set(&image.Family, e.family)
	set(&image.Status, e.status)
	set(&image.BootMode, e.bootMode)
	set(&image.LicenseType, e.licenseType)
	set(&image.NvmeSupport, e.nvme)
	set(&image.ImdsSupport, e.imds)
	return image
}
