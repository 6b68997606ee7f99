// Parts of paths.

package wire

import (
	"net/http"
	"net/url"
)

// PathValue returns a named part of the path, unescaped. The router keeps escapes in a path with an
// escaped slash.
func PathValue(r *http.Request, name string) string {
	value := r.PathValue(name)
	if r.URL.RawPath == "" {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}
