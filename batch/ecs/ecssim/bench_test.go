package ecssim_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// The target is 20,000 signed calls a second on two cores, in process and with
// the client's own share in it.
func BenchmarkSignedCalls(b *testing.B) {
	const images = 2000
	list := ecssim.Generate(images, region)[region]
	s, c := newServer(b, ecssim.Config{Forget: true}, list...)
	for _, bb := range []struct {
		name string
		call func(n int) *http.Request
	}{
		{"rename", func(n int) *http.Request {
			return c.sign("ModifyImageAttribute", "RegionId", region,
				"ImageId", list[n%images].ID, "ImageName", fmt.Sprintf("renamed-%d", n))
		}},
		{"list a page of 100", func(n int) *http.Request {
			return c.sign("DescribeImages", "RegionId", region, "PageSize", "100", "PageNumber", fmt.Sprint(n%20+1),
				"Status", "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated", "ImageOwnerAlias", "self")
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var n atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					got, err := s.RoundTrip(bb.call(int(n.Add(1))))
					if err != nil || got.StatusCode != 200 {
						b.Errorf("%v: %v", got, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
