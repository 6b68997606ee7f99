package certificate_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/api/internal/certificate"
)

var written atomic.Int64 // number of written files

// TestDomains checks that names for which no authority issues certificates are refused at once,
// with an error that says what to do.
func TestDomains(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"example.com":         "",
		"Example.COM.":        "",
		"a-b.example.com":     "",
		"bücher.example":      "",
		"*.example.com":       "wildcards",
		"192.0.2.1":           "not for addresses",
		"[2001:db8::1]":       "not for addresses",
		"2001:db8::1":         "not for addresses",
		"https://example.com": "without scheme",
		"example.com:443":     "without scheme",
		"example.com/app":     "without scheme",
		"localhost":           "without a dot",
		"":                    "without a dot",
		"ex ample.com":        "not the name of a domain",
		"-a.example.com":      "not the name of a domain",
	} {
		source, err := certificate.NewACME(certificate.Order{Domains: []string{name}, Folder: t.TempDir(), Log: slog.Default})
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", name, err, want)
		}
		if err == nil && (!source.Serves("EXAMPLE.com") && strings.EqualFold(strings.TrimSuffix(name, "."), "example.com") || source.Serves("other.example")) {
			t.Errorf("%q serves other hosts than it", name)
		}
	}
}

// TestFiles checks that the certificate changes when both files have changed, and stays while they
// do not match.
func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	first, firstKey := pair(t, "first.test")
	write(t, cert, first)
	if _, err := certificate.NewFiles(cert, key, nil); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("without a key: %v", err)
	}
	write(t, key, []byte("not a key"))
	if _, err := certificate.NewFiles(cert, key, nil); err == nil {
		t.Error("with a broken key")
	}
	write(t, key, firstKey)
	files, err := certificate.NewFiles(cert, key, func() *slog.Logger { return log })
	if err != nil {
		t.Fatal(err)
	}
	served := func() string {
		t.Helper()
		c, err := files.Config().GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.Subject.CommonName
	}

	second, secondKey := pair(t, "second.test")
	write(t, cert, second)
	files.Follow()
	files.Follow()
	if got := served(); got != "first.test" || strings.Count(said.String(), "level=ERROR") != 1 {
		t.Errorf("while the key is the old one: %s is served\n%s", got, &said)
	}
	write(t, key, secondKey)
	files.Follow()
	if got := served(); got != "second.test" || strings.Count(said.String(), "was read again") != 1 {
		t.Errorf("when both have changed: %s is served\n%s", got, &said)
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	files.Follow()
	if got := served(); got != "second.test" {
		t.Errorf("when the file is gone: %s is served", got)
	}
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// The modification times differ even if two writes fall into one tick of the file system's
	// clock.
	when := time.Now().Add(time.Duration(written.Add(1)) * time.Second)
	if err := os.Chtimes(name, when, when); err != nil {
		t.Fatal(err)
	}
}

func pair(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}
