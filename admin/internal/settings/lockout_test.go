package settings

import (
	"testing"
	"time"

	"github.com/loambase/loam/core/settings"
)

func TestWaitOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		requests int
		seconds  int64
		want     time.Duration
	}{
		{2, 3, 6 * time.Second}, {1, 60, 4 * time.Minute}, {4, 3600, time.Hour}, {5, 3600, 0}, {0, 10, 40 * time.Second},
	} {
		if got := waitOf(&settings.Rule{MaxRequests: test.requests, Duration: test.seconds}); got != test.want {
			t.Errorf("%d requests in %d s: the fifth attempt waits for %v, want %v", test.requests, test.seconds, got, test.want)
		}
	}
}
