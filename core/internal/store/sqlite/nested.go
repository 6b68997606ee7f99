// Nested writes: a function that runs inside of a write and begins another is refused, since
// the second write would wait for the first one for ever.

package sqlite

import (
	"errors"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

var (
	// errNested is the error of a write from inside the function of a write: it would wait
	// for itself.
	errNested = errors.New("sqlite: a write inside of a transaction that it would wait for: use the services of the transaction, or of the event of the hook")
	// errExited is an operation whose function, or that of another one in its
	// group, ended its goroutine.
	errExited = errors.New("sqlite: the function of a write ended its goroutine")
)

// nestedAfter is how long an operation waits before it asks whether it waits for
// itself. Asking costs more than most waits last.
const nestedAfter = 50 * time.Millisecond

// insideWrite reports that the calling goroutine is inside an operation.
func insideWrite() bool { return store.IsInside(store.FunctionName((*writer).apply)) }
