package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// insideVariable tells the test's own process that it has a network of its own,
// and where the program is.
const insideVariable = "TEST_INSIDE_NETNS"

// enter makes the addresses of the world and puts its hosts file in place, in a
// namespace, and then runs a command there.
const enter = `ip link set lo up && mount --bind "$0" /etc/hosts && ` +
	`for address in ` + cloudAddress + ` ` + silentAddress + ` ` + proxyAddress + ` ` + metadataAddress + `; do ` +
	`ip address add "$address/32" dev lo || exit 1; done && exec "$@"`

// inNamespace returns a command that runs in a namespace. hosts is a file.
func inNamespace(t *testing.T, hosts string, args ...string) *exec.Cmd {
	args = append([]string{"--user", "--map-root-user", "--net", "--mount", "--", "sh", "-c", enter, hosts}, args...)
	return exec.CommandContext(t.Context(), "unshare", args...)
}

// TestNamespace runs the program with each place of credentials, in a network
// where the hosts of the cloud, the metadata service and the sign-in hosts are a
// world. It runs itself there. It is skipped where that is not permitted, unless
// TEST_NETNS=1 requires it.
func TestNamespace(t *testing.T) {
	if os.Getenv(insideVariable) != "" {
		inside(t)
		return
	}
	t.Parallel()
	hosts := filepath.Join(t.TempDir(), "hosts")
	text := "127.0.0.1 localhost\n"
	for address, names := range hostsOf {
		text += address + " " + names + "\n"
	}
	if err := os.WriteFile(hosts, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := inNamespace(t, hosts, "true").CombinedOutput(); err != nil {
		if os.Getenv("TEST_NETNS") == "1" {
			t.Fatalf("no namespace: %v\n%s", err, out)
		}
		t.Skipf("no namespace: %v\n%s", err, out)
	}
	_, cases, some := strings.Cut(flag.Lookup("test.run").Value.String(), "/")
	if some {
		cases = "/" + cases
	}
	again := inNamespace(t, hosts, os.Args[0], "-test.run=^TestNamespace$"+cases, "-test.v="+fmt.Sprint(testing.Verbose()))
	program := filepath.Join(t.TempDir(), "imgrename")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build does
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again.Env = append(os.Environ(), insideVariable+"="+program)
	out, err := again.CombinedOutput()
	if err != nil || testing.Verbose() {
		t.Logf("in the namespace: %v\n%s", err, out)
	}
	if err != nil {
		t.Fail()
	}
	if bytes.Contains(out, []byte("no tests to run")) {
		t.Errorf("nothing was tested:\n%s", out)
	}
}

// inside runs the cases.
func inside(t *testing.T) {
	w := new(world)
	w.open(t)
	t.Run("used", func(t *testing.T) { testUsed(t, w) })
	t.Run("refused", func(t *testing.T) { testRefused(t, w) })
	t.Run("through a proxy", func(t *testing.T) { testProxy(t, w) })
	t.Run("a proxy that is none", func(t *testing.T) { testBrokenProxy(t, w) })
	t.Run("an endpoint", func(t *testing.T) { testEndpoint(t, w) })
	t.Run("regions out of reach", func(t *testing.T) { testSilentRegions(t, w) })
	t.Run("a process that hangs", func(t *testing.T) { testHangingProcess(t, w) })
	t.Run("a process for many rows", func(t *testing.T) { testOneProcess(t, w) })
	t.Run("a file that cannot be written", func(t *testing.T) { testReadOnly(t, w) })
	t.Run("a file that is a mount point", func(t *testing.T) { testMounted(t, w) })
	t.Run("a forged plan", func(t *testing.T) { testForgedPlan(t, w) })
	t.Run("two profiles of one account", func(t *testing.T) { testTwoProfiles(t, w) })
}

func testUsed(t *testing.T, w *world) {
	for _, tt := range usedPlaces {
		t.Run(tt.name, func(t *testing.T) {
			st := w.set(t, tt.setting)
			st.want(st.run("plan", "names.csv"), end{Stdout: "account " + tt.account + ": keys from " + tt.source + `
cn-hangzhou, account ` + tt.account + `: 1 change
  ` + imageID + `  image-000001 → web

1 row: 1 planned; next: imgrename apply names.csv` + st.typed() + "\n"})
			st.want(st.run("export", "-q", "--region", "cn-hangzhou", "-o", "out.csv"), end{})
			st.want(st.run("apply", "names.csv", "--yes", "--report", "report.csv", "--report", "report.jsonl"), end{Stdout: "applied    cn-hangzhou  " + imageID +
				"  image-000001 → web\n1 row: 1 applied; run r-RUN\n"})
			if got := st.renamed(); !slices.Equal(got, []string{tt.account}) {
				t.Errorf("the image of %v was renamed, want %s", got, tt.account)
			}
			st.onlyBy(tt.account, tt.account == ofInstance)
			for _, file := range []string{"out.csv", "report.csv", "report.jsonl"} {
				if _, err := os.Stat(filepath.Join(st.work, file)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// typed is how the program repeats --profile.
func (st *stage) typed() string {
	if st.profile == "" {
		return ""
	}
	return " --profile " + shellWord(st.profile)
}

func testRefused(t *testing.T, w *world) {
	for _, tt := range refusedPlaces {
		t.Run(tt.name, func(t *testing.T) {
			st := w.set(t, tt.setting)
			code := codeDenied
			if tt.away {
				code = codeUnreadable
			}
			st.refused(code, tt.reason, tt.hint, "apply", "names.csv", "--yes", "--report", "report.csv")
			st.refused(code, tt.reason, tt.hint, "export", "-q", "--region", "cn-hangzhou", "-o", "out.csv")
			if got := st.renamed(); got != nil {
				t.Errorf("the image of %v was renamed", got)
			}
			st.onlyBy(tt.account, tt.instance)
			files, _ := filepath.Glob(filepath.Join(st.work, "*")) // the pattern is good
			if !slices.Equal(files, []string{filepath.Join(st.work, "names.csv")}) {
				t.Errorf("%v was written", files)
			}
		})
	}
}
