package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// Each change says of which run it is, so that an audit trail can be asked for it.
func TestCallsNameTheirRun(t *testing.T) {
	server, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
		ID: simulatedAccount, Regions: ecssim.Generate(2, "cn-hangzhou"), Keys: []ecssim.Key{{AccessKeyID: "simulator", Secret: "simulator"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	agents := make(map[string][]string) // by action
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.Header.Get("X-Acs-Action")
		mu.Lock()
		agents[action] = append(agents[action], r.UserAgent())
		mu.Unlock()
		server.ServeHTTP(w, r)
	}))
	defer web.Close()
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "simulator")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "simulator")
	folder := t.TempDir()
	names := filepath.Join(folder, "names.csv")
	rows := "image_id,region_id,image_name\nm-c13a3821000000000001,cn-hangzhou,web\nm-c13a3821000000000002,cn-hangzhou,db\n"
	if err := os.WriteFile(names, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	code := run(context.Background(), []string{
		"apply", names, "--yes", "--rate", "1000", "--endpoint", web.URL, "--state-dir", filepath.Join(folder, "state"),
	}, streams{out: &sink{w: &out}, err: &sink{w: &said}})
	id := regexp.MustCompile(`run (r-[0-9a-f-]+)`).FindStringSubmatch(out.String())
	if code != codeOK || id == nil {
		t.Fatalf("exit code %d: %s%s", code, out.String(), said.String())
	}
	if got := agents["ModifyImageAttribute"]; len(got) != 2 || got[0] != userAgent()+" run/"+id[1] || got[1] != got[0] {
		t.Errorf("changes by %q", got)
	}
	if got := agents["GetCallerIdentity"]; len(got) != 1 || got[0] != userAgent() {
		t.Errorf("before there is a run: %q", got)
	}
}
