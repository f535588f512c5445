package batch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// A pager serves the listings of a lane with pages and counts of its own.
type pager struct {
	http.RoundTripper
	size    int                                  // a page's largest, 0 for what is asked
	images  int                                  // that there are
	page    func(number, size int) (from, n int) // where a page begins, nil for as usual
	total   func(number, on int) any             // TotalCount, by the page and the images on it
	numbers []int                                // of the pages that were asked for
}

func (p *pager) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	if r.Header.Get("x-acs-action") != "DescribeImages" || query.Get("ImageId") != "" {
		return p.RoundTripper.RoundTrip(r)
	}
	number, _ := strconv.Atoi(query.Get("PageNumber"))
	size, _ := strconv.Atoi(query.Get("PageSize"))
	p.numbers = append(p.numbers, number)
	if p.size > 0 {
		size = min(size, p.size)
	}
	from, n := (number-1)*size, size
	if p.page != nil {
		from, n = p.page(number, size)
	}
	images := []map[string]string{}
	for i := from; i < min(from+n, p.images); i++ {
		images = append(images, map[string]string{"ImageId": fmt.Sprintf("m-%06d", i), "ImageName": fmt.Sprintf("image-%06d", i)})
	}
	body, err := json.Marshal(map[string]any{
		"RequestId": "R", "TotalCount": p.total(number, len(images)), "Images": map[string]any{"Image": images},
	})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, err
}

// listing lists the lane that a pager serves.
func (p *pager) listing(t *testing.T) (images int, err error) {
	t.Helper()
	s := scene{
		regions: ecssim.Generate(1, region),
		wire: func(next http.RoundTripper) http.RoundTripper {
			p.RoundTripper = next
			return inOrder(p)
		},
	}
	list, err := s.build(t).lanes[0].List(t.Context())
	for i := range list {
		if want := fmt.Sprintf("m-%06d", i); list[i].ID != want {
			t.Fatalf("image %d is %s, want %s", i, list[i].ID, want)
		}
	}
	return len(list), err
}

// A TotalCount is no reason to take memory, or to ask for pages behind the last.
func TestListDoesNotBelieveTotalCount(t *testing.T) {
	always := func(total any) func(int, int) any { return func(int, int) any { return total } }
	for _, test := range []struct {
		name  string
		total any
		page  func(number, size int) (int, int)
	}{
		{"the largest number", math.MaxInt64, nil},
		{"a larger one", json.Number("99999999999999999999"), nil},
		{"more than there is memory for", int(1e12), nil},
		{"a million pages, the second is empty", int(1e8), nil},
		{"a million pages, all the same", int(1e8), func(_, size int) (int, int) { return 0, size }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &pager{images: 70, total: always(test.total), page: test.page}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, _ = p.listing(t)
				runtime.ReadMemStats(&after)
				if n := len(p.numbers); n > 60 {
					t.Errorf("%d pages were asked for", n)
				}
				if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
					t.Errorf("it took %d bytes", took)
				}
			})
		})
	}
}

// A lane whose totals are wrong, or whose pages are smaller than asked, is listed
// if the ids show that the listing is whole. If not, the error says what is so.
func TestListGoesByTheIDs(t *testing.T) {
	all := func(int, int) any { return 250 }
	for _, test := range []struct {
		name    string
		pager   pager
		reads   int
		failure string
	}{
		{name: "pages of at most 50", pager: pager{size: 50, total: all}, reads: 5},
		{name: "pages of at most 99", pager: pager{size: 99, total: all}, reads: 3},
		{name: "no total is right", pager: pager{total: func(number, _ int) any { return 250 + number }}, reads: 3 + 4 + 5},
		{name: "too small a total", pager: pager{total: func(int, int) any { return 0 }}, reads: 1 + 4 + 5},
		{name: "too large a total", pager: pager{total: func(int, int) any { return 300 }}, reads: 3 + 4 + 5},
		{name: "totals of a page, the last is short", pager: pager{size: 60, total: func(number, on int) any { return on + number }}, reads: 2 + 6 + 6},
		{
			name:  "every page loses an image",
			pager: pager{total: all, page: func(number, size int) (int, int) { return (number-1)*size + min(number-1, 1), size - min(number-1, 1) }},
			reads: -1, failure: "no listing of cn-hangzhou was whole in 5 tries: TotalCount was 250, its pages held 247 images, not the same as the time before",
		},
		{
			name:  "pages overlap",
			pager: pager{total: func(int, int) any { return 255 }, page: func(number, size int) (int, int) { return (number - 1) * (size - 5), size }},
			reads: -1, failure: "no listing of cn-hangzhou was whole in 5 tries: TotalCount was 255, its pages held 265 images, 15 of them twice",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.pager.images = 250
				n, err := test.pager.listing(t)
				if got := fmt.Sprint(err); test.failure == "" && (err != nil || n != 250) || test.failure != "" && got != test.failure {
					t.Errorf("%d images, %v, want %s", n, err, test.failure)
				}
				if reads := len(test.pager.numbers); test.reads >= 0 && reads != test.reads {
					t.Errorf("%d reads, want %d: %v", reads, test.reads, test.pager.numbers)
				}
			})
		})
	}
}

// Nor is it when the holder of a name is looked for.
func TestHolderDoesNotBelieveTotalCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pager{total: func(int, int) any { return int(1e8) }, images: 70, page: func(_, size int) (int, int) { return 0, size }}
		s := scene{
			images: images("m-1:a"), rows: rows("m-1:b"),
			faults: []ecssim.Fault{{Kind: "refuse", Code: "InvalidImageName.Duplicated", Status: 400, Action: "write"}},
			wire: func(next http.RoundTripper) http.RoundTripper {
				p.RoundTripper = next
				return named{next, p}
			},
		}
		r := s.play(t.Context(), t)
		if got := r.outcomes(); got != "failed" {
			t.Errorf("got %s\n%s", got, r.messages())
		}
		if n := len(p.numbers); n == 0 || n > 60 || r.took > time.Minute {
			t.Errorf("%d pages were asked for, in %s", n, r.took)
		}
	})
}

// named hands listings by name to another.
type named struct {
	http.RoundTripper
	other http.RoundTripper
}

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.RawQuery, "ImageName=") && r.Header.Get("x-acs-action") == "DescribeImages" {
		return n.other.RoundTrip(r)
	}
	return n.RoundTripper.RoundTrip(r)
}
