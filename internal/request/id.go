package request

import (
	"math/rand/v2"
	"net/http"

	"github.com/loambase/loam/core/settings"
)

const idHeader = "X-Request-Id"

// requestID returns the id of a request. The one that came with it is kept only from
// behind a trusted proxy: what clients choose must not mix with the ids in the log.
func requestID(r *http.Request, s *settings.Settings) string {
	if sent := r.Header[idHeader]; len(sent) > 0 && validID(sent[0]) && s.TrustedProxy.Trusts(r.RemoteAddr) {
		return sent[0]
	}
	return newID()
}

// newID returns 15 random characters. They are unique, not secret.
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

// validID reports whether an id may stand in a log as it is.
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
