package wire

import (
	"net/http"

	"github.com/loambase/loam/core/schema"
)

const requestID = "X-Request-Id"

// RequestID is the id under which a failed request is found in the log: the one
// that the client or a proxy gave it, else a new one. The answer carries it too.
// Only requests that are logged have one.
func RequestID(w http.ResponseWriter, r *http.Request) string {
	if id := w.Header().Get(requestID); id != "" {
		return id
	}
	id := r.Header.Get(requestID)
	if !sane(id) {
		id = schema.RandomString(15, schema.AlphabetID)
	}
	w.Header()[requestID] = []string{id}
	return id
}

// sane says whether the id is one that may stand in a log as it is.
func sane(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
