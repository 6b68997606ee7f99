// Nested writes: a function that runs inside of a write and begins another is refused, since
// the second write could wait for a lock that the first one holds.

package postgres

import (
	"errors"

	"github.com/loambase/loam/core/internal/store"
)

// errNested is the error of a write from inside the function of a write: it could wait for
// itself.
var errNested = errors.New("postgres: a write inside of a transaction that it would wait for: use the services of the transaction, or of the event of the hook")

// insideWrite reports that the calling goroutine is inside an operation.
func insideWrite() bool { return store.IsInside(store.FunctionName((*DB).apply)) }
