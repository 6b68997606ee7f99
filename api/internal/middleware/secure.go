package middleware

import (
	"net/http"
	"strings"
)

// CacheControl is the header Cache-Control of answers of the API, unless a handler sets another.
const CacheControl = "private, no-cache"

// Secure adds security headers, which forbid browsers to guess media types, to show answers in
// frames of other origins and to share windows with them, and the Cache-Control of answers of the
// API. Answers to OPTIONS have none of these headers (docs/wire/records.md §1.8).
func Secure(next http.Handler) http.Handler {
	protection := []string{"1; mode=block"} // shared by all answers: nobody changes a header in place
	sniff := []string{"nosniff"}
	frame := []string{"SAMEORIGIN"}
	opener := []string{"same-origin"}
	cache := []string{CacheControl}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h["X-Xss-Protection"] = protection
		h["X-Content-Type-Options"] = sniff
		h["X-Frame-Options"] = frame
		h["Cross-Origin-Opener-Policy"] = opener
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h["Cache-Control"] = cache // handlers may set other values
		}
		next.ServeHTTP(w, r)
	})
}
