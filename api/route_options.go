package api

import (
	"net/http"
	"time"

	"github.com/loambase/loam/api/internal/middleware"
	"github.com/loambase/loam/internal/wire"
)

// Option is a property of a route, or of all routes of a group. Options are Middleware and Doc
// values, and the results of the functions of this package that return an Option.
type Option interface{ apply(*ownRoute) }

// Middleware wraps the handler of a route. The first of several is the outermost. A Middleware
// may answer the request itself, and may replace the error of the handler.
type Middleware func(next Handler) Handler

func (m Middleware) apply(r *ownRoute) { r.middleware = append(r.middleware, m) }

// Wrap makes an Option from a middleware of net/http. If the middleware wraps the
// http.ResponseWriter, its writer must have the method Unwrap, or streams do not work behind it.
func Wrap(middleware func(http.Handler) http.Handler) Option {
	return Middleware(func(next Handler) Handler {
		return func(w http.ResponseWriter, r *Request) (err error) {
			middleware(http.HandlerFunc(func(w http.ResponseWriter, inner *http.Request) {
				own := *r
				own.Request = inner
				err = next(w, &own)
			})).ServeHTTP(w, r.Request)
			return err
		}
	})
}

// optionFunc is an Option that only sets fields of the route.
type optionFunc func(*ownRoute)

func (f optionFunc) apply(r *ownRoute) { f(r) }

// defaultBody is the default of BodyLimit in bytes.
const defaultBody = wire.DefaultLimit

// BodyLimit sets the maximum length of a body in bytes, 0 for no limit; default 32 MiB. A longer
// body gets 413: before the handler if the request announces its length, else when the handler
// reads it and returns the error.
func BodyLimit(bytes int64) Option { return optionFunc(func(r *ownRoute) { r.body = max(0, bytes) }) }

// rateLimit is the Option of RateLimit.
type rateLimit struct {
	max    int
	window time.Duration
}

func (l *rateLimit) apply(r *ownRoute) { r.limits = append(r.limits, l) }

// RateLimit lets each client make up to max requests in a window, which is rounded to whole
// seconds; further requests get 429. Routes that share one Option value, for example the routes
// of a group, are counted together. A client is an IPv4 address or a /64 network of IPv6.
// Superusers are not limited. The rate limits of the settings apply too. Each server process
// counts for itself.
func RateLimit(max int, window time.Duration) Option { return &rateLimit{max, window} }

// CORS sets the origins whose pages may use the route, in place of Config.Origins; "*" and "?"
// in an origin are wildcards. Without arguments no page of another origin may use the route.
func CORS(origins ...string) Option {
	return optionFunc(func(r *ownRoute) { r.origins = append([]string{}, origins...) })
}

// SkipLog keeps successful requests out of the logs. Failures are still logged.
func SkipLog() Option { return optionFunc(func(r *ownRoute) { r.Quiet = true }) }

// SkipRateLimits exempts the route from the rate limits of the settings. A RateLimit of the
// route still applies.
func SkipRateLimits() Option { return optionFunc(func(r *ownRoute) { r.free = true }) }

// SkipCompression sends the answer uncompressed. By default, long texts are compressed with zstd
// or gzip if the client accepts that.
func SkipCompression() Option {
	return Middleware(func(next Handler) Handler {
		return func(w http.ResponseWriter, r *Request) error {
			middleware.SkipCompress(w, r.Request)
			return next(w, r)
		}
	})
}

// Doc is an Option that describes a route in the OpenAPI document. The document lists every
// route with the parameters of its path; Doc adds texts and types.
type Doc struct {
	Summary     string // default: method and path
	Description string
	Tag         string // the group in the document; default: "program"
	Takes       any    // a value of the type of the JSON body; nil: no body is documented
	Answers     any    // a value of the type of the JSON answer; nil: any JSON
}

func (d Doc) apply(r *ownRoute) {
	r.Summary, r.Description, r.Tag, r.Takes, r.Answers = d.Summary, d.Description, d.Tag, d.Takes, d.Answers
}
