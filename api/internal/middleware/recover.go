package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

var errPanic = errors.New("middleware: a handler panicked")

// Recover answers a panic with the 500 envelope, or breaks off an answer that has begun, and logs
// it with the request's id and the stack. It must stand inside of request.Service.Track.
func Recover(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler { // net/http's way to break off an answer
					panic(cause)
				}
				q := request.From(r.Context())
				q.Panicked(fmt.Errorf("%w: %v", errPanic, cause))
				log.Error("panic", "request", q.ID, "method", r.Method, "path", r.URL.Path,
					"route", q.Route.String(), "caller", q.Who(), "cause", cause, "stack", string(debug.Stack()))
				if q.Answered() {
					panic(http.ErrAbortHandler) // the answer must not look complete
				}
				wire.Error(w, errPanic, false)
			}()
			next.ServeHTTP(w, r)
		})
	}
}
