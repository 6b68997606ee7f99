package middleware

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/logs"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/request"
)

// Log logs every request after it was answered. At debug level console gets a line with the
// caller, the route, the query, the status, the duration and the reason of a failure. kept gets an
// entry, as the settings say. Log must stand inside of request.Service.Track.
func Log(console *slog.Logger, kept *logs.Service) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { // also when the answer is broken off by a panic
				q := request.From(r.Context())
				o := q.Outcome()
				if console.Enabled(r.Context(), slog.LevelDebug) {
					print(console, r, q, o)
				}
				keep(kept, r, q, o)
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// print writes a request to the log of the process, at debug level.
func print(console *slog.Logger, r *http.Request, q *request.Request, o request.Outcome) {
	attributes := []any{"request", q.ID, "method", r.Method, "path", r.URL.Path, "query", masked(r.URL.RawQuery),
		"route", q.Route.String(), "caller", q.Who(), "ip", q.Caller.IP,
		"status", o.Status, "bytes", o.Bytes, "took", o.Duration}
	if o.Err != nil {
		attributes = append(attributes, "reason", o.Err.Error())
	}
	console.Debug("request", attributes...)
}

// The maximum lengths of the texts in the entry of a request, in bytes.
const (
	maxURL   = 3000
	maxText  = 2000
	maxCause = 4000
)

// keep adds the log entry of a request (docs/wire/auth-realtime-system.md §5.5).
func keep(kept *logs.Service, r *http.Request, q *request.Request, o request.Outcome) {
	level := slog.LevelInfo
	if o.Err != nil || o.Status >= 400 {
		level = slog.LevelError
	} else if quiet(r, q) {
		return
	}
	e := kept.Entry(level)
	if e == nil {
		return
	}
	address := logs.Cut(maskedURL(r.RequestURI, maxURL), maxURL)
	if text := unescaped(address); text != address {
		e.Message(r.Method, " ", text)
	}
	e.Answered(o.End, o.Duration, o.Status, r.Method, address, q.ID)
	keepCaller(e, r, q)
	if o.Err != nil {
		e.Text("error", message(o.Err))
		e.Text("details", logs.Cut(o.Err.Error(), maxCause))
		if record.DeniedByRule(o.Err) {
			e.Text("deniedBy", "rule")
		}
	}
	e.Text("referer", logs.Cut(maskedURL(first(r.Header["Referer"]), maxText), maxText))
	e.Text("userAgent", logs.Cut(first(r.Header["User-Agent"]), maxText))
	e.Add()
}

// keepCaller adds the caller and the addresses of the client, as far as the settings allow it.
func keepCaller(e *logs.Entry, r *http.Request, q *request.Request) {
	auth, id := "", ""
	if a := q.Caller.Auth; a != nil {
		auth, id = a.Collection().Name, a.ID()
	}
	e.Text("auth", auth)
	if q.Settings.Logs.LogAuthID {
		e.Text("authId", id)
	}
	if q.Settings.Logs.LogIP {
		ip := q.Caller.IP
		if ip == "" { // the request was refused before its caller was determined
			ip = q.Settings.TrustedProxy.RealIP(r.Header, r.RemoteAddr)
		}
		e.Text("userIP", ip)
		e.Text("remoteIP", remote(r.RemoteAddr))
	}
}

// quiet reports whether the request is kept only if it fails.
func quiet(r *http.Request, q *request.Request) bool {
	if q.Route != nil {
		return q.Route.Quiet
	}
	return r.Method == http.MethodOptions || strings.HasPrefix(r.URL.Path, "/_/")
}

// message returns the message that the client got.
func message(err error) string {
	var told *fault.Error
	if errors.As(err, &told) && told.Message != "" {
		return told.Message
	}
	return fault.KindOf(err).String()
}

// first returns the first value of a header, "" if there is none.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// unescaped returns a URL with its escapes resolved, for people.
func unescaped(u string) string {
	if strings.IndexByte(u, '%') < 0 && strings.IndexByte(u, '+') < 0 {
		return u
	}
	if text, err := url.QueryUnescape(u); err == nil {
		return text
	}
	return u
}

// remote returns the address without its port.
func remote(address string) string {
	if at := strings.LastIndexByte(address, ':'); at >= 0 {
		address = address[:at]
	}
	return strings.Trim(address, "[]")
}
