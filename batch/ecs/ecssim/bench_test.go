package ecssim_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"imgrename/batch/ecs/ecssim"
)

// The target is 20,000 signed calls a second on two cores, in process and with
// the client's own share in it.
func BenchmarkSignedCalls(b *testing.B) {
	const images = 2000
	list := ecssim.Generate(images, region)[region]
	_, c := newServer(b, ecssim.Config{Forget: true}, list...)
	for _, bb := range []struct {
		name string
		call func(c *client, n int) (reply, error)
	}{
		{"rename", func(c *client, n int) (reply, error) {
			return c.send("ModifyImageAttribute", "RegionId", region,
				"ImageId", list[n%images].ID, "ImageName", fmt.Sprintf("renamed-%d", n))
		}},
		{"list a page of 100", func(c *client, n int) (reply, error) {
			return c.send("DescribeImages", "RegionId", region, "PageSize", "100", "PageNumber", fmt.Sprint(n%20+1),
				"Status", "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated", "ImageOwnerAlias", "self")
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var n atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if got, err := bb.call(c, int(n.Add(1))); err != nil || got.Status != 200 {
						b.Errorf("%d %s: %v", got.Status, got.Code, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
