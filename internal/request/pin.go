package request

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// Forwarding are the headers by which proxies say for whom they ask.
var Forwarding = [...]string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Cf-Connecting-Ip", "Fly-Client-Ip", "True-Client-Ip"}

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
	hash := sha256.New()
	hash.Write([]byte(peer))
	for _, name := range slices.Concat(Forwarding[:], q.Settings.TrustedProxy.Headers) {
		// No value of a header has a line break.
		hash.Write([]byte("\n" + strings.Join(r.Header[textproto.CanonicalMIMEHeaderKey(name)], "\n") + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
