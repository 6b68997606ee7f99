package postgres

import (
	"errors"
	"runtime"
	"strings"
)

// errNested is a write from inside the function of a write: it could wait for
// itself.
var errNested = errors.New("postgres: a write inside the function of a write")

// insideWrite reports that the calling goroutine is inside an operation.
func insideWrite() bool {
	var pcs [256]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, "postgres.(*DB).apply") {
			return true
		}
		if !more {
			return false
		}
	}
}
