// The error of a limit that is reached.

package channel

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/realtime"
)

func limitReached(code, message string) error {
	return &realtime.LimitError{Code: code, Err: fault.New(fault.TooLarge, message)}
}
