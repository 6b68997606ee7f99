package middleware

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// Clean redirects a path with repeated slashes or dot segments to the clean path. It does not
// redirect OPTIONS: browsers follow no redirect of a preflight.
func Clean(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if isClean(p) || r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		to := url.URL{Path: cleaned(p), RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusTemporaryRedirect)
	})
}

func isClean(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.Contains(p, "//") && (!strings.Contains(p, "/.") || cleaned(p) == p)
}

// cleaned returns the path without repeated slashes and dot segments. A slash at the end stays,
// since it marks a folder.
func cleaned(p string) string {
	clean := path.Clean("/" + p)
	if clean != "/" && strings.HasSuffix(p, "/") {
		clean += "/"
	}
	return clean
}
