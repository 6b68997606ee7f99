package settings

import (
	"cmp"
	"time"

	"github.com/loambase/loam/core/fault"
)

// Batch bounds the batch requests.
type Batch struct {
	Enabled     bool  `json:"enabled"`
	MaxRequests int   `json:"maxRequests"`
	Timeout     int64 `json:"timeout"`     // seconds; see TimeLimit
	MaxBodySize int64 `json:"maxBodySize"` // bytes; see BodyLimit
}

// TimeLimit is how long a batch may take: Timeout, or 3 s if that is not set.
func (b Batch) TimeLimit() time.Duration {
	if b.Timeout <= 0 {
		return 3 * time.Second
	}
	const day = 24 * 60 * 60
	return time.Duration(min(b.Timeout, day)) * time.Second
}

// BodyLimit is how many bytes a batch may have: MaxBodySize, or 128 MiB if that
// is not set.
func (b Batch) BodyLimit() int64 {
	if b.MaxBodySize <= 0 {
		return 128 << 20
	}
	return b.MaxBodySize
}

func (b *Batch) validate(fails fault.Fields) {
	fails.Set(cmp.Or(needed(b.Enabled, b.MaxRequests), atLeast(b.MaxRequests, 0)), "batch", "maxRequests")
	fails.Set(cmp.Or(needed(b.Enabled, b.Timeout), atLeast(b.Timeout, 0)), "batch", "timeout")
	fails.Set(atLeast(b.MaxBodySize, 0), "batch", "maxBodySize")
}
