// Package certificate holds the certificates of a server that speaks TLS itself: those that
// it gets from an ACME authority (RFC 8555), and those of files, which are read again when
// they change.
package certificate

import (
	"context"
	"crypto/tls"
	"net/http"
)

// Source is where a server has its certificates from.
type Source interface {
	// Config is what the server listens with: TLS 1.2 or later, HTTP/2 and HTTP/1.1.
	Config() *tls.Config

	// Plain returns the handler of the listener without TLS: it answers the challenges of
	// the authority, and gives everything else to next.
	Plain(next http.Handler) http.Handler

	// Serves reports whether the source has certificates for the host of a URL.
	Serves(host string) bool

	// Keep does what is to be done beside the connections, until ctx ends.
	Keep(ctx context.Context)
}
