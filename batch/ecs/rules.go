package ecs

import (
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/ecs/names"
)

// A ValueError says which rule of the API a value breaks. Its text is a fact;
// its hint says what would be right.
type ValueError struct {
	Problem string
	Advice  string
	// Mild marks a warning: the value may be right all the same.
	Mild bool
}

func (e *ValueError) Error() string { return e.Problem }

// Hint says what would be right.
func (e *ValueError) Hint() string { return e.Advice }

// Warning reports whether the value may be right all the same.
func (e *ValueError) Warning() bool { return e.Mild }

func broken(problem, advice string) error { return &ValueError{Problem: problem, Advice: advice} }

// enums lists the values that the ModifyImageAttribute reference page allows.
var enums = map[Attribute][]string{
	Status:      {Available, Deprecated},
	BootMode:    {"BIOS", "UEFI", "UEFI-Preferred"},
	LicenseType: {"BYOL"},
	NvmeSupport: {"supported", "unsupported"},
	ImdsSupport: {"v1", "v2"},
}

// CheckColumn checks a manifest's value by its column: image_id, region_id or a
// desired value. It returns nil or a [*ValueError].
//
// Any value is legal in other columns: conditions are compared, never sent.
func CheckColumn(column, value string) error {
	switch column {
	case "image_id":
		return checkID(value)
	case "region_id":
		return checkRegion(value)
	}
	if a, ok := attributeOf(column); ok {
		return a.Check(value)
	}
	return nil
}

// Check returns nil if the API may accept value for the attribute, else a
// [*ValueError]. The rules are those of the ModifyImageAttribute reference
// page; where its editions disagree, the more permissive one counts.
func (a Attribute) Check(value string) error {
	var problem, advice string
	switch a {
	case ImageName, ImageFamily:
		problem, advice = names.Check(value)
	case Description:
		problem, advice = names.CheckDescription(value)
	default:
		return checkEnum(value, enums[a])
	}
	if problem == "" {
		return nil
	}
	return broken(problem, advice)
}

func checkID(value string) error {
	if rest, ok := strings.CutPrefix(value, "m-"); ok && rest != "" && strings.IndexFunc(rest, notIDRune) < 0 {
		return nil
	}
	return broken(
		fmt.Sprintf("%q is not the id of a custom image", value),
		"ids look like m-bp18ygjuqnwhechc0001; leave the cell blank and give current_name to find an image by its name",
	)
}

func notIDRune(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

func checkEnum(value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	advice := "one of: " + strings.Join(allowed, ", ")
	for _, s := range allowed {
		if strings.EqualFold(s, strings.TrimSpace(value)) {
			advice = "did you mean " + s + "?"
		}
	}
	return broken(fmt.Sprintf("%q is not a value of this column", value), advice)
}

// knownRegions is the public list of regions, for hints only: new regions come,
// and one that is not listed is used like any other.
var knownRegions = strings.Fields(`
	cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai cn-nanjing cn-fuzhou
	cn-wuhan-lr cn-zhengzhou-jva cn-zhongwei cn-shenzhen cn-heyuan cn-heyuan-acdr-1 cn-guangzhou cn-chengdu
	cn-hongkong
	cn-hangzhou-finance cn-shanghai-finance-1 cn-shenzhen-finance-1 cn-beijing-finance-1 cn-north-2-gov-1
	ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-5 ap-southeast-6
	ap-southeast-7 ap-southeast-8 ap-south-1 us-east-1 us-west-1 us-southeast-1 na-south-1 eu-central-1 eu-west-1
	me-east-1
	me-central-1`)

// Regions returns the public list of regions, for hints and proposals only: there may
// be others.
func Regions() []string { return slices.Clone(knownRegions) }

// checkRegion refuses only what cannot be a region, since the text becomes part
// of a host name. It warns about a region it does not know.
func checkRegion(value string) error {
	bad := func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') }
	if value == "" || len(value) > 63 || strings.IndexFunc(value, bad) >= 0 || strings.Trim(value, "-") != value {
		return broken(
			fmt.Sprintf("%q is not a region id", value),
			"region ids look like cn-hangzhou: lower-case letters, digits and hyphens",
		)
	}
	if slices.Contains(knownRegions, value) {
		return nil
	}
	unknown := &ValueError{
		Problem: fmt.Sprintf("%q is not a region that this version knows", value),
		Advice:  "the API will be asked anyway", Mild: true,
	}
	if near := nearestRegion(value); near != "" {
		unknown.Advice = "did you mean " + near + "?"
	}
	return unknown
}

// nearestRegion returns the known region at most two letters away, or "". It is
// called for each row of a manifest.
func nearestRegion(value string) string {
	best, least := "", 3
	for _, known := range knownRegions {
		if d := edits(value, known, least-1); d < least {
			best, least = known, d
		}
	}
	return best
}

// edits is how many letters to insert, remove or replace to make a into b, if
// they are at most that many; else it is more.
func edits(a, b string, most int) int {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch longer := max(len(a), len(b)); {
	case a == "" || b == "":
		return longer
	case most == 0, longer-min(len(a), len(b)) > most:
		return most + 1
	}
	return 1 + min(edits(a[1:], b[1:], most-1), edits(a[1:], b, most-1), edits(a, b[1:], most-1))
}
