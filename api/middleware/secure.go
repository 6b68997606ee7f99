package middleware

import "net/http"

// Secure adds the headers that keep browsers from guessing and framing.
func Secure(next http.Handler) http.Handler {
	protection := []string{"1; mode=block"} // shared by all answers: nobody changes a header in place
	sniff := []string{"nosniff"}
	frame := []string{"SAMEORIGIN"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Xss-Protection"] = protection
		h["X-Content-Type-Options"] = sniff
		h["X-Frame-Options"] = frame
		next.ServeHTTP(w, r)
	})
}
