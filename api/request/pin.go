package request

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/textproto"
	"strings"
)

// Pin stands for where a request comes from: the peer of the connection, and every
// header in which a proxy may tell of the one before it, trusted or not, as it is. Two
// requests of one Pin come the same way. Of two clients behind a proxy that nobody has
// configured, the addresses are equal and the Pins are not
// (docs/wire/auth-realtime-system.md §1.6.2).
func (q *Request) Pin(r *http.Request) string {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	names := []string{"Forwarded", "X-Forwarded-For", "Cf-Connecting-Ip", "Fly-Client-Ip", "X-Real-Ip"}
	names = append(names, q.Settings.TrustedProxy.Headers...)
	hash := sha256.New()
	hash.Write([]byte(peer))
	for _, name := range names {
		// No value of a header has a line break.
		hash.Write([]byte("\n" + strings.Join(r.Header[textproto.CanonicalMIMEHeaderKey(name)], "\n") + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
