// Nested writes: a function that runs inside of a write and begins another is refused, since
// the second write could wait for a lock that the first one holds.

package postgres

import (
	"errors"

	"github.com/loambase/loam/core/internal/store"
)

// errNested is a write from inside the function of a write: it could wait for
// itself.
var errNested = errors.New("postgres: a write inside the function of a write")

// insideWrite reports that the calling goroutine is inside an operation.
func insideWrite() bool { return store.IsInside(store.FunctionName((*DB).apply)) }
