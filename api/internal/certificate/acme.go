// Certificates from an ACME authority.

package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/idna"
)

// The authority of Let's Encrypt, which is the default.
const letsEncrypt = acme.LetsEncryptURL

const (
	tryTime   = 2 * time.Minute // for the authority to give a certificate
	tryAgain  = time.Minute     // after the first failure; twice as long after each further failure
	tryAtMost = time.Hour
)

// Order describes the certificates to order, and the authority.
type Order struct {
	Domains   []string // at least one
	Folder    string   // stores the account's key and the certificates; created when needed
	Directory string   // URL of the authority's directory; default: that of Let's Encrypt
	Email     string   // for mails of the authority; default: none
	Log       func() *slog.Logger
}

// ACME gets a certificate for each domain of an Order and renews it a month before it ends. An
// Order agrees to the terms of the authority.
type ACME struct {
	order   Order
	manager *autocert.Manager
	domains map[string]bool // in ASCII

	mu     sync.Mutex // guards logged
	logged map[string]string
}

// NewACME returns a source of certificates for the domains. The error names a domain for which no
// authority issues a certificate.
func NewACME(o Order) (*ACME, error) {
	a := &ACME{order: o, domains: map[string]bool{}, logged: map[string]string{}}
	for _, name := range o.Domains {
		ascii, err := domain(name)
		if err != nil {
			return nil, err
		}
		a.domains[ascii] = true
	}
	if a.order.Directory == "" {
		a.order.Directory = letsEncrypt
	}
	a.manager = &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(o.Folder),
		HostPolicy: a.allow,
		Client:     &acme.Client{DirectoryURL: a.order.Directory, UserAgent: "loam"},
		Email:      o.Email,
	}
	return a, nil
}

// domain returns the name in ASCII and lower case.
func domain(name string) (string, error) {
	trimmed := strings.TrimSuffix(name, ".")
	switch {
	case strings.Contains(name, "*"):
		return "", fmt.Errorf("%s: certificates for wildcards are given by another way than this; name the domains, or use files", name)
	case net.ParseIP(strings.Trim(name, "[]")) != nil:
		return "", fmt.Errorf("%s: certificates are for names such as example.com, not for addresses", name)
	case strings.ContainsAny(name, ":/@"):
		return "", fmt.Errorf("%s: a name such as example.com is meant, without scheme, port and path", name)
	case !strings.Contains(trimmed, "."):
		return "", fmt.Errorf("%s: no authority gives certificates for names without a dot", name)
	}
	ascii, err := idna.Lookup.ToASCII(trimmed)
	if err != nil {
		return "", fmt.Errorf("%s: not the name of a domain: %w", name, err)
	}
	return strings.ToLower(ascii), nil
}

// allow returns the error of a host for which there is no order.
func (a *ACME) allow(_ context.Context, host string) error {
	if !a.Serves(host) {
		return fmt.Errorf("no certificate is ordered for %q", host)
	}
	return nil
}

// Serves implements Source.
func (a *ACME) Serves(host string) bool {
	return a.domains[strings.ToLower(strings.TrimSuffix(host, "."))]
}

// Config implements Source. The authority may also check the domain by TLS (RFC 8737).
func (a *ACME) Config() *tls.Config {
	config := a.manager.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := a.manager.GetCertificate(hello)
		if err != nil && a.Serves(hello.ServerName) {
			a.failed(hello.ServerName, err)
		}
		return c, err
	}
	return config
}

// Plain implements Source.
func (a *ACME) Plain(next http.Handler) http.Handler { return a.manager.HTTPHandler(next) }

// Keep implements Source: it orders the missing certificates, so that no visitor has to wait for
// one, and logs each. An authority that refuses is asked again after ever longer pauses.
func (a *ACME) Keep(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for name := range a.domains {
		all.Go(func() { a.obtain(ctx, name) })
	}
}

func (a *ACME) obtain(ctx context.Context, name string) {
	for pause := tryAgain; ctx.Err() == nil; pause = min(2*pause, tryAtMost) {
		c, err := a.certificate(ctx, name)
		if err == nil {
			a.order.Log().Info("the certificate is there", "domain", name, "expires", c.Leaf.NotAfter)
			return
		}
		if ctx.Err() == nil {
			a.failed(name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// certificate requests a certificate as a client with elliptic-curve keys does; all present clients
// have such keys.
func (a *ACME) certificate(ctx context.Context, name string) (*tls.Certificate, error) {
	type result struct {
		c   *tls.Certificate
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := a.manager.GetCertificate(&tls.ClientHelloInfo{
			ServerName:       name,
			SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
			SupportedCurves:  []tls.CurveID{tls.CurveP256},
			CipherSuites:     []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		})
		done <- result{c, err}
	}()
	select {
	case r := <-done:
		return r.c, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(tryTime):
		return nil, errors.New("no answer of the authority")
	}
}

// failed logs the reason why there is no certificate, each reason once.
func (a *ACME) failed(name string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.logged[name] == err.Error() {
		return
	}
	a.logged[name] = err.Error()
	a.order.Log().Error("no certificate: the authority must reach this server under the domain, at port 80 or 443",
		"domain", name, "authority", a.order.Directory, "error", err)
}
