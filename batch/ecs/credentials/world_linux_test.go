package credentials

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

func TestMain(m *testing.M) {
	if home := os.Getenv("CREDENTIALS_HANG"); home != "" {
		_, err := Find(context.Background(), Options{Home: home})
		log.Fatal(err)
	}
	goleak.VerifyTestMain(m)
}

// The accounts behind the places where keys can be.
const (
	ofEnvironment = "1000000000000001"
	ofConfig      = "1000000000000002"
	ofINI         = "1000000000000003"
	ofInstance    = "1000000000000004"
	ofURI         = "1000000000000005"
	ofOIDC        = "1000000000000006"
	ofCloudSSO    = "1000000000000007"
	ofOAuth       = "1000000000000008"
	ofProcess     = "1000000000000009"
)

// A world plays STS, the metadata service, sign-in hosts and credentials URIs.
// The simulator checks the signatures.
type world struct {
	sim *ecssim.Server
	at  *httptest.Server

	mu    sync.Mutex
	calls map[string]int  // by action or path
	down  map[string]bool // paths and actions that are out of order
}

// sessionOf is the session key that a place hands out.
func sessionOf(name string) ecssim.Key {
	return ecssim.Key{AccessKeyID: name + "-id", Secret: name + "-hush", SecurityToken: name + "-token-hush"}
}

func newWorld() (*world, error) {
	key := func(name string) ecssim.Key { return ecssim.Key{AccessKeyID: name + "-id", Secret: name + "-hush"} }
	account := func(id string, keys ...ecssim.Key) ecssim.Account {
		return ecssim.Account{ID: id, Keys: keys, Regions: ecssim.Generate(1, "cn-hangzhou")}
	}
	sim, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{
		account(ofEnvironment, key("env"), sessionOf("env-session")),
		account(ofConfig, key("config"), sessionOf("config-session")),
		account(ofINI, key("ini"), sessionOf("ini-session")),
		account(ofInstance, sessionOf("instance")),
		account(ofURI, sessionOf("uri")),
		account(ofOIDC, sessionOf("oidc")),
		account(ofCloudSSO, sessionOf("sso"), sessionOf("sso-cached")),
		account(ofOAuth, sessionOf("oauth"), sessionOf("oauth-cached")),
		account(ofProcess, key("process"), sessionOf("process-session")),
	}})
	return &world{sim: sim, calls: make(map[string]int), down: make(map[string]bool)}, err
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// start serves a world on loopback for a test.
func start(t *testing.T) *world {
	t.Helper()
	w, err := newWorld()
	if err != nil {
		t.Fatal(err)
	}
	w.at = httptest.NewServer(w)
	t.Cleanup(w.at.Close)
	return w
}

func (w *world) endpoint() ecs.Endpoint {
	return ecs.Endpoint{Scheme: "http", Host: strings.TrimPrefix(w.at.URL, "http://")}
}

// count returns how often an action or a path was asked for.
func (w *world) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[what]
}

func (w *world) asked() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls)
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	what := r.URL.Path
	if action := r.Header.Get("x-acs-action"); action != "" {
		what = action
	} else if action := r.URL.Query().Get("Action"); action != "" {
		what = action
	}
	w.mu.Lock()
	w.calls[what]++
	down := w.down[what]
	w.mu.Unlock()
	if down {
		out.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(out, "the secret was hush")
		return
	}
	bearer := r.Header.Get("Authorization")
	switch what {
	case "/latest/api/token":
		fmt.Fprint(out, "metadata-token-hush")
	case metadataPath:
		fmt.Fprint(out, "the-role\n")
	case metadataPath + "the-role", metadataPath + "other-role":
		if !w.down["/latest/api/token"] && r.Header.Get(metadataToken) != "metadata-token-hush" {
			out.WriteHeader(http.StatusForbidden)
			return
		}
		give(out, "instance", "")
	case "/uri":
		give(out, "uri", "")
	case "/cloud-credentials":
		if bearer != "Bearer access-hush" || !bodyHas(r, `"AccountId":"`+ofCloudSSO+`"`) {
			out.WriteHeader(http.StatusUnauthorized)
			return
		}
		give(out, "sso", "CloudCredential")
	case "/v1/exchange":
		if bearer != "Bearer access-hush" {
			out.WriteHeader(http.StatusUnauthorized)
			return
		}
		give(out, "oauth", "")
	case "AssumeRoleWithOIDC":
		if text, err := io.ReadAll(r.Body); err != nil || !formHas(text, "OIDCToken", "oidc-token-hush") || !formHas(text, "RoleArn", "acs:ram::"+ofOIDC+":role/r") {
			out.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(out, `{"RequestId":"r","Code":"AuthenticationFail.OIDCToken.Invalid","Message":"hush"}`)
			return
		}
		give(out, "oidc", "Credentials")
	default:
		if strings.HasPrefix(what, "/latest") || strings.HasPrefix(what, "/v1") {
			http.NotFound(out, r)
			return
		}
		w.sim.ServeHTTP(out, r)
	}
}

