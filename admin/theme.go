package admin

import (
	"fmt"
	"net/http"
	"regexp"
)

var colour = regexp.MustCompile(`^[0-9a-fA-F]{6}$`)

// theme is a stylesheet with the accent colour that the address names. All shades are
// worked out from it by console.css.
func theme(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query().Get("v")
	if !colour.MatchString(v) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	fmt.Fprintf(w, ":root{--accent:#%s}", v)
}
