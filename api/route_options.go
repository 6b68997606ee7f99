package api

import (
	"net/http"
	"time"

	"github.com/loambase/loam/api/middleware"
	"github.com/loambase/loam/api/wire"
)

// Option is what a route, or each route of a group, has beside its handler: a Middleware,
// or what BodyLimit, RateLimit, CORS, Doc, SkipLog, SkipRateLimits and SkipCompression return.
type Option interface{ apply(*ownRoute) }

// Middleware wraps the handler of a route. The first of several is the outermost. It may
// answer itself, or return an error in place of the handler's.
type Middleware func(next Handler) Handler

func (m Middleware) apply(r *ownRoute) { r.middleware = append(r.middleware, m) }

// Wrap makes an Option of a middleware of net/http. A writer that it wraps must have the
// method Unwrap, or streams do not work behind it.
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

// optionFunc is an Option that only sets properties of the route.
type optionFunc func(*ownRoute)

func (f optionFunc) apply(r *ownRoute) { f(r) }

// defaultBody is how many bytes the body of a request to a route of the program may have.
const defaultBody = wire.DefaultLimit

// BodyLimit sets how many bytes a body may have, 0 for any number; default 32 MiB. A longer
// one is 413: at once if its length is announced, else when it is read.
func BodyLimit(bytes int64) Option { return optionFunc(func(r *ownRoute) { r.body = max(0, bytes) }) }

// rateLimit is what RateLimit returns.
type rateLimit struct {
	max    int
	window time.Duration
}

func (l *rateLimit) apply(r *ownRoute) { r.limits = append(r.limits, l) }

// RateLimit lets each client make up to max requests in a window, of whole seconds; the next
// one is 429. The routes that have one Option, as those of a group, count together. A client
// is an IP address, and for IPv6 its network; superusers are not counted. The limits of the
// settings hold beside it. Each server process counts for itself.
func RateLimit(max int, window time.Duration) Option { return &rateLimit{max, window} }

// CORS sets the origins whose pages may use the route, in place of those of Config.Origins;
// "*" and "?" in an origin are wildcards. Without origins no page of another origin may.
func CORS(origins ...string) Option {
	return optionFunc(func(r *ownRoute) { r.origins = append([]string{}, origins...) })
}

// SkipLog keeps requests that succeed out of the logs.
func SkipLog() Option { return optionFunc(func(r *ownRoute) { r.Quiet = true }) }

// SkipRateLimits lets the rate limits of the settings not count the route.
func SkipRateLimits() Option { return optionFunc(func(r *ownRoute) { r.free = true }) }

// SkipCompression sends the answer as it is. Without it long texts are compressed with zstd
// or gzip, if the client takes that.
func SkipCompression() Option {
	return Middleware(func(next Handler) Handler {
		return func(w http.ResponseWriter, r *Request) error {
			middleware.SkipCompress(w, r.Request)
			return next(w, r)
		}
	})
}

// Doc is an Option: what the document of OpenAPI says about a route. Every route stands in
// the document, with the parts of its path, also without a Doc.
type Doc struct {
	Summary     string // default: method and path
	Description string
	Tag         string // the group in the document; default: "program"
	Takes       any    // a value of the type of the JSON body; nil: no body is described
	Answers     any    // a value of the type of the JSON answer; nil: any JSON
}

func (d Doc) apply(r *ownRoute) {
	r.Summary, r.Description, r.Tag, r.Takes, r.Answers = d.Summary, d.Description, d.Tag, d.Takes, d.Answers
}
