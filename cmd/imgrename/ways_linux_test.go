package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const aProxy = "http://user:password-" + canary + "@proxy.example:3128"

func with(env map[string]string, pairs ...string) map[string]string {
	all := set(pairs...)
	maps.Copy(all, env)
	return all
}

// ended expects a command to succeed.
func (st *stage) ended(args ...string) end {
	st.t.Helper()
	e := st.run(args...)
	if e.Code != codeOK || e.Stderr != "" {
		st.t.Errorf("%q: exit code %d\n%s", args, e.Code, e.Stderr)
	}
	return e
}

func (st *stage) asked(what func(visit) bool) bool {
	_, visits := st.seen()
	return slices.ContainsFunc(visits, what)
}

// The cloud is asked through the proxy, but never the metadata service.
func testProxy(t *testing.T, w *world) {
	proxies := set("HTTP_PROXY", aProxy, "HTTPS_PROXY", aProxy, "http_proxy", aProxy, "https_proxy", aProxy)
	for _, tt := range []struct {
		name    string
		setting setting
		account string
		through []string
	}{
		{"the instance's role", setting{}, ofInstance, nil},
		{"EcsRamRole", setting{config: one(`"mode":"EcsRamRole"`)}, ofInstance, nil},
		{"RamRoleArnWithRoleName", setting{config: one(`"mode":"RamRoleArnWithRoleName","ram_role_name":"the-role",` + aRole(ofInstance))}, ofInstance, []string{"sts.aliyuncs.com:443"}},
		{"a credentials URI", setting{env: set(official+"CREDENTIALS_URI", theURI)}, ofURI, []string{"uri.example"}},
		{"CloudSSO", setting{config: cloudSSO("signin-x.alibabacloudsso.com", later)}, ofCloudSSO, []string{"signin-x.alibabacloudsso.com:443"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.setting.env = with(tt.setting.env, pairs(proxies)...)
			st := w.set(t, tt.setting)
			st.ended("apply", "names.csv", "--yes")
			if got := st.renamed(); !slices.Equal(got, []string{tt.account}) {
				t.Errorf("the image of %v was renamed, want %s", got, tt.account)
			}
			st.onlyBy(tt.account, tt.account == ofInstance)
			if st.asked(func(v visit) bool { return v.at == "proxy" && v.host == metadataAddress }) {
				t.Error("the proxy was asked for metadata")
			}
			for _, host := range append(tt.through, "ecs-cn-hangzhou.aliyuncs.com:443", "sts.cn-hangzhou.aliyuncs.com:443") {
				if !st.asked(func(v visit) bool { return v.at == "proxy" && v.host == host }) {
					t.Errorf("the proxy was not asked for %s", host)
				}
			}
		})
	}
}

func pairs(env map[string]string) (flat []string) {
	for name, value := range env {
		flat = append(flat, name, value)
	}
	return flat
}

// A proxy that net/http would pass over in silence is a usage error, and nothing
// is sent.
func testBrokenProxy(t *testing.T, w *world) {
	for _, tt := range []struct {
		name     string
		variable string
		value    string
		want     string
	}{
		{"a blank", "HTTPS_PROXY", aProxy + " ", "HTTPS_PROXY: character ' ' at position 47"},
		{"a newline", "https_proxy", aProxy + "\n", `https_proxy: character '\n' at position 47`},
		{"for http", "HTTP_PROXY", aProxy + "\t", `HTTP_PROXY: character '\t' at position 47`},
	} {
		for _, args := range [][]string{
			{"plan", "names.csv"},
			{"apply", "names.csv", "--yes"},
			{"apply", "names.csv", "--yes", "--endpoint", "https://sts.aliyuncs.com"},
			{"export", "--region", "cn-hangzhou"},
		} {
			t.Run(tt.name+", "+strings.Join(args, " "), func(t *testing.T) {
				st := w.set(t, setting{env: set(official+"CREDENTIALS_URI", theURI, tt.variable, tt.value)})
				st.refused(codeUsage, tt.want, "", args...)
				if _, visits := st.seen(); len(visits) > 0 {
					t.Errorf("asked %v", visits)
				}
			})
		}
	}
}

// All calls of a rehearsal go to its endpoint, those for a role too.
func testEndpoint(t *testing.T, w *world) {
	for name, config := range map[string]string{
		"RamRoleArn":                        one(`"mode":"RamRoleArn",` + stored("config") + "," + aRole(ofConfig)),
		"RamRoleArn with an STS of its own": one(`"mode":"RamRoleArn","sts_endpoint":"sts.aliyuncs.com","sts_region":"cn-shanghai",` + stored("config") + "," + aRole(ofConfig)),
		"a chain":                           chain(ofConfig, `"mode":"RamRoleArn","sts_region":"cn-shanghai",`+stored("config")+","+aRole(ofConfig)),
	} {
		t.Run(name, func(t *testing.T) {
			st := w.set(t, setting{config: config})
			st.ended("apply", "names.csv", "--yes", "--endpoint", "http://127.0.0.1:8080")
			if got := st.renamed(); !slices.Equal(got, []string{ofConfig}) {
				t.Errorf("the image of %v was renamed", got)
			}
			if st.asked(func(v visit) bool { return v.at != "loopback" }) || !st.asked(func(v visit) bool { return v.what == "AssumeRole" }) {
				_, visits := st.seen()
				t.Errorf("asked %v", visits)
			}
		})
	}
}

