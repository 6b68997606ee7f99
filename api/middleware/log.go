package middleware

import (
	"log/slog"
	"net/http"
	"time"
)

// Log writes a line for every request, if the log is open for debugging.
func Log(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !log.Enabled(r.Context(), slog.LevelDebug) {
				next.ServeHTTP(w, r)
				return
			}
			start, seen := time.Now(), &witness{ResponseWriter: w}
			next.ServeHTTP(seen, r)
			// The query stays out: filters and tokens may be private.
			log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", seen.answered(),
				"bytes", seen.bytes, "took", time.Since(start))
		})
	}
}

// witness remembers what passes through it.
type witness struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap is for http.ResponseController.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *witness) WriteHeader(status int) {
	if w.status < 200 { // an informational status is not yet the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *witness) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

func (w *witness) answered() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