// give writes a session, below a name if there is one.
func give(out io.Writer, name, below string) {
	k := sessionOf(name)
	text := fmt.Sprintf(`{"Code":"Success","AccessKeyId":%q,"AccessKeySecret":%q,"SecurityToken":%q,"Expiration":%q}`,
		k.AccessKeyID, k.Secret, k.SecurityToken, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	if below != "" {
		text = fmt.Sprintf(`{"RequestId":"r",%q:%s}`, below, strings.Replace(text, `"Code":"Success",`, "", 1))
	}
	fmt.Fprint(out, text)
}

func bodyHas(r *http.Request, part string) bool {
	text, err := io.ReadAll(r.Body)
	return err == nil && bytes.Contains(text, []byte(part))
}

func formHas(body []byte, name, value string) bool {
	form, err := url.ParseQuery(string(body))
	return err == nil && form.Get(name) == value
}

// A setting is what the environment and the home folder hold. WORLD stands for
// the world's address, HOME for the folder.
type setting struct {
	env     map[string]string
	config  string            // ~/.aliyun/config.json
	ini     string            // ~/.alibabacloud/credentials
	files   map[string]string // others, by their path in the home folder
	profile string
}

// options writes the files of a setting and returns the options to find it.
func (s setting) options(t *testing.T, w *world) Options {
	t.Helper()
	home := t.TempDir()
	say := strings.NewReplacer("WORLD", w.at.URL, "HOME", home)
	files := maps.Clone(s.files)
	if files == nil {
		files = make(map[string]string)
	}
	files[".aliyun/config.json"], files[".alibabacloud/credentials"] = s.config, s.ini
	for name, text := range files {
		if text == "" {
			continue
		}
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(say.Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	carrier := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return Options{
		Profile: s.profile, Home: home, HTTP: carrier, Endpoint: w.endpoint(), Timeout: 5 * time.Second,
		Getenv:   func(name string) string { return say.Replace(s.env[name]) },
		metadata: w.at.URL,
		oauth:    func(string) ecs.Endpoint { return w.endpoint() },
	}
}

// contents returns every file below a folder, with its mode and time.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var text []byte
		if info.Mode().IsRegular() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		found[path] = fmt.Sprint(info.Mode(), info.ModTime(), string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// streams runs f while the descriptors 1 and 2 lead into files, and returns
// what was written there.
func streams(t *testing.T, f func()) string {
	t.Helper()
	var written string
	folder := t.TempDir()
	for fd := 1; fd <= 2; fd++ {
		before := f
		f = func() {
			file, err := os.Create(filepath.Join(folder, fmt.Sprint(fd)))
			if err != nil {
				t.Error(err)
				return
			}
			defer file.Close()
			old, err := syscall.Dup(fd)
			if err != nil {
				t.Error(err)
				return
			}
			defer syscall.Close(old)
			if err := syscall.Dup3(int(file.Fd()), fd, 0); err != nil {
				t.Error(err)
				return
			}
			before()
			if err := syscall.Dup3(old, fd, 0); err != nil {
				t.Error(err)
			}
			text, err := os.ReadFile(file.Name())
			if err != nil {
				t.Error(err)
			}
			written += string(text)
		}
	}
	f()
	return written
}
