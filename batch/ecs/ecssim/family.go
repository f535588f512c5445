package ecssim

import "slices"

// notOfFamilies lists the fields of an image in DescribeImages that
// DescribeImageFromFamily does not have.
var notOfFamilies = []string{"ImageOwnerId", "BootMode", "LicenseType", "Features", "IsPublic", "ResourceGroupId"}

// describeImageFromFamily plays the call of that name: of the account's own
// images in the family the newest that is Available. If there is none, the
// answer has no image.
func describeImageFromFamily(s *Server, x *exchange) (object, *refusal) {
	family := x.request.parameter("ImageFamily")
	if family == "" {
		return nil, missing("ImageFamily")
	}
	f := filter{family: family, statuses: []string{available}, alias: self}
	page, _ := x.lane.list(f, s.seen(x), 0, 1)
	if len(page) == 0 {
		return object{}, nil
	}
	image := imageObject(page[0], x.principal.account.id, s.config.Open.LooseTypes)
	image = slices.DeleteFunc(image, func(f field) bool { return slices.Contains(notOfFamilies, f.name) })
	return object{{"Image", image}}, nil
}
