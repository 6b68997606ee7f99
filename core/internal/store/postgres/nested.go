// Nested writes: a function that runs inside of a write and begins another is refused, since
// the second write could wait for a lock that the first one holds.

package postgres

import (
	"errors"

	"github.com/loambase/loam/core/internal/store"
)

// errNested is the error of a write that is begun inside the function of another write: it could
// wait for itself.
var errNested = errors.New("postgres: a write inside of a transaction that it would wait for: use the services of the transaction, or of the event of the hook")

// insideWrite reports whether the calling goroutine is inside the function of a write.
func insideWrite() bool { return store.IsInside(store.FunctionName((*DB).apply)) }
