package ecs_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"imgrename/batch/ecs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const region = "cn-hangzhou"

// The secrets hold characters that queries encode.
const (
	testSecret = "Secret/Key+Hush=="
	testToken  = "CAIS/Token+Hush=="
)

func testKeys() ecs.Static {
	return ecs.Static{AccessKeyID: "LTAI5test", AccessKeySecret: ecs.NewSecret(testSecret), SecurityToken: ecs.NewSecret(testToken)}
}

// A roundTripper is a transport of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// answering is a client whose every call gets the same answer.
func answering(status int, body string) *ecs.Client {
	return ecs.NewClient(region, ecs.Config{
		Credentials: testKeys(),
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return answer(status, body), nil
		})},
	})
}

// dialling is a client that reaches the address over real connections, which
// are closed with the test.
func dialling(t testing.TB, address string, edit func(*ecs.Config)) *ecs.Client {
	t.Helper()
	endpoint, err := ecs.ParseEndpoint(address)
	if err != nil {
		t.Fatal(err)
	}
	c := ecs.Config{Credentials: testKeys(), Endpoint: endpoint, HTTP: ecs.NewHTTPClient(4)}
	if edit != nil {
		edit(&c)
	}
	t.Cleanup(c.HTTP.CloseIdleConnections)
	return ecs.NewClient(region, c)
}

func serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// modify makes a write with keys that are fetched for it.
func modify(ctx context.Context, c *ecs.Client, id string, set ecs.Attributes) (string, error) {
	keys, err := c.Credentials(ctx)
	if err != nil {
		return "", err
	}
	return c.ModifyImageAttribute(ctx, keys, id, set)
}

// rename makes a call that would change something.
func rename(t testing.TB, c *ecs.Client) error {
	t.Helper()
	_, err := modify(t.Context(), c, "m-1", ecs.Attributes{ImageName: "web"})
	return err
}
