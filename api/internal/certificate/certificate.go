// Package certificate holds the certificates of a server that speaks TLS itself: certificates of an
// ACME authority (RFC 8555), and certificates in files, which are read again when they change.
package certificate

import (
	"context"
	"crypto/tls"
	"net/http"
)

// Source is a source of certificates.
type Source interface {
	// Config returns the TLS configuration of the listener: TLS 1.2 or later, HTTP/2 and HTTP/1.1.
	Config() *tls.Config

	// Plain returns the handler of the listener without TLS: it answers the challenges of the
	// authority, and passes other requests to next.
	Plain(next http.Handler) http.Handler

	// Serves reports whether the source has certificates for the host of a URL.
	Serves(host string) bool

	// Keep does the background work of the source until ctx ends.
	Keep(ctx context.Context)
}
