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
	// Clock is what the clients of a process share that they learn of the
	// server's time; nil stands for one of the client's own.
	Clock *Clock
	// HTTP carries the calls; see [NewHTTPClient]. Redirects are not followed,
	// whatever it says. Its transport has to serve net/http/httptrace, from
	// which a client learns whether a request that failed was sent.
	HTTP *http.Client
	// Endpoint takes all calls, those of STS too; the zero value stands for
	// the hosts of the client's region on Network.
	Endpoint Endpoint
	Network  Network
	// Timeout bounds one call; 0 stands for [DefaultTimeout].
	Timeout   time.Duration
	UserAgent string
}

// A Client calls the APIs for one account in one region. It is safe for
// concurrent use and repeats nothing. What it learns from one call for those
// after it is the server's time, and for its provider that a session has ended.
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
			timeout: cmp.Or(c.Timeout, DefaultTimeout), userAgent: c.UserAgent,
		},
	}
	if c.Endpoint == (Endpoint{}) {
		client.ecs, client.sts = RegionEndpoint(region, c.Network), STSEndpoint(region, c.Network)
	}
	return client
}

// ModifyImageAttribute sets the given attributes of an image, those of set
// that are not empty, and returns the request id. The reply does not echo the
// new values: the only proof is a read.
func (c *Client) ModifyImageAttribute(ctx context.Context, id string, set Attributes) (string, error) {
	parameters := url.Values{"RegionId": {c.region}, "ImageId": {id}}
	for a, value := range set.All() {
		if value != "" {
			parameters.Set(a.Parameter(), value)
		}
	}
	return c.caller.do(ctx, c.ecs, ecsVersion, "ModifyImageAttribute", parameters, new(reply))
}

// PageSize is the largest page DescribeImages gives.
const PageSize = 100

// allStatuses has to be sent: without it the API lists Available images only.
const allStatuses = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"

// Statuses are those that an image can have.
func Statuses() []string { return strings.Split(allStatuses, ",") }

// A Query selects images in all statuses. The zero value stands for all that are
// our own.
type Query struct {
	IDs  []string // at most [PageSize]
	Name string   // a fuzzy filter: compare exactly afterwards
	Page int      // from 1; 0 stands for 1
	// Anybodys takes in images of other accounts: public ones, bought ones and
	// those that are shared with us.
	Anybodys bool
}

// A Page is one page of a listing, which is no snapshot: images may move
// between pages while they are read.
type Page struct {
	Images []Image
	Total  int // images that match the query, over all pages
}

// DescribeImages reads one page of the account's own images of the region.
func (c *Client) DescribeImages(ctx context.Context, q Query) (Page, error) {
	parameters := url.Values{
		"RegionId":   {c.region},
		"Status":     {allStatuses},
		"PageSize":   {strconv.Itoa(PageSize)},
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
	id, err := c.caller.do(ctx, c.ecs, ecsVersion, "DescribeImages", parameters, &out)
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

// page never takes a broken reply for an empty one: names that seem to be free
// would be given away.
func (l listing) page() (Page, error) {
	total, err := strconv.Atoi(string(l.TotalCount))
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

// incomplete is a reply that says success but lacks what was asked for.
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
	id, err := c.caller.do(ctx, c.sts, stsVersion, "GetCallerIdentity", nil, &out)
	if err != nil {
		return Identity{}, err
	}
	if out.AccountID == "" {
		return Identity{}, incomplete("GetCallerIdentity", id, errors.New("the reply names no account"))
	}
	return Identity{string(out.AccountID)}, nil
}
