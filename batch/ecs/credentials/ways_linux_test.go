package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// elsewhere sends requests for any host to a world, but for those that dead
// reports. It notes the hosts.
func (w *world) elsewhere(dead func(host string) bool, hosts *[]string) *http.Client {
	below := &http.Transport{DisableKeepAlives: true}
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		*hosts = append(*hosts, r.URL.Scheme+"://"+r.URL.Host)
		if dead != nil && dead(r.URL.Host) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}
		}
		changed := r.Clone(r.Context())
		changed.Host, changed.URL.Scheme, changed.URL.Host = r.URL.Host, "http", w.endpoint().Host
		return below.RoundTrip(changed)
	})}
}

const roleConfig = `{"current":"p","profiles":[{"name":"p","mode":"RamRoleArn",` + configKeys + `,` + aRole + `EXTRA}]}`

// Calls to STS go where the flags and the profile say.
func TestWhereSTSIs(t *testing.T) {
	endpoint := ecs.Endpoint{Scheme: "http", Host: "127.0.0.1:8443"}
	for _, tt := range []struct {
		name   string
		extra  string // of the profile
		env    map[string]string
		change func(*Options)
		want   []string
	}{
		{"nothing says where", "", nil, nil, []string{"https://sts.aliyuncs.com"}},
		{"the endpoint wins", `,"sts_endpoint":"sts.example","sts_region":"cn-beijing"`, nil, func(o *Options) { o.Endpoint, o.Network = endpoint, ecs.VPC }, []string{"http://127.0.0.1:8443"}},
		{"the profile's endpoint", `,"sts_endpoint":"sts.example","sts_region":"cn-beijing"`, nil, nil, []string{"https://sts.example"}},
		{"the profile's region", `,"sts_region":"cn-beijing"`, variables("ALIBABA_CLOUD_STS_REGION", "cn-shanghai"), func(o *Options) { o.Regions = []string{"cn-hangzhou"} }, []string{"https://sts.cn-beijing.aliyuncs.com"}},
		{"the environment's region", "", variables("ALIBABA_CLOUD_STS_REGION", "cn-shanghai"), nil, []string{"https://sts.cn-shanghai.aliyuncs.com"}},
		{"the profile's region in a VPC", `,"sts_region":"cn-beijing"`, nil, func(o *Options) { o.Network = ecs.VPC }, []string{"https://sts-vpc.cn-beijing.aliyuncs.com"}},
		{"a profile for a VPC", `,"sts_region":"cn-beijing","enable_vpc":true`, nil, nil, []string{"https://sts-vpc.cn-beijing.aliyuncs.com"}},
		{"an environment for a VPC", `,"sts_region":"cn-beijing"`, variables("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true"), nil, []string{"https://sts-vpc.cn-beijing.aliyuncs.com"}},
		{"the rows' regions, in a VPC", "", nil, func(o *Options) { o.Network, o.Regions = ecs.VPC, []string{"cn-beijing", "cn-shanghai"} }, []string{"https://sts-vpc.cn-beijing.aliyuncs.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := setting{env: tt.env, config: strings.Replace(roleConfig, "EXTRA", tt.extra, 1)}.options(t, w)
			var hosts []string
			o.HTTP, o.Endpoint = w.elsewhere(nil, &hosts), ecs.Endpoint{}
			if tt.change != nil {
				tt.change(&o)
			}
			if _, err := Find(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, hosts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// No text becomes a host that it does not look like.
func TestSTSHostsThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		extra string
		env   map[string]string
		vpc   bool
		want  string
	}{
		{`,"sts_region":"x@127.0.0.1:8443/#"`, nil, false, `sts_region: "x@127.0.0.1:8443/#" is not a region id`},
		{`,"sts_region":"evil.example/"`, nil, false, `sts_region: evil.example/ is not a region id`},
		{"", variables("ALIBABA_CLOUD_STS_REGION", "x/#"), false, `ALIBABA_CLOUD_STS_REGION: "x/#" is not a region id`},
		{`,"sts_endpoint":"http://evil.example"`, nil, false, `sts_endpoint: "http://evil.example": plain http is only for loopback; use https`},
		{`,"sts_endpoint":"https://user:hush@sts.example"`, nil, false, `sts_endpoint: an endpoint must have no user and password`},
		{"", nil, true, "no region to reach STS in from inside a VPC"},
	} {
		w := start(t)
		o := setting{env: tt.env, config: strings.Replace(roleConfig, "EXTRA", tt.extra, 1)}.options(t, w)
		o.Endpoint = ecs.Endpoint{}
		if tt.vpc {
			o.Network = ecs.VPC
		}
		_, err := Find(t.Context(), o)
		if err == nil || err.Error() != theProfile+": "+tt.want {
			t.Errorf("error = %v, want %s", err, tt.want)
		}
		if len(w.asked()) > 0 {
			t.Errorf("%s: asked %v", tt.extra, w.asked())
		}
	}
}

// A host of STS that cannot be reached does not decide for the others.
func TestAnSTSHostThatIsAway(t *testing.T) {
	config := strings.Replace(roleConfig, "EXTRA", "", 1)
	for _, tt := range []struct {
		name  string
		dead  string
		hosts []string
	}{
		{"the central one", "sts.aliyuncs.com", []string{"https://sts.aliyuncs.com", "https://sts.cn-beijing.aliyuncs.com"}},
		{"the first region's too", "sts.aliyuncs.com sts.cn-beijing.aliyuncs.com", []string{"https://sts.aliyuncs.com", "https://sts.cn-beijing.aliyuncs.com", "https://sts.cn-hangzhou.aliyuncs.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := setting{config: config}.options(t, w)
			var hosts []string
			dead := strings.Fields(tt.dead)
			o.HTTP, o.Endpoint = w.elsewhere(func(host string) bool { return slices.Contains(dead, host) }, &hosts), ecs.Endpoint{}
			o.Regions = []string{"cn-beijing", "cn-beijing", "cn-hangzhou"}
			if _, err := Find(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.hosts, hosts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	w := start(t)
	o := setting{config: config}.options(t, w)
	var hosts []string
	o.HTTP, o.Endpoint = w.elsewhere(func(string) bool { return true }, &hosts), ecs.Endpoint{}
	_, err := Find(t.Context(), o)
	if want := theProfile + ": sts.aliyuncs.com: dial tcp: no route to host"; err == nil || err.Error() != want || !errors.Is(err, ecs.ErrUnreachable) {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// What is local to a network segment means nothing to a proxy.
func TestLinkLocalIsNeverAskedThroughAProxy(t *testing.T) {
	for host, local := range map[string]bool{
		"100.100.100.200": true, "169.254.169.254": true, "[fe80::1%25eth0]:80": true, "169.254.1.2:8080": true, "[::ffff:100.100.100.200]": true,
		"100.100.100.201": false, "10.0.0.1": false, "sts.aliyuncs.com": false, "127.0.0.1": false,
	} {
		var used string
		f := newFinder(Options{})
		way := func(name string) *http.Client {
			return &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				used = name
				return nil, errors.New("enough")
			})}
		}
		direct, ok := f.direct.Transport.(*http.Transport)
		if !ok || direct.Proxy != nil {
			t.Fatal("the direct way has a proxy")
		}
		f.proxied, f.direct = way("proxied"), way("direct")
		request, err := http.NewRequest(http.MethodGet, "http://"+host+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.do(t.Context(), request)
		if (used == "direct") != local {
			t.Errorf("%s: %s", host, used)
		}
	}
}

// Without a client of the caller's, the proxy of the environment is for the
// others only.
func TestTheOwnClient(t *testing.T) {
	f := newFinder(Options{})
	own, ok := f.proxied.Transport.(*http.Transport)
	if !ok || own.Proxy == nil || !own.DisableKeepAlives {
		t.Error("the own client has no proxy, or keeps connections open")
	}
}

func TestAnswersThatAreStrange(t *testing.T) {
	const uri = "the environment (ALIBABA_CLOUD_CREDENTIALS_URI): "
	for _, tt := range []struct {
		name, want string
		answer     http.HandlerFunc
	}{
		{"a redirect", "HOST: HTTP status 302", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/hush", http.StatusFound) }},
		{"a page", "HOST: the answer is not the JSON of keys", says("<html>hush")},
		{"no token", "HOST: it gave no keys", says(`{"AccessKeyId":"a","AccessKeySecret":"hush"}`)},
		{"no secret", "HOST: AccessKeySecret is empty", says(`{"AccessKeyId":"a","SecurityToken":"hush"}`)},
		{"a failure", "HOST: it gave no keys: NoSuchRole", says(`{"Code":"NoSuchRole","Message":"hush"}`)},
		{"a failure that quotes", "HOST: it gave no keys: an unknown code", says(`{"Code":"the secret is hush"}`)},
		{"a time that is none", "HOST: Expiration is not a time", says(`{"AccessKeyId":"a","AccessKeySecret":"hush","SecurityToken":"hush","Expiration":"hush"}`)},
		{"a secret with a newline", "HOST: AccessKeySecret ends with a newline", says(`{"AccessKeyId":"a","AccessKeySecret":"hush\n","SecurityToken":"hush"}`)},
		{"cut off", "HOST: not reachable", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"too long", "HOST: the answer is too long", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxAnswer+1)) }},
		{"never", "HOST: no answer in time", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := setting{env: variables("ALIBABA_CLOUD_CREDENTIALS_URI", "WORLD/uri")}.options(t, w)
			w.at.Config.Handler, w.at.Config.ErrorLog, o.Timeout = tt.answer, quiet(), 300*time.Millisecond
			_, err := Find(t.Context(), o)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), w.endpoint().Host, "HOST"); got != uri+tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// What STS says is shown as far as it looks like a code.
func TestAnswersOfSTSThatAreStrange(t *testing.T) {
	const refused = "STS refused AssumeRole for acs:ram::1000000000000002:role/r: "
	for _, tt := range []struct{ name, answer, want string }{
		{"a code that quotes", `{"RequestId":"hush hush","Code":"the secret is hush","Message":"hush"}`, refused + "an unknown code"},
		{"a page", "<html>hush", "HOST: HTTP status 200, and the answer is not that of STS"},
		{"no keys", `{"RequestId":"r"}`, "HOST: HTTP status 200, and the answer is not that of STS"},
		{"no token", `{"Credentials":{"AccessKeyId":"a","AccessKeySecret":"hush"}}`, "HOST: it gave no keys"},
		{"a refusal for the rate", `{"RequestId":"r","Code":"Throttling.User","Message":"hush"}`, refused + "Throttling.User (request r)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			o := setting{config: strings.Replace(roleConfig, "EXTRA", "", 1)}.options(t, w)
			w.at.Config.Handler = says(tt.answer)
			_, err := Find(t.Context(), o)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), w.endpoint().Host, "HOST"); got != theProfile+": "+tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// A host whose clock is wrong assumes a role by the server's.
func TestARoleWithAWrongClock(t *testing.T) {
	w := start(t)
	sim, err := ecssim.New(ecssim.Config{ClockSkew: time.Hour, Accounts: []ecssim.Account{{
		ID: ofConfig, Keys: []ecssim.Key{{AccessKeyID: "config-id", Secret: "config-hush"}}, Regions: ecssim.Generate(1, "cn-hangzhou"),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.sim = sim
	if _, err := Find(t.Context(), setting{config: strings.Replace(roleConfig, "EXTRA", "", 1)}.options(t, w)); err != nil {
		t.Error(err)
	}
	if n := w.count("AssumeRole"); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// A role over a process whose keys were withdrawn runs it once more.
func TestARoleOverKeysThatWereReplaced(t *testing.T) {
	w := start(t)
	s := setting{
		config: strings.Replace(chain(`"mode":"External","process_command":"/bin/sh HOME/run"`), ofConfig, ofProcess, 1),
		files:  map[string]string{"run": "echo >>HOME/ran; cat HOME/output", "output": `{"access_key_id":"old-id","access_key_secret":"old-hush"}`},
	}
	o := s.options(t, w)
	if _, err := Find(t.Context(), o); err == nil || !strings.Contains(err.Error(), "InvalidAccessKeyId.NotFound") {
		t.Errorf("error = %v", err)
	}
	script := "echo >>HOME/ran; if [ $(wc -l <HOME/ran) -gt 1 ]; then cat HOME/output; else echo '{\"access_key_id\":\"old-id\",\"access_key_secret\":\"old-hush\"}'; fi"
	s.files = map[string]string{"run": script, "output": "{" + processKeys + "}"}
	o = s.options(t, w)
	source, err := Find(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the session is replaced, the keys below it are not
		got, err := source.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		source.Expire(got)
	}
	if n := lines(t, filepath.Join(o.Home, "ran")); n != 2 {
		t.Errorf("the process was run %d times, want 2", n)
	}
}

func lines(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}

func TestAProcessIsRunOnce(t *testing.T) {
	w := start(t)
	o := setting{
		config: one(`"mode":"External","process_command":"/bin/sh HOME/run"`),
		files:  map[string]string{"run": "echo >>HOME/ran; echo '{" + processKeys + "}'"},
	}.options(t, w)
	source, err := Find(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	client := ecs.NewClient("cn-hangzhou", ecs.Config{Credentials: source, HTTP: o.HTTP, Endpoint: o.Endpoint})
	for range 20 {
		if who, err := client.CallerIdentity(t.Context()); err != nil || who.AccountID != ofProcess {
			t.Errorf("%v, %v", who, err)
		}
	}
	if n := lines(t, filepath.Join(o.Home, "ran")); n != 1 {
		t.Errorf("the process was run %d times, want 1", n)
	}
	got, _ := source.Credentials(t.Context())
	source.Expire(got)
	if _, err := source.Credentials(t.Context()); err != nil {
		t.Error(err)
	}
	if n := lines(t, filepath.Join(o.Home, "ran")); n != 2 {
		t.Errorf("after a refusal the process was run %d times, want 2", n)
	}
}

// A process may leave somebody behind, such as an agent, who keeps its output
// open.
func TestAProcessThatLeavesAnAgent(t *testing.T) {
	w := start(t)
	o := setting{
		config: one(`"mode":"External","process_command":"/bin/sh HOME/run"`),
		files:  map[string]string{"run": "sleep 3 & echo '{" + processKeys + "}'"},
	}.options(t, w)
	begun := time.Now()
	if _, account, err := identify(t.Context(), o); err != nil || account != ofProcess || time.Since(begun) > 2*time.Second {
		t.Errorf("%s, %v after %s", account, err, time.Since(begun))
	}
}

// A process ends with the context or at the limit, with all that it started.
func TestAProcessThatHangs(t *testing.T) {
	for name, script := range map[string]string{
		"itself":                        "echo $$ >>HOME/pids; exec sleep 1000",
		"with children":                 "echo $$ >>HOME/pids; sleep 1000 & echo $! >>HOME/pids; (sleep 1000; true) & echo $! >>HOME/pids; wait",
		"and does not listen":           "trap '' TERM INT HUP; echo $$ >>HOME/pids; while :; do sleep 1; done",
		"in a child that outlives it":   "sleep 1000 & echo $! >>HOME/pids; echo $$ >>HOME/pids",
		"after it has printed its keys": "echo '{" + processKeys + "}'; echo $$ >>HOME/pids; exec sleep 1000",
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			o := setting{config: one(`"mode":"External","process_command":"/bin/sh HOME/run"`), files: map[string]string{"run": script}}.options(t, w)
			gone := errors.New("stopped")
			ctx, cancel := context.WithCancelCause(t.Context())
			var stopped time.Time
			timer := time.AfterFunc(300*time.Millisecond, func() { stopped = time.Now(); cancel(gone) })
			defer timer.Stop()
			_, err := Find(ctx, o)
			if took := time.Since(stopped); took > time.Second {
				t.Errorf("it took %s", took)
			}
			if !errors.Is(err, gone) {
				t.Errorf("error = %v", err)
			}
			nobodyIsLeft(t, filepath.Join(o.Home, "pids"))

			o.Limit = 300 * time.Millisecond
			begun := time.Now()
			_, err = Find(context.WithoutCancel(t.Context()), o)
			if took := time.Since(begun); took > 1500*time.Millisecond {
				t.Errorf("the limit took %s", took)
			}
			if want := theProfile + ": no answer within 300ms"; err == nil || err.Error() != want {
				t.Errorf("error = %v, want %s", err, want)
			}
			nobodyIsLeft(t, filepath.Join(o.Home, "pids"))
		})
	}
}

// A process does not outlive a program that is killed.
func TestAProcessOfAKilledProgram(t *testing.T) {
	w := start(t)
	o := setting{
		config: one(`"mode":"External","process_command":"/bin/sh HOME/run"`),
		files:  map[string]string{"run": "echo $$ >>HOME/pids; exec sleep 1000"},
	}.options(t, w)
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), "CREDENTIALS_HANG="+o.Home)
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	pids := filepath.Join(o.Home, "pids")
	for range 500 {
		if text, err := os.ReadFile(pids); err == nil && len(text) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := program.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = program.Wait()
	nobodyIsLeft(t, pids)
}

func TestQuoted(t *testing.T) {
	for name, want := range map[string]string{"prod": "prod", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "\x1b[31m": `"\x1b[31m"`, "\u202e": `"\u202e"`, "": `''`} {
		if got := quoted(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// nobodyIsLeft expects the processes whose ids are in a file to have ended.
func nobodyIsLeft(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for pid := range strings.FieldsSeq(string(text)) {
		for range 50 {
			status, err := os.ReadFile("/proc/" + pid + "/stat")
			if err != nil || strings.Contains(string(status), ") Z ") {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if status, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil && !strings.Contains(string(status), ") Z ") {
			t.Errorf("process %s is left", pid)
		}
	}
}

// STS that hangs ends with the context, and with the limit.
func TestAHostThatHangs(t *testing.T) {
	w := start(t)
	o := setting{config: strings.Replace(roleConfig, "EXTRA", "", 1)}.options(t, w)
	w.at.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := Find(ctx, o); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	o.Limit = 200 * time.Millisecond
	begun = time.Now()
	if _, err := Find(t.Context(), o); !errors.Is(err, ecs.ErrUnreachable) || time.Since(begun) > time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
}

// Making another profile current does not move a run to another account, nor
// does a profile that becomes another's; a session that is renewed is used.
func TestAProfileThatChanges(t *testing.T) {
	w := start(t)
	profile := func(mode, more string) string { return one(fmt.Sprintf(`"mode":%q,%s`, mode, more)) }
	for _, tt := range []struct{ name, before, after, want string }{
		{"a session that was renewed", profile("StsToken", stored("config-session", "0")), profile("StsToken", strings.ReplaceAll(stored("config-session", "0"), "config-session-id", "next-id")), "next-id"},
		{"another current profile", profile("StsToken", stored("config-session", "0")), strings.Replace(profile("StsToken", stored("config-session", "0")), `"current":"p"`, `"current":"q"`, 1), "config-session-id"},
		{"another mode", profile("StsToken", stored("config-session", "0")), profile("AK", configKeys), theProfile + ": the profile has been changed since this run began"},
		{"another account", sso(ssoToken(later), stored("sso-cached", later)), strings.Replace(sso(ssoToken(later), stored("sso-cached", later)), ofCloudSSO, ofURI, 1), theProfile + ": the profile has been changed since this run began"},
		{"no profile", profile("AK", configKeys), `{"profiles":[]}`, theProfile + ": the profile is no longer there"},
		{"a broken file", profile("AK", configKeys), `{`, theProfile + ": not valid JSON"},
		{"no file", profile("AK", configKeys), "", theProfile + ": no such file"},
		{"CloudSSO, the cached session refused", sso(ssoToken(later), stored("sso-cached", later)), sso(ssoToken(later), stored("sso-cached", later)), "sso-id"},
		{"OAuth, the cached session refused", oauth(oauthToken(later), stored("oauth-cached", later)), oauth(oauthToken(later), stored("oauth-cached", later)), "oauth-id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := setting{config: tt.before}.options(t, w)
			source, err := Find(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			old, _ := source.Credentials(t.Context())
			file := filepath.Join(o.Home, ".aliyun", "config.json")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(tt.after, "WORLD", w.at.URL)), 0o600); err != nil {
				t.Fatal(err)
			}
			if tt.after == "" {
				_ = os.Remove(file)
			}
			source.Expire(old)
			got, err := source.Credentials(t.Context())
			if text := got.AccessKeyID; err == nil && text != tt.want || err != nil && err.Error() != tt.want {
				t.Errorf("%s, %v; want %s", text, err, tt.want)
			}
		})
	}
}

// A cached session is used while the sign-in host is away, until it is over.
func TestACachedSessionWhileTheHostIsAway(t *testing.T) {
	soon := fmt.Sprint(time.Now().Add(2 * time.Minute).Unix()) // to be renewed
	for path, config := range map[string]string{
		"/cloud-credentials": sso(ssoToken(later), stored("sso-cached", soon)),
		"/v1/exchange":       oauth(oauthToken(later), stored("oauth-cached", soon)),
	} {
		w := start(t)
		w.down[path] = true
		source, err := Find(t.Context(), setting{config: config}.options(t, w))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := source.Credentials(t.Context()); !strings.Contains(got.AccessKeyID, "-cached-") || w.count(path) != 1 {
			t.Errorf("%s: %s, asked %d times", path, got.AccessKeyID, w.count(path))
		}
	}
}

// Hosts of CloudSSO give keys in two forms.
func TestAnOlderHostOfCloudSSO(t *testing.T) {
	w := start(t)
	o := setting{config: sso(ssoToken(later))}.options(t, w)
	inner := w.at.Config.Handler
	w.at.Config.Handler = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cloud-credentials" {
			give(out, "sso", "")
			return
		}
		inner.ServeHTTP(out, r)
	})
	if _, account, err := identify(t.Context(), o); err != nil || account != ofCloudSSO {
		t.Errorf("%s, %v", account, err)
	}
}

// A cached session that lasts is used without asking anybody.
func TestACachedSessionThatLasts(t *testing.T) {
	for _, config := range []string{sso(ssoToken(later), stored("sso-cached", later)), oauth(oauthToken(later), stored("oauth-cached", later))} {
		w := start(t)
		if _, err := Find(t.Context(), setting{config: config}.options(t, w)); err != nil || len(w.asked()) > 0 {
			t.Errorf("%v, asked %v", err, w.asked())
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	w := start(t)
	t.Run("a folder", func(t *testing.T) {
		o := setting{}.options(t, w)
		if err := os.MkdirAll(filepath.Join(o.Home, ".aliyun", "config.json"), 0o700); err != nil {
			t.Fatal(err)
		}
		wantError(t, o, "~/.aliyun/config.json: it is not a regular file")
	})
	t.Run("no permission", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may read everything")
		}
		o := setting{config: aConfig}.options(t, w)
		if err := os.Chmod(filepath.Join(o.Home, ".aliyun", "config.json"), 0); err != nil {
			t.Fatal(err)
		}
		wantError(t, o, "~/.aliyun/config.json: it cannot be read: permission denied")
	})
	t.Run("a pipe", func(t *testing.T) {
		o := setting{env: variables("ALIBABA_CLOUD_CONFIG_FILE", "HOME/pipe")}.options(t, w)
		if err := syscall.Mkfifo(filepath.Join(o.Home, "pipe"), 0o600); err != nil {
			t.Fatal(err)
		}
		wantError(t, o, "~/pipe: it is not a regular file")
	})
	t.Run("too large", func(t *testing.T) {
		wantError(t, setting{config: strings.Repeat(" ", maxAnswer+1)}.options(t, w), "~/.aliyun/config.json: it is larger than 1048576 bytes")
	})
}

func wantError(t *testing.T, o Options, want string) {
	t.Helper()
	if _, err := Find(t.Context(), o); err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// Whatever a file holds, it is read or refused, and shows no secret.
func FuzzFiles(f *testing.F) {
	for _, text := range []string{
		aConfig, anINI, "{}", "null", `{"current":"p","profiles":[null,{"name":"p"}]}`, "[a]\nb=c\n[a", "\ufeff[default]\ntype=x",
		one(`"mode":"RamRoleArn",` + stored("a", "1") + "," + aRole), chain(`"mode":"CloudSSO"`), sso(ssoToken(later)), oauth(oauthToken(earlier)),
		one(`"mode":"External","process_command":"/bin/true \"a"`), one(`"mode":"CredentialsURI","credentials_uri":"http://%zz"`),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, parse := range []func([]byte) (profiles, error){parseConfig, parseINI} {
			list, err := parse(text)
			if _, ok := asRefusal(err); err != nil && !ok {
				t.Errorf("%T", err)
			}
			for _, p := range list.List {
				from, err := newFinder(Options{}).fetchOf(book{}, list, p, nil)
				if _, ok := asRefusal(err); (err == nil) == (from == nil) || err != nil && !ok {
					t.Errorf("%v, %T", from == nil, err)
				}
				if err == nil || len(p.Secret) < 8 || strings.Contains(p.Name+p.Mode+p.Source, p.Secret) {
					continue
				}
				if strings.Contains(err.Error(), p.Secret) && !strings.Contains("access_key_secret is empty sts_token ram_role_arn", p.Secret) {
					t.Errorf("%v shows a secret", err)
				}
			}
		}
	})
}
