package middleware

import (
	"net/http"
	"slices"
	"strings"
)

// exposed are the headers that scripts of other origins may read in addition to the headers that
// browsers always allow.
const exposed = "ETag, X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"

// CORS lets pages of the given origins use the API; an empty list stands for every origin. An
// origin may contain "*" and "?" (see originMatches). own may be nil; else it returns the origins
// of the route with the method and the path, nil for a route without origins of its own. CORS
// only adds headers; Preflight answers which methods and headers pages may send.
func CORS(origins []string, own func(method, path string) []string) func(http.Handler) http.Handler {
	if len(origins) == 0 {
		origins = []string{"*"}
	}
	vary, expose := []string{"Origin"}, []string{exposed} // shared by all answers
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h["Vary"] = vary
			if origin := r.Header["Origin"]; len(origin) > 0 {
				if allowed := allowOrigin(originsOf(r, origins, own), origin[0]); allowed != "" {
					h["Access-Control-Allow-Origin"] = []string{allowed}
					if r.Method != http.MethodOptions {
						h["Access-Control-Expose-Headers"] = expose
					}
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// originsOf returns the origins whose pages may send the request, or the request that a preflight
// announces.
func originsOf(r *http.Request, common []string, own func(method, path string) []string) []string {
	if own == nil {
		return common
	}
	method := r.Method
	if method == http.MethodOptions {
		method = r.Header.Get("Access-Control-Request-Method")
	}
	if origins := own(method, r.URL.Path); origins != nil {
		return origins
	}
	return common
}

// Preflight answers every OPTIONS request itself, for any path (docs/wire/records.md §1.8). It
// must stand inside of CORS, and of the middleware of the program.
func Preflight(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			preflight(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// preflight answers which methods and headers a page may send. Wire: the status is the same for an
// allowed origin, for another origin and for a request without an origin.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Vary"] = []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}
	if h["Access-Control-Allow-Origin"] != nil {
		h["Access-Control-Allow-Methods"] = []string{"GET,HEAD,PUT,PATCH,POST,DELETE"}
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h["Access-Control-Allow-Headers"] = []string{asked}
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowOrigin returns the value of Access-Control-Allow-Origin for the origin, "" if the origin is
// not allowed.
func allowOrigin(origins []string, origin string) string {
	if origin == "" {
		return ""
	}
	if slices.Contains(origins, "*") {
		return "*"
	}
	if slices.ContainsFunc(origins, func(pattern string) bool { return originMatches(pattern, origin) }) {
		return origin
	}
	return ""
}

// originMatches reports whether the origin matches the pattern, regardless of letter case. "*"
// stands for any text and "?" for one character, so "https://*.example.com" matches every
// sub-domain.
func originMatches(pattern, origin string) bool {
	const longest = 1024 // longer origins do not exist; the limit bounds the search
	return len(origin) <= longest && wildcard(strings.ToLower(pattern), strings.ToLower(origin))
}

// wildcard reports whether s matches the pattern. It takes at most time len(pattern) × len(s),
// because after a mismatch only the last "*" is extended by one character.
func wildcard(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
