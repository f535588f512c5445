package ecssim_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// TestConformance runs the official clients of testdata/conformance against the
// simulator over a socket. It needs node and `npm ci` in that folder, so it
// runs only if TEST_CONFORMANCE=1 is set, and then fails without them.
func TestConformance(t *testing.T) {
	if os.Getenv("TEST_CONFORMANCE") != "1" {
		t.Skip("set TEST_CONFORMANCE=1, after npm ci in testdata/conformance")
	}
	folder := filepath.Join("..", "..", "..", "testdata", "conformance")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@alicloud", "ecs20140526")); err != nil {
		t.Fatalf("run npm ci in %s first: %v", folder, err)
	}
	s, err := ecssim.New(conformanceConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	script := exec.CommandContext(t.Context(), node, "run.js")
	script.Dir = folder
	script.Env = append(os.Environ(), "IMGRENAME_ENDPOINT="+server.Listener.Addr().String(), "NO_PROXY=127.0.0.1")
	var output bytes.Buffer
	script.Stdout, script.Stderr = &output, &output
	err = script.Run()
	t.Logf("%s", output.Bytes())
	if err != nil {
		t.Error(err)
	}
	if summary := regexp.MustCompile(`(?m)^\d{3,} passed, 0 failed$`); !summary.Match(output.Bytes()) {
		t.Error("the script did not count at least 100 checks, all passed")
	}
}

// conformanceConfig makes the images that run.js asks for.
func conformanceConfig(t *testing.T) ecssim.Config {
	t.Helper()
	var images []ecssim.Image
	for _, id := range []string{
		"m-plain", "m-taken", "m-text", "m-deprecated", "m-shared", "m-busy", "m-fussy",
		"m-v2", "m-creating", "m-denied", "m-throttled", "m-rejected", "m-unlucky", "m-tired",
	} {
		i := image(id, strings.TrimPrefix(id, "m-"))
		i.Status = map[string]string{"m-deprecated": "Deprecated", "m-creating": "Creating"}[id]
		i.Shared, i.InUse = id == "m-shared", id == "m-busy"
		if id == "m-v2" {
			i.ImdsSupport = "v2"
		}
		if id == "m-fussy" {
			i.Family, i.NvmeSupport = "full", "supported"
			i.Tags = []ecssim.Tag{{Key: "team", Value: "图"}}
			i.Unsupported = []string{"BootMode=UEFI"}
		}
		images = append(images, i)
	}
	a := account(images...)
	a.Regions["cn-shanghai"] = ecssim.Generate(205, "cn-shanghai")["cn-shanghai"]
	a.Keys[0].Denied = []ecssim.Denial{{Action: "ecs:ModifyImageAttribute", Image: "m-denied"}}
	a.Keys = append(a.Keys,
		ecssim.Key{AccessKeyID: "inactive", Secret: secret, Inactive: true},
		ecssim.Key{AccessKeyID: "sts", Secret: secret, SecurityToken: "token"},
		ecssim.Key{AccessKeyID: "sts-old", Secret: secret, SecurityToken: "token", Expires: time.Now().Add(-time.Hour)},
	)
	return ecssim.Config{
		Accounts: []ecssim.Account{a}, MaxFamilies: 1, MaxFamilyImages: 1,
		Faults: faults(t,
			"throttle:image=m-throttled,hint=x-acs-retry-after,by=2s",
			"rejected-throttling:image=m-rejected,status=429",
			"internal-error:image=m-unlucky",
			"unavailable:image=m-tired",
		),
	}
}
