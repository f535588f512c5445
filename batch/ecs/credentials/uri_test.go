package credentials_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
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

// Who waits for somebody else's refresh may give up.
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
