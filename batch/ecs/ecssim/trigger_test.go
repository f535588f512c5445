package ecssim_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

// A late write lands even if the client has given up; what was sent after it
// may be done before it.
func TestLateWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, ecssim.Config{Faults: faults(t, "late-write:40s,times=1")}, image("m-1", "one"))
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		_, _, sent, err := c.traced(ctx, c.sign("ModifyImageAttribute", "RegionId", region, "ImageId", "m-1", "ImageName", "late"))
		if !errors.Is(err, context.DeadlineExceeded) || !sent {
			t.Fatalf("error = %v, sent = %v", err, sent)
		}
		check(t, c.modify(t, "m-1", "ImageName", "in-time"), 200, "")
		if n := len(s.History()); n != 1 {
			t.Errorf("%d calls are over, want only the second", n)
		}
		time.Sleep(25*time.Second - time.Nanosecond)
		synctest.Wait()
		if name := s.Images(accountID, region)[0].Name; name != "in-time" {
			t.Errorf("name = %q before the late write", name)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if name := s.Images(accountID, region)[0].Name; name != "late" {
			t.Errorf("name = %q after the late write", name)
		}
		late, second := s.History()[0], s.History()[1]
		if late.Revision != 2 || second.Revision != 1 || late.Delivered || late.Landed.Sub(late.Arrived) != 40*time.Second || late.Before.Name != "in-time" {
			t.Errorf("history = %+v", late)
		}
	})
}

func TestTriggers(t *testing.T) {
	const n = 12
	for _, tt := range []struct {
		fault string
		want  string // X for each call that is struck
	}{
		{"internal-error", "XXXXXXXXXXXX"},
		{"internal-error:every=4", "...X...X...X"},
		{"internal-error:after=10", "..........XX"},
		{"internal-error:after=3,times=2", "...XX......."},
		{"internal-error:after=2,every=3", "....X..X..X."},
		{"internal-error:at=3s", "...XXXXXXXXX"},
		{"internal-error:at=3s,for=2s", "...XX......."},
		{"internal-error:action=write", "............"},
		{"internal-error:action=read,times=1", "X..........."},
		{"internal-error:action=DescribeImages,times=1", "X..........."},
		{"internal-error:action=GetCallerIdentity", "............"},
		{"internal-error:region=cn-shanghai", "............"},
		{"internal-error:account=1", "............"},
		{"internal-error:account=" + accountID + ",region=" + region + ",times=1", "X..........."},
		{"internal-error:image=m-2", "............"},
		{"internal-error:1.0", "XXXXXXXXXXXX"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, c := newServer(t, ecssim.Config{Faults: faults(t, tt.fault)}, image("m-1", "one"))
				var got strings.Builder
				for range n {
					mark := byte('.')
					if c.describe(t).Status != 200 {
						mark = 'X'
					}
					got.WriteByte(mark)
					time.Sleep(time.Second)
				}
				if got.String() != tt.want {
					t.Errorf("struck = %s, want %s", got.String(), tt.want)
				}
			})
		})
	}
}

// The draws of a call depend on the seed and on the call, not on other calls.
func TestChanceIsSeeded(t *testing.T) {
	run := func(seed uint64, noise bool) string {
		_, c := newServer(t, ecssim.Config{Seed: seed, Faults: faults(t, "internal-error:0.3,action=read")}, image("m-1", "one"))
		var got strings.Builder
		for i := range 64 {
			if noise {
				c.modify(t, "m-1", "ImageName", fmt.Sprintf("name-%d", i))
			}
			got.WriteString(c.describe(t).Code + c.describe(t).RequestID + " ")
		}
		return got.String()
	}
	if diff := cmp.Diff(run(1, false), run(1, true)); diff != "" {
		t.Errorf("other calls change the draws (-without +with):\n%s", diff)
	}
	if run(1, false) == run(2, false) {
		t.Error("two seeds give the same draws")
	}
	if n := strings.Count(run(1, false), "InternalError"); n < 10 || n > 30 {
		t.Errorf("%d of 64 calls were struck, want about 19", n)
	}
}