// Regions out of reach leave their own rows pending, in whatever order they come.
func testSilentRegions(t *testing.T, w *world) {
	good := imageID + ",cn-hangzhou,web\n"
	bad := "m-2ze00000000000000001,cn-beijing,web\n"
	var many string
	for i, region := range silentRegions {
		many += fmt.Sprintf("m-2ze0000000000000000%d,%s,web\n", i, region)
	}
	for name, rows := range map[string]string{
		"last": good + bad, "first": bad + good, "five before it": many + good,
	} {
		for mode, config := range map[string]string{
			"AK":         one(`"mode":"AK",` + stored("config")),
			"RamRoleArn": one(`"mode":"RamRoleArn",` + stored("config") + "," + aRole(ofConfig)),
		} {
			t.Run(name+", "+mode, func(t *testing.T) {
				st := w.set(t, setting{config: config, env: set("IMGRENAME_RETRIES", "2")})
				st.write(filepath.Join(st.work, "names.csv"), "image_id,region_id,image_name\n"+rows)
				e := st.run("apply", "names.csv", "--yes")
				pending := strings.Count(rows, "\n") - 1
				totals := fmt.Sprintf("%d rows: 1 applied, %d pending;", pending+1, pending)
				if e.Code != codePending || e.Stderr != "" || !strings.Contains(e.Stdout, totals) {
					t.Errorf("exit code %d, want %s\n%s%s", e.Code, totals, e.Stdout, e.Stderr)
				}
				if got := st.renamed(); !slices.Equal(got, []string{ofConfig}) {
					t.Errorf("the image of %v was renamed", got)
				}
			})
		}
	}
}

