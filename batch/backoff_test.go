package batch

import (
	"testing"
	"time"
)

// These are the defaults. A row has at least as many attempts as it takes to trip
// its lane's breaker.
func TestDefaultRetry(t *testing.T) {
	want := Retry{Attempts: 5, Base: 500 * time.Millisecond, Cap: 20 * time.Second, Settle: time.Minute, MaxOutage: 30 * time.Minute}
	if DefaultRetry != want || want.Attempts < tripAfter {
		t.Errorf("%+v, want %+v", DefaultRetry, want)
	}
}

// Full jitter: any pause from 0 to the bound, which doubles up to the cap.
func TestDelayIsBounded(t *testing.T) {
	tests := []struct {
		name    string
		retry   Retry
		attempt int
		most    time.Duration
	}{
		{"first", DefaultRetry, 1, 500 * time.Millisecond},
		{"second", DefaultRetry, 2, time.Second},
		{"sixth", DefaultRetry, 6, 16 * time.Second},
		{"seventh meets the cap", DefaultRetry, 7, 20 * time.Second},
		{"many", DefaultRetry, 1000, 20 * time.Second},
		{"no base", Retry{Cap: time.Minute}, 3, 0},
		{"no cap", Retry{Base: time.Minute}, 3, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var least, most time.Duration = time.Hour, 0
			for range 2000 {
				d := test.retry.delay(test.attempt)
				least, most = min(least, d), max(most, d)
			}
			if least < 0 || most >= max(test.most, 1) {
				t.Errorf("from %s to %s, want from 0 to below %s", least, most, test.most)
			}
			// 2000 draws leave out a twentieth at either end about never.
			if least > test.most/20 || most < test.most-test.most/20 {
				t.Errorf("from %s to %s does not fill 0 to %s", least, most, test.most)
			}
		})
	}
}
