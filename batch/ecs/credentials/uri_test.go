package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/ecs/ecssim"
)

// A keeper serves session credentials as a credentials URI does, new ones at
// each request.
type keeper struct {
	lifetime time.Duration
	served   atomic.Int64
	broken   atomic.Pointer[http.HandlerFunc] // answers instead
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := k.broken.Load(); h != nil {
		(*h)(w, r)
		return
	}
	n := k.served.Add(1)
	expires := time.Now().Add(k.lifetime).UTC().Format("2006-01-02T15:04:05Z")
	fmt.Fprintf(w, `{"AccessKeyId":"id-%d","AccessKeySecret":"hush-%d","SecurityToken":"token-hush-%d","Expiration":%q}`, n, n, n, expires)
}

// find makes the keeper the only place and resolves the default chain.
func (k *keeper) find(t *testing.T) *credentials.Source {
	t.Helper()
	s := httptest.NewServer(k)
	t.Cleanup(s.Close)
	setting{env: map[string]string{"ALIBABA_CLOUD_CREDENTIALS_URI": s.URL + "/?access=hush"}}.apply(t)
	source, err := credentials.Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func get(t *testing.T, s *credentials.Source) ecs.Credentials {
	t.Helper()
	got, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCredentialsAreKeptWhileTheyLast(t *testing.T) {
	k := &keeper{lifetime: time.Hour}
	source := k.find(t)
	for range 10 {
		if diff := cmp.Diff(keys{"id-1", "hush-1", "token-hush-1"}, plain(get(t, source))); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
	if n := k.served.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestCredentialsThatExpireSoonAreRefreshed(t *testing.T) {
	k := &keeper{lifetime: time.Minute}
	source := k.find(t)
	if diff := cmp.Diff(keys{"id-2", "hush-2", "token-hush-2"}, plain(get(t, source))); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

// A source stays with its place: when that fails, no other account is taken.
func TestARefreshThatFails(t *testing.T) {
	answering := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const refreshed = "the credentials could not be refreshed: "
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"a failure that quotes", answering(500, "your old secret was hush"), refreshed + "it gave no credentials"},
		{"not JSON", answering(200, "<html>hush"), refreshed + "it gave no credentials"},
		{"a field is missing", answering(200, `{"AccessKeyId":"a","AccessKeySecret":"hush"}`), refreshed + "it gave no credentials"},
		{"an empty secret", answering(200, `{"AccessKeyId":"a","AccessKeySecret":"","SecurityToken":"hush","Expiration":"2001-01-01T00:00:00Z"}`), refreshed + "the key id, the secret or another part is empty"},
		{"an expiry that is none", answering(200, `{"AccessKeyId":"a","AccessKeySecret":"hush","SecurityToken":"hush","Expiration":"hush"}`), refreshed + "it could not be used"},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, refreshed + "not reachable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := &keeper{lifetime: time.Minute}
			source := k.find(t)
			t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "other")
			t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "other-hush")
			k.broken.Store(&tt.answer)
			_, err := source.Credentials(t.Context())
			if err == nil || err.Error() != tt.want || ecs.Classify(err) != ecs.Unsent {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
			k.broken.Store(nil)
			if got := get(t, source); !strings.HasPrefix(got.AccessKeyID, "id-") {
				t.Errorf("afterwards: %s", got.AccessKeyID)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	const users, calls = 16, 20
	k := &keeper{lifetime: time.Minute} // so that each call refreshes
	source := k.find(t)
	var seen sync.Map
	var all sync.WaitGroup
	for range users {
		all.Go(func() {
			for range calls {
				got, err := source.Credentials(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				p := plain(got)
				if n := strings.TrimPrefix(p.ID, "id-"); p.Secret != "hush-"+n || p.Token != "token-hush-"+n {
					t.Errorf("mixed up: %+v", p)
				}
				seen.Store(p.ID, true)
			}
		})
	}
	all.Wait()
	different := 0
	for range seen.Range {
		different++
	}
	if different != users*calls {
		t.Errorf("%d different credentials in %d calls", different, users*calls)
	}
}

// A caller who waits for another's refresh may give up.
func TestWaitingEndsWithTheContext(t *testing.T) {
	k := &keeper{lifetime: time.Minute}
	source := k.find(t)
	asked, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		w.WriteHeader(500)
	})
	k.broken.Store(&slow)
	var first sync.WaitGroup
	first.Go(func() { _, _ = source.Credentials(t.Context()) })
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := source.Credentials(ctx); err != context.DeadlineExceeded {
		t.Errorf("error = %v", err)
	}
	close(release)
	first.Wait()
}

// However many workers report that their session has expired, the place is
// asked once more, even if the library thinks that the session lasts.
func TestASessionThatIsRefusedIsRenewedOnce(t *testing.T) {
	const workers = 16
	k := &keeper{lifetime: time.Hour}
	source := k.find(t)
	for session := range 3 {
		var told, all sync.WaitGroup
		told.Add(workers)
		for range workers {
			all.Go(func() {
				old := get(t, source)
				told.Done()
				told.Wait() // all have used the old one
				source.Expire(old)
				if got, want := get(t, source).AccessKeyID, fmt.Sprintf("id-%d", session+2); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				source.Expire(old) // somebody comes late
			})
		}
		all.Wait()
		if n := k.served.Load(); n != int64(session+2) {
			t.Fatalf("asked %d times, want %d", n, session+2)
		}
	}
}

// A late report about an older session does not revive the current one, which
// is over.
func TestASessionThatIsRefusedLate(t *testing.T) {
	source := (&keeper{lifetime: time.Hour}).find(t)
	first := get(t, source)
	source.Expire(first)
	source.Expire(get(t, source))
	source.Expire(first)
	if got := get(t, source).AccessKeyID; got != "id-3" {
		t.Errorf("got %s, want id-3", got)
	}
}

// The same with everything between: the API ends the session of workers.
func TestWorkersWhoseSessionEnds(t *testing.T) {
	const workers = 16
	k := &keeper{lifetime: time.Hour}
	source := k.find(t)
	key := func(n int) ecssim.Key {
		return ecssim.Key{AccessKeyID: fmt.Sprintf("id-%d", n), Secret: fmt.Sprintf("hush-%d", n), SecurityToken: fmt.Sprintf("token-hush-%d", n)}
	}
	first := key(1)
	first.Expires = time.Now().Add(-time.Second)
	server, err := ecssim.New(ecssim.Config{
		Accounts: []ecssim.Account{{Keys: []ecssim.Key{first, key(2)}, Regions: ecssim.Generate(1, "cn-hangzhou")}},
		Latency:  ecssim.Latency{Median: 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := ecs.NewClient("cn-hangzhou", ecs.Config{Credentials: source, HTTP: &http.Client{Transport: server}})
	var expired atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			_, err := client.DescribeImages(t.Context(), ecs.Query{})
			if ecs.Classify(err) == ecs.Expired {
				expired.Add(1)
				if strings.Contains(fmt.Sprintf("%+v", err), "hush") {
					t.Errorf("the error shows a secret: %v", err)
				}
				_, err = client.DescribeImages(t.Context(), ecs.Query{})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if expired.Load() == 0 || k.served.Load() != 2 {
		t.Errorf("%d calls refused, asked %d times, want some and 2", expired.Load(), k.served.Load())
	}
}

// A place that keeps giving what was refused is asked only once more.
func TestASessionThatCannotBeRenewed(t *testing.T) {
	k := &keeper{lifetime: time.Hour}
	source := k.find(t)
	same := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.served.Add(1)
		_, _ = io.WriteString(w, `{"AccessKeyId":"id-1","AccessKeySecret":"hush-1","SecurityToken":"token-hush-1","Expiration":"2099-01-01T00:00:00Z"}`)
	})
	k.broken.Store(&same)
	for range 5 {
		source.Expire(get(t, source))
	}
	if n := k.served.Load(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// A renewal that fails leaves no old session behind, and is tried again.
func TestARenewalThatFails(t *testing.T) {
	k := &keeper{lifetime: time.Hour}
	source := k.find(t)
	source.Expire(get(t, source))
	cut := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	k.broken.Store(&cut)
	for range 2 {
		_, err := source.Credentials(t.Context())
		if err == nil || err.Error() != "the credentials could not be refreshed: not reachable" || !errors.Is(err, ecs.ErrUnreachable) {
			t.Errorf("error = %v", err)
		}
	}
	k.broken.Store(nil)
	if got := get(t, source).AccessKeyID; got != "id-2" {
		t.Errorf("got %s", got)
	}
}

// Making another profile the current one does not move a run to another
// account.
func TestARenewalStaysWithItsProfile(t *testing.T) {
	profiles := func(current, token string) string {
		return fmt.Sprintf(`{"current":%q,"profiles":[
			{"name":"mine","mode":"StsToken","access_key_id":"mine-id","access_key_secret":"hush","sts_token":%q},
			{"name":"other","mode":"AK","access_key_id":"other-id","access_key_secret":"other-hush"}]}`, current, token)
	}
	home := setting{config: profiles("mine", "token-hush")}.apply(t)
	source, err := credentials.Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	source.Expire(get(t, source))
	write(t, filepath.Join(home, ".aliyun", "config.json"), profiles("other", "token-hush-2"))
	if diff := cmp.Diff(keys{"mine-id", "hush", "token-hush-2"}, plain(get(t, source))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
