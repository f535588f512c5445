package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs/ecssim"
)

func TestShardOfARegion(t *testing.T) {
	for region, want := range map[string]uint64{ // SHA-256 modulo 4, by another program
		"cn-hangzhou": 2, "cn-beijing": 3, "cn-shanghai": 3, "ap-southeast-1": 2, "us-west-1": 2, "eu-central-1": 0,
	} {
		for i := range uint64(4) {
			if got := (shard{i, 4}).has(region); got != (i == want) {
				t.Errorf("%s in shard %d of 4: %t", region, i, got)
			}
		}
		if !(shard{}).has(region) || !(shard{0, 1}).has(region) {
			t.Errorf("%s is not among all", region)
		}
	}
}

// Four shards work side by side on one state folder. One is killed and one is told to
// end, each at its fifth write, and both are started again by the same command. Every
// row is written once, and the report of all runs together is whole.
func TestFourShards(t *testing.T) {
	t.Parallel()
	const images, shards = 8, 4
	regions := []string{"cn-hangzhou", "cn-beijing", "eu-central-1", "cn-shanghai", "us-west-1", "cn-qingdao", "cn-shenzhen", "cn-hongkong", "ap-northeast-1", "us-east-1", "eu-west-1", "cn-chengdu"}
	account := ecssim.Account{ID: simulatedAccount, Regions: ecssim.Generate(images, regions...)}
	for i := range shards {
		account.Keys = append(account.Keys, ecssim.Key{AccessKeyID: fmt.Sprintf("key-%d", i), Secret: "secret"})
	}
	var manifest strings.Builder
	manifest.WriteString("image_id,region_id,image_name\n")
	rows, per := 0, make(map[string]int) // rows of each key
	for i := range images {
		for _, region := range regions {
			fmt.Fprintf(&manifest, "%s,%s,shard-%d\n", account.Regions[region][i].ID, region, i)
			for n := range uint64(shards) {
				if (shard{n, shards}).has(region) {
					per[fmt.Sprintf("key-%d", n)]++
				}
			}
			rows++
		}
	}
	signals := map[string]os.Signal{"key-2": os.Kill, "key-3": syscall.SIGTERM}
	var mu sync.Mutex
	alive, writes := make(map[string]*exec.Cmd), make(map[string]int)
	server, err := ecssim.New(ecssim.Config{
		Accounts: []ecssim.Account{account}, Latency: ecssim.Latency{Median: 20 * time.Millisecond},
		Before: func(call ecssim.Call) {
			mu.Lock()
			defer mu.Unlock()
			if call.Action == editing {
				writes[call.Key]++
				if signal := signals[call.Key]; writes[call.Key] == 5 && signal != nil {
					_ = alive[call.Key].Process.Signal(signal)
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "names.csv"), []byte(manifest.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	program := func(key string, args ...string) (string, int) {
		cmd := exec.Command("imgrename", args...)
		cmd.Dir, cmd.Env = folder, append(environment(web.URL, folder), "ALIBABA_CLOUD_ACCESS_KEY_ID="+key, "IMGRENAME_WORKERS=1")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		mu.Lock()
		err := cmd.Start()
		alive[key] = cmd
		mu.Unlock()
		if err != nil {
			t.Error(err)
			return "", -1
		}
		_ = cmd.Wait() // the exit code tells
		return out.String(), cmd.ProcessState.ExitCode()
	}
	for _, try := range []map[string]int{{"key-2": -1, "key-3": codePending}, nil} {
		var all errgroup.Group
		for i := range shards {
			all.Go(func() error {
				key := fmt.Sprintf("key-%d", i)
				if out, code := program(key, "apply", "names.csv", "--shard", fmt.Sprintf("%d/%d", i, shards)); code != try[key] {
					t.Errorf("shard %d: exit code %d, want %d\n%s", i, code, try[key], out)
				}
				return nil
			})
		}
		_ = all.Wait()
	}
	written := make(map[string]int)
	for _, call := range server.History() {
		if call.Action == editing && call.Revision > 0 {
			written[call.Region+" "+call.Parameters["ImageId"]]++
		}
	}
	for image, n := range written {
		if n != 1 {
			t.Errorf("%s was written %d times", image, n)
		}
	}
	if len(written) != rows {
		t.Errorf("%d images were written, want %d", len(written), rows)
	}
	for key, want := range per {
		if writes[key] < want || writes[key] > want+1 { // a call may have been sent again that never arrived
			t.Errorf("%s sent %d calls for %d rows", key, writes[key], want)
		}
	}
	list, _ := program("key-0", "runs")
	ids := regexp.MustCompile(`r-\d{8}-\d{6}-[0-9a-f]{4}`).FindAllString(list, -1)
	out, code := program("key-0", append([]string{"report", "--manifest", "names.csv", "--format", "csv"}, ids...)...)
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || code != codeOK || len(lines) != rows+1 {
		t.Fatalf("the joined report: exit code %d, %v\n%s", code, err, out)
	}
	for i, line := range lines[1:] {
		if line[0] != fmt.Sprint(i+2) || line[6] != "applied" {
			t.Errorf("line %q", line)
		}
	}
}

// The commands of the recipes for Kubernetes and Slurm, as they stand there, do all
// rows of a manifest.
func TestRecipesOfShards(t *testing.T) {
	t.Parallel()
	for name, commands := range map[string]func(t *testing.T, i int) *exec.Cmd{
		"kubernetes.yaml": func(t *testing.T, i int) *exec.Cmd {
			_, args, _ := strings.Cut(recipe(t, "kubernetes.yaml"), "args:\n")
			args, _, _ = strings.Cut(args, "env:\n")
			var words []string
			for line := range strings.Lines(args) {
				if word, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
					words = append(words, strings.ReplaceAll(word, "$(JOB_COMPLETION_INDEX)", fmt.Sprint(i)))
				}
			}
			return exec.Command("imgrename", words...)
		},
		"slurm.sh": func(t *testing.T, i int) *exec.Cmd {
			cmd := exec.Command("sh", "-c", recipe(t, "slurm.sh"))
			cmd.Env = []string{fmt.Sprintf("SLURM_ARRAY_TASK_ID=%d", i)}
			return cmd
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			regions := []string{"cn-hangzhou", "cn-beijing", "eu-central-1", "cn-qingdao"}
			server, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
				ID: simulatedAccount, Keys: []ecssim.Key{{AccessKeyID: "key", Secret: "secret"}}, Regions: ecssim.Generate(1, regions...),
			}}})
			if err != nil {
				t.Fatal(err)
			}
			web := httptest.NewServer(server)
			t.Cleanup(web.Close)
			folder := t.TempDir()
			manifest := "image_id,region_id,image_name\n"
			for _, region := range regions {
				manifest += server.Images(simulatedAccount, region)[0].ID + "," + region + ",sharded\n"
			}
			if err := os.WriteFile(filepath.Join(folder, "nightly.csv"), []byte(manifest), 0o600); err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				cmd := commands(t, i)
				for n, word := range cmd.Args {
					cmd.Args[n] = strings.NewReplacer("/etc/imgrename/", folder+"/", "/shared/imgrename/", folder+"/").Replace(word)
				}
				cmd.Env = append(append(environment(web.URL, folder), "ALIBABA_CLOUD_ACCESS_KEY_ID=key"), cmd.Env...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", cmd.Args, err, out)
				}
			}
			for _, region := range regions {
				if image := server.Images(simulatedAccount, region)[0]; image.Name != "sharded" {
					t.Errorf("%s: %s", region, image.Name)
				}
			}
		})
	}
}

func recipe(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/recipes/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
