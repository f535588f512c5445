package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// A run in many lanes needs a descriptor for the lock of each, and some more. If
// there are few, its connections take turns; if the locks alone are too many, it
// does not start.
func TestFileDescriptors(t *testing.T) {
	const lanes, perLane = 60, 4
	regions := make([]string, lanes)
	for i := range regions {
		regions[i] = fmt.Sprintf("cn-lane-%d", i)
	}
	images := ecssim.Generate(perLane, regions...)
	server, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
		Keys: []ecssim.Key{{AccessKeyID: "simulator", Secret: "simulator"}}, Regions: images,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	folder := t.TempDir()
	var rows strings.Builder
	rows.WriteString("image_id,region_id,image_name\n")
	for _, region := range regions {
		for _, image := range images[region] {
			fmt.Fprintf(&rows, "%s,%s,renamed-%s\n", image.ID, region, image.ID)
		}
	}
	names := filepath.Join(folder, "names.csv")
	if err := os.WriteFile(names, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	// start runs the program with a limit of descriptors.
	start := func(limit int, args string) (code int, text string) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("ulimit -n %d && exec imgrename %s", limit, args))
		cmd.Env = append(os.Environ(), "HOME="+folder, "IMGRENAME_STATE_DIR="+filepath.Join(folder, "state"),
			"IMGRENAME_ENDPOINT="+web.URL, "IMGRENAME_RATE=1000/s", "NAMES="+names,
			"ALIBABA_CLOUD_ACCESS_KEY_ID=simulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=simulator")
		out, _ := cmd.CombinedOutput() // how it failed is in the code
		return cmd.ProcessState.ExitCode(), string(out)
	}
	code, text := start(100, `apply "$NAMES" --yes -q`)
	const want = "imgrename: 60 accounts and regions need more file descriptors than the limit of 100 allows\n" +
		"  hint: raise it (ulimit -n 2048), or apply one region after the other with --only-region\n"
	mail := names + ": exit code 13: nothing was done\n"
	if code != codeRefused || text != want+mail {
		t.Errorf("a limit of 100: exit code %d\n%s", code, text)
	}
	if code, text := start(100, `plan "$NAMES" -q`); code != codeOK { // it locks nothing
		t.Errorf("plan with a limit of 100: exit code %d\n%s", code, text)
	}
	if code, text := start(130, `apply "$NAMES" --yes -q`); code != codeOK || text != "" {
		t.Errorf("a limit of 130: exit code %d\n%s", code, text)
	}
}
