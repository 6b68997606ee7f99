package middleware

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/api/request"
)

// Log writes a line for every request, if the log is open for debugging: who called
// which route with which query, what was answered, how long it took, and why it
// failed. It stands inside of request.Service.Track.
func Log(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !log.Enabled(r.Context(), slog.LevelDebug) {
				next.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
			q := request.From(r.Context())
			o := q.Outcome()
			attributes := []any{"request", q.ID, "method", r.Method, "path", r.URL.Path, "query", masked(r.URL.RawQuery),
				"route", q.Route.String(), "caller", q.Who(), "ip", q.Caller.IP,
				"status", o.Status, "bytes", o.Bytes, "took", o.Duration}
			if o.Err != nil {
				attributes = append(attributes, "reason", o.Err.Error())
			}
			log.Debug("request", attributes...)
		})
	}
}

// masked returns the query without the values of the parameters that carry secrets.
// Filters are kept: a wrong one is why most people read this log.
func masked(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil || secret(plain) {
			kept = append(kept, name+"=…")
			continue
		}
		if text, err := url.QueryUnescape(value); err == nil {
			value = text
		}
		kept = append(kept, plain+"="+value)
	}
	return strings.Join(kept, "&")
}

// secret reports whether a parameter of this name may hold a secret.
func secret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"token", "pass", "secret", "key", "code", "state", "auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
