package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// A random permutation of 2,000 names and 2,000 plain renames, through the
// program and a socket: no call meets a name that is taken, every image ends
// with its name, and it takes one call for each row and one for each ring.
func TestPermutation(t *testing.T) {
	const n = 2000
	images := ecssim.Generate(2 * n)["cn-hangzhou"]
	to := rand.New(rand.NewPCG(1, 2)).Perm(n)
	want := make(map[string]string)
	var rows strings.Builder
	rows.WriteString("image_id,region_id,image_name\n")
	for i, image := range images {
		name := fmt.Sprintf("plain-%d", i)
		if i < n {
			name = images[to[i]].Name
		}
		want[image.ID] = name
		fmt.Fprintf(&rows, "%s,cn-hangzhou,%s\n", image.ID, name)
	}
	server, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
		ID: simulatedAccount, Keys: []ecssim.Key{{AccessKeyID: "test", Secret: "test"}},
		Regions: map[string][]ecssim.Image{"cn-hangzhou": images},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	names := filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(names, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("IMGRENAME_STATE_DIR", filepath.Join(t.TempDir(), "state"))
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "test")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "test")
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"apply", names, "--yes", "--endpoint", web.URL, "--rate", "100000/s"},
		streams{in: strings.NewReader(""), out: &sink{w: &stdout}, err: &sink{w: &stderr}})
	if code != codeOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}

	for _, image := range server.Images(simulatedAccount, "cn-hangzhou") {
		if image.Name != want[image.ID] {
			t.Errorf("%s is named %s, want %s", image.ID, image.Name, want[image.ID])
		}
	}
	writes := 0
	for _, call := range server.History() {
		if call.Action == "ModifyImageAttribute" {
			writes++
			if call.Verdict != ecssim.Applied {
				t.Errorf("call %d: %v %s", call.Sequence, call.Verdict, call.Code)
			}
		}
	}
	moving, rings := cycles(to)
	if expected := n + moving + rings; writes != expected {
		t.Errorf("%d writes, want %d: %d plain, %d permuted, %d rings", writes, expected, n, moving, rings)
	}
}

// cycles counts the elements that a permutation moves and the rings they form.
func cycles(to []int) (moving, rings int) {
	seen := make([]bool, len(to))
	for i := range to {
		length := 0
		for j := i; !seen[j]; j = to[j] {
			seen[j] = true
			length++
		}
		if length > 1 {
			moving += length
			rings++
		}
	}
	return moving, rings
}
