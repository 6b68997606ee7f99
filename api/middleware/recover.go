package middleware

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/loambase/loam/api/wire"
)

var errPanic = errors.New("middleware: a handler panicked")

// Recover answers a panic with the 500 envelope, or breaks off an answer that has
// begun, and logs it with the request's id and the stack.
func Recover(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler { // net/http's own word for: say nothing
					panic(cause)
				}
				log.Error("panic", "request", wire.RequestID(w, r), "method", r.Method, "path", r.URL.Path,
					"cause", cause, "stack", string(debug.Stack()))
				if h := w.Header(); h["Content-Type"] != nil {
					panic(http.ErrAbortHandler) // the answer may have begun: break it off
				}
				wire.Error(w, errPanic, false)
			}()
			next.ServeHTTP(w, r)
		})
	}
}
