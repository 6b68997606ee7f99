// TLS of the server: its flags, its listener, and the listener without TLS beside it.

package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loambase/loam/api/internal/certificate"
	"github.com/loambase/loam/core"
)

// tlsFlags are the flags for TLS.
type tlsFlags struct {
	https     string // the address to listen on
	cert, key string // files
	email     string
	directory string // of the ACME authority
}

func (f *tlsFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.https, "https", "0.0.0.0:443", "with TLS: the address to listen on")
	flags.StringVar(&f.cert, "tls-cert", "", "speak TLS with the certificate in this file (PEM, with its chain)")
	flags.StringVar(&f.key, "tls-key", "", "the file with the key of --tls-cert (PEM)")
	flags.StringVar(&f.email, "acme-email", "", "where the authority may write to about the certificates of the domains")
	flags.StringVar(&f.directory, "acme-directory", "", "the URL of the authority's directory (default that of Let's Encrypt)")
}

// source returns the source of the certificates, nil for a server without TLS.
func (f *tlsFlags) source(cmd *cobra.Command, app *core.App, domains []string) (certificate.Source, error) {
	log := func() *slog.Logger { return app.Log() }
	switch changed := cmd.Flags().Changed; {
	case (f.cert == "") != (f.key == ""):
		return nil, usagef("--tls-cert and --tls-key belong together")
	case f.cert != "" && len(domains) > 0:
		return nil, usagef("either domains, whose certificates Loam gets, or --tls-cert")
	case f.cert != "":
		return certificate.NewFiles(f.cert, f.key, log)
	case len(domains) > 0:
		a, err := certificate.NewACME(certificate.Order{
			Domains: domains, Folder: filepath.Join(app.Config.Dir, "acme"), Directory: f.directory, Email: f.email, Log: log,
		})
		if err != nil {
			return nil, usagef("%v", err)
		}
		return a, nil
	case changed("https") || changed("acme-email") || changed("acme-directory"):
		return nil, usagef("TLS needs the domains (%s serve example.com) or --tls-cert and --tls-key", cmd.Root().Name())
	}
	return nil, nil
}

// defaultPlain is the address for requests without TLS, if the server uses TLS at another one.
const defaultPlain = "0.0.0.0:80"

// listeners are the listener of the API and, if the API speaks TLS, the listener that redirects to
// it.
type listeners struct {
	main  net.Listener
	plain net.Listener // nil if there is none
}

// openListeners opens the listeners. It runs before the App is opened: if an address is in use, no
// new data folder must be left behind.
func openListeners(ctx context.Context, flags *tlsFlags, source certificate.Source, address string, changed bool) (l listeners, err error) {
	if source == nil {
		l.main, err = listenAt(ctx, "--http", address)
		return l, err
	}
	if l.main, err = listenAt(ctx, "--https", flags.https); err != nil {
		return l, err
	}
	if !changed {
		address = defaultPlain
	}
	if address == "" {
		return l, nil
	}
	if l.plain, err = listenAt(ctx, "--http", address); err != nil {
		return l, errors.Join(err, l.main.Close())
	}
	return l, nil
}

// listenAt opens a listener at the address that a flag names.
func listenAt(ctx context.Context, flag, address string) (net.Listener, error) {
	address, err := listenAddress(flag, address)
	if err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%s: %w; ports below 1024 need a right: setcap cap_net_bind_service=+ep on the binary, or AmbientCapabilities in the systemd unit", flag, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return l, nil
}

func (l listeners) close() {
	for _, one := range []net.Listener{l.main, l.plain} {
		if one != nil {
			_ = one.Close() // usually the listener is closed already
		}
	}
}

// leadToTLS returns a server that redirects all requests to the same URL at the TLS listener, for
// users who type no scheme. The server also answers the challenges of the certificate authority.
func leadToTLS(source certificate.Source, secure net.Addr) *http.Server {
	_, port, _ := net.SplitHostPort(secure.String())
	lead := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if host == "" || !source.Serves(host) {
			http.Error(w, "This server has no such host.", http.StatusBadRequest)
			return
		}
		if port != "443" {
			host = net.JoinHostPort(host, port)
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
	return &http.Server{
		Handler:           source.Plain(lead),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
}

// keepTLS runs the work of the source and the listener without TLS, until stop is called.
func keepTLS(source certificate.Source, l listeners) (stop func()) {
	if source == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		source.Keep(ctx)
	}()
	server := leadToTLS(source, l.main.Addr())
	if l.plain != nil {
		go func() { _ = server.Serve(l.plain) }()
	}
	return func() {
		cancel()
		_ = server.Close() // the main server has stopped before
		<-done
	}
}
