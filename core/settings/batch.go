// Settings of batch requests, and their limits.

package settings

import (
	"cmp"
	"time"

	"github.com/loambase/loam/core/fault"
)

// Batch holds the settings of batch requests. Zero limits stand for the defaults of TimeLimit and
// BodyLimit.
type Batch struct {
	Enabled     bool  `json:"enabled"`
	MaxRequests int   `json:"maxRequests"`
	Timeout     int64 `json:"timeout"`     // seconds; see TimeLimit
	MaxBodySize int64 `json:"maxBodySize"` // bytes; see BodyLimit
}

// TimeLimit returns the time limit of a batch: Timeout, at most a day, or 3 s if it is not set.
func (b Batch) TimeLimit() time.Duration {
	if b.Timeout <= 0 {
		return 3 * time.Second
	}
	const day = 24 * 60 * 60
	return time.Duration(min(b.Timeout, day)) * time.Second
}

// BodyLimit returns the maximum size of a batch's body in bytes: MaxBodySize, or 128 MiB if it is
// not set.
func (b Batch) BodyLimit() int64 {
	if b.MaxBodySize <= 0 {
		return 128 << 20
	}
	return b.MaxBodySize
}

// validate requires limits if batches are enabled.
func (b *Batch) validate(fails fault.Fields) {
	fails.Set(cmp.Or(needed(b.Enabled, b.MaxRequests), atLeast(b.MaxRequests, 0)), "batch", "maxRequests")
	fails.Set(cmp.Or(needed(b.Enabled, b.Timeout), atLeast(b.Timeout, 0)), "batch", "timeout")
	fails.Set(atLeast(b.MaxBodySize, 0), "batch", "maxBodySize")
}
