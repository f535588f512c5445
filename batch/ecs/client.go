package ecs

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	ecsVersion = "2014-05-26"
	stsVersion = "2015-04-01"
)

// A Config says how a client reaches the APIs.
type Config struct {
	Credentials Provider
	// Clock is the server's time, which the clients of a process learn and
	// share; nil means one of the client's own.
	Clock *Clock
	// HTTP carries the calls; see [NewHTTPClient]. Redirects are not followed,
	// whatever it says. Its transport must support net/http/httptrace, which
	// tells a client whether a failed request was sent.
	HTTP *http.Client
	// Endpoint takes all calls, STS included; the zero value means the hosts of
	// the client's region on Network.
	Endpoint Endpoint
	Network  Network
	// Timeout bounds one call; 0 means [DefaultTimeout].
	Timeout time.Duration
	// UserAgent, if it is not nil, returns what each call says about its
	// program. Clients may call it concurrently.
	UserAgent func() string
	// Observe, if it is not nil, is told of each call once it has ended: the
	// action, and nil or the [*Error]. Clients may call it concurrently.
	Observe func(action string, err error)
}

// A Client calls the APIs for one account in one region. It is safe for
// concurrent use and never repeats a call. From a refusal it learns the
// server's time, or that a session has expired, which it tells its provider.
type Client struct {
	region   string
	ecs, sts Endpoint
	caller   caller
}

// NewClient returns a client for a region.
func NewClient(region string, c Config) *Client {
	carrier := *c.HTTP
	carrier.CheckRedirect = stay
	client := &Client{
		region: region, ecs: c.Endpoint, sts: c.Endpoint,
		caller: caller{
			http: &carrier, credentials: c.Credentials, clock: cmp.Or(c.Clock, new(Clock)),
			timeout: cmp.Or(c.Timeout, DefaultTimeout), userAgent: c.UserAgent, observe: c.Observe,
		},
	}
	if c.Endpoint == (Endpoint{}) {
		client.ecs, client.sts = RegionEndpoint(region, c.Network), STSEndpoint(region, c.Network)
	}
	return client
}

// Credentials fetches keys from the client's provider, for as long as that allows
// itself. Its errors are the provider's.
func (c *Client) Credentials(ctx context.Context) (Credentials, error) { return c.caller.keys(ctx) }

// ModifyImageAttribute sets those attributes of an image that are not empty in
// set, and returns the request id. It is signed with keys from
// [Client.Credentials], so that nothing is waited for before it is sent. The
// reply does not echo the new values: only a read proves them.
func (c *Client) ModifyImageAttribute(ctx context.Context, keys Credentials, id string, set Attributes) (string, error) {
	parameters := url.Values{"RegionId": {c.region}, "ImageId": {id}}
	for a := range set.Fields().All() {
		parameters.Set(a.Parameter(), *set.Field(a))
	}
	return c.caller.do(ctx, keys, c.ecs, ecsVersion, "ModifyImageAttribute", parameters, new(reply))
}

// PageSize is the largest page that DescribeImages returns.
const PageSize = 100

// allStatuses must be sent: without it the API lists Available images only.
const allStatuses = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"

// Statuses returns the statuses that an image can have.
func Statuses() []string { return strings.Split(allStatuses, ",") }

// A Query selects images in all statuses. The zero value selects all of the
// account's own.
type Query struct {
	IDs  []string // at most [PageSize]
	Name string   // a fuzzy filter: compare exactly afterwards
	Page int      // from 1; 0 means 1
	Size int      // of a page; 0 means [PageSize]
	// Anybodys includes images of other accounts: public ones, bought ones and
	// those shared with this account.
	Anybodys bool
}

// A Page is one page of a listing, which is not a snapshot: images may move
// between pages while they are read.
type Page struct {
	Images []Image
	Total  int // images that match the query, over all pages, as the API says
}

// DescribeImages reads one page of the region's images that match the query.
func (c *Client) DescribeImages(ctx context.Context, q Query) (Page, error) {
	parameters := url.Values{
		"RegionId":   {c.region},
		"Status":     {allStatuses},
		"PageSize":   {strconv.Itoa(cmp.Or(q.Size, PageSize))},
		"PageNumber": {strconv.Itoa(max(q.Page, 1))},
	}
	if !q.Anybodys {
		parameters.Set("ImageOwnerAlias", "self")
	}
	if len(q.IDs) > 0 {
		parameters.Set("ImageId", strings.Join(q.IDs, ","))
	}
	if q.Name != "" {
		parameters.Set("ImageName", q.Name)
	}
	var out listing
	id, err := c.caller.ask(ctx, c.ecs, ecsVersion, "DescribeImages", parameters, &out)
	if err != nil {
		return Page{}, err
	}
	page, err := out.page()
	if err != nil {
		return Page{}, incomplete("DescribeImages", id, err)
	}
	return page, nil
}

// listing is the reply of DescribeImages.
type listing struct {
	reply
	TotalCount text
	Images     *struct{ Image []wireImage }
}

// page never takes a broken reply for an empty one: taken names would look
// free.
func (l listing) page() (Page, error) {
	total, err := strconv.Atoi(string(l.TotalCount))
	if errors.Is(err, strconv.ErrRange) && total > 0 {
		err = nil // as senseless as any that is too large
	}
	if err != nil || total < 0 {
		return Page{}, errors.New("the reply has no TotalCount")
	}
	if l.Images == nil {
		if total > 0 {
			return Page{}, errors.New("the reply has no Images")
		}
		return Page{Images: []Image{}}, nil
	}
	page := Page{Images: make([]Image, 0, len(l.Images.Image)), Total: total}
	for _, w := range l.Images.Image {
		if w.ImageID == "" {
			return Page{}, errors.New("the reply has an image without an id")
		}
		page.Images = append(page.Images, w.image())
	}
	return page, nil
}

// incomplete is the error of a reply that reports success but lacks what was
// asked for.
func incomplete(action, requestID string, err error) *Error {
	return &Error{Action: action, Status: http.StatusOK, RequestID: requestID, Sent: true, Err: err}
}

// An Identity is the account that a client's credentials belong to.
type Identity struct{ AccountID string }

// CallerIdentity asks STS for the account behind the client's credentials.
func (c *Client) CallerIdentity(ctx context.Context) (Identity, error) {
	var out struct {
		reply
		AccountID text `json:"AccountId"`
	}
	id, err := c.caller.ask(ctx, c.sts, stsVersion, "GetCallerIdentity", nil, &out)
	if err != nil {
		return Identity{}, err
	}
	if out.AccountID == "" {
		return Identity{}, incomplete("GetCallerIdentity", id, errors.New("the reply names no account"))
	}
	return Identity{string(out.AccountID)}, nil
}
