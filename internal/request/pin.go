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

// Forwarding are the headers in which proxies send the address of their client.
var Forwarding = [...]string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Cf-Connecting-Ip", "Fly-Client-Ip", "True-Client-Ip"}

// Pin returns a hash of the origin of a request: the peer of the connection and the unchanged
// headers in which proxies send the address of their client, trusted or not. Two requests with one
// Pin have come the same way. Two clients behind a proxy that is not configured have the same
// address, but different Pins (docs/wire/auth-realtime-system.md §1.6.2).
func (q *Request) Pin(r *http.Request) string {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	hash := sha256.New()
	hash.Write([]byte(peer))
	for _, name := range slices.Concat(Forwarding[:], q.Settings.TrustedProxy.Headers) {
		// Values of headers contain no line breaks, so the separator is unambiguous.
		hash.Write([]byte("\n" + strings.Join(r.Header[textproto.CanonicalMIMEHeaderKey(name)], "\n") + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
