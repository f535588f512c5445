package ecs

import (
	"fmt"
	"slices"
	"strings"
)

// knownRegions is the public list of regions, for hints only: new regions come,
// and one that is not listed is used like any other.
var knownRegions = strings.Fields(`
	cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai cn-nanjing cn-fuzhou
	cn-wuhan-lr cn-zhengzhou-jva cn-shenzhen cn-heyuan cn-guangzhou cn-chengdu cn-hongkong
	cn-hangzhou-finance cn-shanghai-finance-1 cn-shenzhen-finance-1 cn-beijing-finance-1 cn-north-2-gov-1
	ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-5 ap-southeast-6
	ap-southeast-7 ap-south-1 us-east-1 us-west-1 us-southeast-1 na-south-1 eu-central-1 eu-west-1 me-east-1
	me-central-1`)

// checkRegion refuses only what cannot be a region, since the text becomes part
// of a host name. It warns about a region it does not know.
func checkRegion(value string) error {
	bad := func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') }
	if value == "" || strings.IndexFunc(value, bad) >= 0 || strings.HasPrefix(value, "-") || strings.HasSuffix(value, "-") || len(value) > 63 {
		return broken(fmt.Sprintf("%q is not a region id", value), "region ids look like cn-hangzhou: lower-case letters, digits and hyphens")
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
