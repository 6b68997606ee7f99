package budget

import (
	"runtime"
	"testing"
)

// TestCaches checks the default of Caches: a quarter of Memory, up to a limit by processors.
func TestCaches(t *testing.T) {
	t.Parallel()
	most := int64(1+runtime.GOMAXPROCS(0)) * 64 << 20
	for _, test := range []struct {
		limits Limits
		want   int64
	}{
		{Limits{Memory: 128 << 20}, 32 << 20},
		{Limits{Memory: 1 << 40}, most},
		{Limits{Memory: 128 << 20, Caches: 7}, 7},
	} {
		if got := test.limits.WithDefaults().Caches; got != test.want {
			t.Errorf("%+v: %d bytes of caches, want %d", test.limits, got, test.want)
		}
	}
}
