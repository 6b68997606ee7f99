package request

import (
	"math/rand/v2"
	"net/http"

	"github.com/loambase/loam/core/settings"
)

const idHeader = "X-Request-Id"

// requestID returns the id of a request. The id in the header is used only if a trusted proxy has
// sent the request, so that clients cannot choose ids in the log.
func requestID(r *http.Request, s *settings.Settings) string {
	if sent := r.Header[idHeader]; len(sent) > 0 && validID(sent[0]) && s.TrustedProxy.Trusts(r.RemoteAddr) {
		return sent[0]
	}
	return newID()
}

// newID returns a random id of 15 characters, which is unique but not secret.
func newID() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	const perDraw = 12 // 36^12 < 2^64
	var id [15]byte
	var random uint64
	for i := range id {
		if i%perDraw == 0 {
			random = rand.Uint64()
		}
		id[i] = alphabet[random%uint64(len(alphabet))]
		random /= uint64(len(alphabet))
	}
	return string(id[:])
}

// validID reports whether an id can be logged unchanged.
func validID(id string) bool {
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
