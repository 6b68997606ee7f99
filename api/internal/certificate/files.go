// Certificates in files.

package certificate

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// lookAgain is the interval of checks whether the files have changed.
const lookAgain = 2 * time.Second

// Files is a certificate with its chain and its key, in two PEM files. When the files change they
// are read again. While the two files do not fit together, the old certificate is served.
type Files struct {
	cert, key string
	log       func() *slog.Logger
	current   atomic.Pointer[tls.Certificate]
	seen      [2]fileState // only Keep uses it
	refused   string       // the last error, which is logged once; only Keep uses it
}

// fileState changes when a file is written or replaced.
type fileState struct {
	size     int64
	modified time.Time
}

// NewFiles reads the files. The error describes their fault.
func NewFiles(cert, key string, log func() *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	f.seen = f.look()
	return f, f.load()
}

// Config implements Source.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return f.current.Load(), nil
		},
	}
}

// Plain implements Source.
func (f *Files) Plain(next http.Handler) http.Handler { return next }

// Serves implements Source. It returns true: clients check the host of the certificate themselves.
func (f *Files) Serves(string) bool { return true }

// Keep implements Source: it reads the files again when they have changed.
func (f *Files) Keep(ctx context.Context) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.follow()
		}
	}
}

// follow reads the files if they have changed. Files that do not fit together are read again
// the next time: one of them may be about to change.
func (f *Files) follow() {
	now := f.look()
	if now == f.seen && f.refused == "" {
		return
	}
	f.seen = now
	err := f.load()
	switch {
	case err == nil:
		f.refused = ""
		f.log().Info("the certificate was read again", "file", f.cert, "expires", f.current.Load().Leaf.NotAfter)
	case err.Error() != f.refused:
		f.refused = err.Error()
		f.log().Error("the new certificate cannot be used, the old one stays", "error", err)
	}
}

// look returns the state of both files, the zero state for a file that cannot be read.
func (f *Files) look() (states [2]fileState) {
	for i, name := range []string{f.cert, f.key} {
		if info, err := os.Stat(name); err == nil {
			states[i] = fileState{info.Size(), info.ModTime()}
		}
	}
	return states
}

// load reads the files and makes them the current certificate.
func (f *Files) load() error {
	c, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("certificate %s, key %s: %w", f.cert, f.key, err)
	}
	f.current.Store(&c)
	return nil
}
