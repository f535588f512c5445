package ecssim_test

import (
	"net/url"
	"strings"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// checkLacks wants a refusal to say, in its message and in a header, that it is
// this simulator that lacks something.
func checkLacks(t *testing.T, got reply, what string) {
	t.Helper()
	if want := "This simulator lacks " + what + "."; !strings.HasSuffix(got.Message, want) {
		t.Errorf("message = %q, want it to end with %q", got.Message, want)
	}
	if header := got.Header.Get("X-Simulator"); header != "lacks "+what {
		t.Errorf("X-Simulator = %q, want %q", header, "lacks "+what)
	}
}

func TestUnknownAction(t *testing.T) {
	for _, tt := range []struct {
		name, action, quoted string
	}{
		{"an action of ECS", "DeleteImage", `"DeleteImage"`},
		{"control characters", "a\r\nSet-Cookie: b", `"a\r\nSet-Cookie: b"`},
		{"a name that no header can hold", "删除" + strings.Repeat("x", 100_000), `"\u5220\u9664` + strings.Repeat("x", 58) + `"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{})
			query := rpc(c, "GET", nil, "Action", tt.action, "RegionId", region, "Format", "JSON")
			got, err := roundTrip(s, request(t, "GET", "https://ecs.aliyuncs.com/?"+query.Encode(), ""))
			if err != nil {
				t.Fatal(err)
			}
			check(t, got, 404, "InvalidAction.NotFound")
			checkLacks(t, got, "the action "+tt.quoted)
		})
	}
}

// The command line client sends --Features '{…}' as it is. What is not understood
// must not pass for done.
func TestFeaturesAsText(t *testing.T) {
	for _, tt := range []struct {
		name, parameter, value string
		code, lacks            string
	}{
		{"JSON", "Features", `{"ImdsSupport":"v2"}`, "InvalidParameter", "Features as one text: send parameters such as Features.NvmeSupport"},
		{"another feature", "Features.CpuOnlineUpgrade", "supported", "UnsupportedParameter", `the parameter "Features.CpuOnlineUpgrade"`},
		{"a misspelt feature", "Features.imdsSupport", "v2", "UnsupportedParameter", `the parameter "Features.imdsSupport"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{}, image("m-1", "one"))
			got := c.modify(t, "m-1", tt.parameter, tt.value, "ImageName", "two")
			check(t, got, 400, tt.code)
			checkLacks(t, got, tt.lacks)
			if i := s.Images(accountID, region)[0]; i.Name != "one" || i.ImdsSupport != "" {
				t.Errorf("the image was changed: %+v", i)
			}
		})
	}
	_, c := newServer(t, ecssim.Config{}, image("m-1", "one"))
	check(t, c.modify(t, "m-1", "Features", "", "Features.ImdsSupport", "v2"), 200, "")
}

// What ECS itself refuses says nothing of the simulator.
func TestRefusalsOfECS(t *testing.T) {
	s, c := newServer(t, ecssim.Config{}, gallery()...)
	other := *c
	other.version = "2015-04-01"
	for name, got := range map[string]reply{
		"a name":            c.modify(t, "m-1", "ImageName", "1"),
		"an image's limits": c.modify(t, "m-fussy", "Features.NvmeSupport", "supported"),
		"another version":   other.call(t, "DescribeImages", "RegionId", region),
	} {
		if got.Status == 200 || got.Header.Get("X-Simulator") != "" || strings.Contains(got.Message, "simulator") {
			t.Errorf("%s: %d %q, X-Simulator %q", name, got.Status, got.Message, got.Header.Get("X-Simulator"))
		}
	}
	if got, err := roundTrip(s, request(t, "GET", "https://ecs.aliyuncs.com/?"+url.Values{"Action": {"DeleteImage"}, "Format": {"JSON"}}.Encode(), "")); err != nil || got.Header.Get("X-Simulator") != "" {
		t.Errorf("unsigned: X-Simulator %q (%v), want none before the signature is known", got.Header.Get("X-Simulator"), err)
	}
}