// A process that hangs ends with the program, which the first signal ends.
func testHangingProcess(t *testing.T, w *world) {
	s := process("")
	s.files = set("run", "echo line-"+canary+"; trap '' INT TERM HUP; sleep 1000 & touch WORK/ran; while :; do sleep 1; done")
	st := w.set(t, s)
	cmd := st.start("apply", "names.csv", "--yes")
	for range 500 {
		if _, err := os.Stat(filepath.Join(st.work, "ran")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if left := st.processes(); len(left) < 3 {
		t.Errorf("the process does not run: %q", left)
	}
	begun := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	st.want(st.wait(cmd), end{Code: codeUnreadable, Stderr: "imgrename: stopped by interrupt; nothing was done\n"})
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	if _, visits := st.seen(); len(visits) > 0 {
		t.Errorf("asked %v", visits)
	}
}

// A process whose keys do not say when they expire is run once, and not at all
// where that is switched off.
func testOneProcess(t *testing.T, w *world) {
	const rows = 20
	s := process("{" + stored("process") + "}")
	s.files["run"] = "echo >>WORK/ran; cat HOME/output"
	st := w.set(t, s)
	w.reset(t, rows)
	text := "image_id,region_id,image_name\n"
	sim, _ := st.seen()
	for i, image := range sim.Images(ofProcess, "cn-hangzhou") {
		text += fmt.Sprintf("%s,cn-hangzhou,web-%d\n", image.ID, i)
	}
	st.write(filepath.Join(st.work, "names.csv"), text)
	ran := filepath.Join(st.work, "ran")
	if e := st.ended("apply", "names.csv", "--yes"); !strings.Contains(e.Stdout, "20 rows: 20 applied;") {
		t.Errorf("%s", e.Stdout)
	}
	if text, err := os.ReadFile(ran); err != nil || string(text) != "\n" {
		t.Errorf("the process was run %d times, %v", len(text), err)
	}
	st.env = append(st.env, official+"DISABLE_EXTERNAL_PROCESS=1")
	if err := os.Remove(ran); err != nil {
		t.Fatal(err)
	}
	if e := st.run("plan", "names.csv"); e.Code != codeDenied {
		t.Errorf("exit code %d\n%s", e.Code, e.Stderr)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the process was run")
	}
}

// A configuration that cannot be written is used without a word: there was
// nothing to write.
func testReadOnly(t *testing.T, w *world) {
	for name, s := range map[string]setting{
		"OAuth":    {config: oauth("CN", later)},
		"CloudSSO": {config: cloudSSO("signin-x.alibabacloudsso.com", later)},
		"External": process(`{"mode":"AK",` + stored("process") + `}`),
	} {
		t.Run(name, func(t *testing.T) {
			st := w.set(t, s)
			folder := filepath.Join(st.home, ".aliyun")
			config, err := os.ReadFile(filepath.Join(folder, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("none", folder, "tmpfs", 0, ""); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
			st.write(filepath.Join(folder, "config.json"), string(config))
			if err := syscall.Mount("none", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "other"), nil, 0o600); err == nil {
				t.Fatal("the folder can be written")
			}
			st.before = st.contents()
			e := st.run("export", "--region", "cn-hangzhou")
			if e.Code != codeOK || !strings.HasPrefix(e.Stdout, "image_id,region_id,") || strings.Contains(e.Stderr, "arning") {
				t.Errorf("exit code %d\n%s%s", e.Code, e.Stdout, e.Stderr)
			}
			st.want(st.run("export", "-q", "--region", "cn-hangzhou", "-o", "out.csv"), end{})
		})
	}
}

// A container may share single files with its host: nothing can be renamed over
// them.
func testMounted(t *testing.T, w *world) {
	st := w.set(t, setting{env: variables(official, "env-session")})
	host := filepath.Join(t.TempDir(), "host")
	for _, name := range []string{"report.csv", "plan.json", "export.csv"} {
		path := filepath.Join(st.work, name)
		st.write(host, strings.Repeat("old ", 1000))
		st.write(path, "")
		if err := syscall.Mount(host, path, "", syscall.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
		args := map[string][]string{
			"report.csv": {"apply", "names.csv", "--yes", "--report", name},
			"plan.json":  {"plan", "names.csv", "-o", name},
			"export.csv": {"export", "--region", "cn-hangzhou", "-o", name},
		}[name]
		e := st.run(args...)
		if e.Code != codeOK || !strings.Contains(e.Stderr, "warning: "+name+" is a mount point and is written in place") {
			t.Errorf("%q: exit code %d\n%s", args, e.Code, e.Stderr)
		}
		if text, err := os.ReadFile(host); err != nil || len(text) == 0 || strings.Contains(string(text), "old ") {
			t.Errorf("%s: %.100q, %v", name, text, err)
		}
	}
}

// No value of a saved plan becomes a host, however right its checksum is.
func testForgedPlan(t *testing.T, w *world) {
	for _, region := range []string{"x@127.0.0.1:8443/#", "127.0.0.1:8443/", "x#.y", "CN-HANGZHOU", "uri.example/?", "x\u0000"} {
		t.Run(region, func(t *testing.T) {
			st := w.set(t, setting{env: variables(official, "env-session")})
			st.ended("plan", "names.csv", "-q", "-o", "plan.json")
			w.reset(t, 1)
			path := filepath.Join(st.work, "plan.json")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			forged, err := json.Marshal(region)
			if err != nil {
				t.Fatal(err)
			}
			body, _, _ := bytes.Cut(bytes.ReplaceAll(text, []byte(`"cn-hangzhou"`), forged), []byte(`"sum":`))
			if !bytes.Contains(body, forged) {
				t.Fatal("the plan names no region")
			}
			sum := sha256.Sum256(body)
			st.write(path, string(body)+`"sum":"sha256:`+hex.EncodeToString(sum[:])+"\"\n}\n")
			e := st.run("apply", "plan.json", "--yes")
			if e.Code != codeRefused || e.Stdout != "" || !strings.Contains(e.Stderr, "region_id") {
				t.Errorf("exit code %d\n%s%s", e.Code, e.Stdout, e.Stderr)
			}
			if _, visits := st.seen(); len(visits) > 0 {
				t.Errorf("asked %v", visits)
			}
		})
	}
}

// Two profiles of one account write their own rows, and the plan's head names
// both.
func testTwoProfiles(t *testing.T, w *world) {
	st := w.set(t, setting{config: `{"current":"p","profiles":[{"name":"p","mode":"AK",` + stored("config") + `},{"name":"q","mode":"StsToken",` + session("config-session", 0) + `}]}`})
	w.reset(t, 2)
	sim, _ := st.seen()
	images := sim.Images(ofConfig, "cn-hangzhou")
	st.write(filepath.Join(st.work, "names.csv"), "image_id,region_id,profile,image_name\n"+
		images[0].ID+",cn-hangzhou,p,web\n"+images[1].ID+",cn-hangzhou,q,web-2\n")
	if e := st.ended("plan", "names.csv"); !strings.HasPrefix(e.Stdout, "account "+ofConfig+": keys from profile p of ~/.aliyun/config.json\naccount "+ofConfig+": keys from profile q of ~/.aliyun/config.json\n") {
		t.Errorf("%s", e.Stdout)
	}
	st.ended("apply", "names.csv", "--yes")
	by := make(map[string]string)
	for _, call := range sim.History() {
		if call.Action == "ModifyImageAttribute" {
			by[call.Parameters["ImageId"]] = call.Key
		}
	}
	if by[images[0].ID] != "config-id" || by[images[1].ID] != "config-session-id" {
		t.Errorf("written by %v", by)
	}
}
