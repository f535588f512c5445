package ecssim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/ecs/signature"
)

const (
	accountID = "1234567890123456"
	region    = "cn-hangzhou"
	keyID     = "simulator"
	secret    = "simulator"
)

// A client signs calls by V3 and sends them to a server in process. Its fields
// are what a test may want to get wrong.
type client struct {
	transport http.RoundTripper
	keyID     string
	secret    string
	token     string
	host      string
	version   string
	skew      time.Duration
	edit      func(*http.Request) // the last word on a request, after it was signed
}

func newClient(s http.RoundTripper) *client {
	return &client{transport: s, keyID: keyID, secret: secret, host: "ecs.cn-hangzhou.aliyuncs.com", version: "2014-05-26"}
}

var lastNonce atomic.Int64

// sign returns the signed request of a call.
func (c *client) sign(action string, parameters ...string) *http.Request {
	query := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		query.Add(parameters[i], parameters[i+1])
	}
	headers := []signature.Header{
		{Name: "host", Value: c.host},
		{Name: "x-acs-action", Value: action},
		{Name: "x-acs-version", Value: c.version},
		{Name: "x-acs-date", Value: time.Now().Add(c.skew).UTC().Format("2006-01-02T15:04:05Z")},
		{Name: "x-acs-signature-nonce", Value: fmt.Sprintf("nonce-%d", lastNonce.Add(1))},
		{Name: "x-acs-content-sha256", Value: signature.EmptyPayload},
	}
	if c.token != "" {
		headers = append(headers, signature.Header{Name: "x-acs-security-token", Value: c.token})
	}
	text := signature.CanonicalQuery(query)
	canonical, signed := signature.CanonicalRequest("POST", "/", text, headers, signature.EmptyPayload)
	r := &http.Request{
		Method: http.MethodPost, Host: c.host, Header: make(http.Header, 8),
		URL: &url.URL{Scheme: "https", Host: c.host, Path: "/", RawQuery: text},
	}
	for _, h := range headers[1:] {
		r.Header.Set(h.Name, h.Value)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", signature.AuthorizationV3(c.keyID, signed, signature.SignV3(c.secret, canonical)))
	return r
}

// A reply is an answer as the tests read it.
type reply struct {
	Status  int         `json:"-"`
	Header  http.Header `json:"-"`
	Raw     string      `json:"-"`
	Code    string
	Message string
	HostID  string `json:"HostId"`

	RequestID  string `json:"RequestId"`
	RegionID   string `json:"RegionId"`
	TotalCount int
	PageNumber int
	PageSize   int
	Images     struct{ Image []replyImage }
}

type replyImage struct {
	ImageID         string `json:"ImageId"`
	ImageName       string
	Description     string
	ImageFamily     string
	Status          string
	ImageOwnerAlias string
	IsSelfShared    string
	Features        struct{ NvmeSupport, ImdsSupport string }
	Tags            struct {
		Tag []struct{ TagKey, TagValue string }
	}
}

// names are the images' names in the order of the listing.
func (r reply) names() []string {
	var names []string
	for _, i := range r.Images.Image {
		names = append(names, i.ImageName)
	}
	return names
}

// send makes a call and returns the answer, or the transport's error.
func (c *client) send(action string, parameters ...string) (reply, error) {
	r := c.sign(action, parameters...)
	if c.edit != nil {
		c.edit(r)
	}
	return roundTrip(c.transport, r)
}

func roundTrip(transport http.RoundTripper, r *http.Request) (reply, error) {
	response, err := transport.RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	body, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	got := reply{Status: response.StatusCode, Header: response.Header, Raw: string(body)}
	if err == nil && strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		err = json.NewDecoder(bytes.NewReader(body)).Decode(&got)
	}
	return got, err
}

// call makes a call that no fault is meant to break.
func (c *client) call(t testing.TB, action string, parameters ...string) reply {
	t.Helper()
	got, err := c.send(action, parameters...)
	if err != nil {
		t.Fatalf("%s %q: %v", action, parameters, err)
	}
	return got
}

// modify edits an image of the usual lane.
func (c *client) modify(t testing.TB, id string, parameters ...string) reply {
	t.Helper()
	return c.call(t, "ModifyImageAttribute", append([]string{"RegionId", region, "ImageId", id}, parameters...)...)
}

// describe lists images of the usual lane, in all statuses.
func (c *client) describe(t testing.TB, parameters ...string) reply {
	t.Helper()
	all := []string{"RegionId", region, "Status", "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"}
	return c.call(t, "DescribeImages", append(all, parameters...)...)
}

func account(images ...ecssim.Image) ecssim.Account {
	return ecssim.Account{
		ID:      accountID,
		Keys:    []ecssim.Key{{AccessKeyID: keyID, Secret: secret}},
		Regions: map[string][]ecssim.Image{region: images},
	}
}

// newServer plays the configuration with one account that has these images.
func newServer(t testing.TB, config ecssim.Config, images ...ecssim.Image) (*ecssim.Server, *client) {
	t.Helper()
	if config.Accounts == nil {
		config.Accounts = []ecssim.Account{account(images...)}
	}
	s, err := ecssim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s, newClient(s)
}

// image returns a plain image.
func image(id, name string) ecssim.Image {
	return ecssim.Image{ID: id, Name: name, Created: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// check compares an answer with the status and the code wanted; code "" is
// success.
func check(t testing.TB, got reply, status int, code string) {
	t.Helper()
	if got.Status != status || got.Code != code {
		t.Errorf("answer = %d %q (%s), want %d %q", got.Status, got.Code, got.Message, status, code)
	}
	if got.RequestID == "" {
		t.Errorf("answer %q has no request id", got.Raw)
	}
}
