package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	bigendian "encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/loambase/loam/internal/need"
)

// TestACME lets the binary obtain its certificate from an independent authority: pebble, which
// "make tools" installs.
func TestACME(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for an authority")
	}
	t.Parallel()
	pebble := need.Program(t, "../.build/bin/pebble")
	address := freeAddress(t)
	a := startAuthority(t, pebble, address)
	p := prepare(t, "")
	p.env = []string{"SSL_CERT_FILE=" + a.ca}
	p.arguments = []string{"--https", address, "--http", "", "--acme-directory", a.directory, "Shop.example.test", "bücher.example.test", refused}

	p.start()
	for _, name := range []string{"shop.example.test", "xn--bcher-kva.example.test"} {
		answer, err := a.visit(address, name)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, a.said(), &p.stderr)
		}
		if answer.ProtoMajor != 2 || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", name, answer.Proto, answer.Status)
		}
		if got := answer.TLS.PeerCertificates[0].DNSNames; len(got) != 1 || got[0] != name {
			t.Errorf("the certificate is for %q", got)
		}
	}
	if _, err := a.visit(address, "other.example.test"); err == nil {
		t.Error("a certificate was got for a domain that nobody has named")
	}
	if _, err := a.visit(address, refused); err == nil {
		t.Error("a certificate was got that the authority refuses")
	}
	p.signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("%v\n%s", err, &p.stderr)
	}
	if log := p.stderr.String(); !strings.Contains(log, "domain="+refused) || !strings.Contains(log, "rejectedIdentifier") {
		t.Errorf("the log does not tell why the authority refuses %s:\n%s", refused, log)
	}

	// The next start uses the stored certificates.
	a.stop()
	p.start()
	if _, err := a.visit(address, "shop.example.test"); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(p.dir, "acme"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the certificates: %v, %v", info.Mode(), err)
	}
}

// refused is a domain for which the authority issues no certificate.
const refused = "refused.example.test"

// authority is a running pebble, an ACME server.
type authority struct {
	directory string
	ca        string // file with the root certificate of the directory's own server
	roots     *x509.CertPool
	out       *bytes.Buffer
	cmd       *exec.Cmd
	ended     chan error
}

// startAuthority starts an authority that resolves every domain to this machine, and validates
// domains at the port of the address.
func startAuthority(t *testing.T, program, address string) *authority {
	t.Helper()
	dir := t.TempDir()
	cert, key := selfSigned(t, dir)
	_, port, _ := net.SplitHostPort(address)
	listen, manage := freeAddress(t), freeAddress(t)
	config := fmt.Sprintf(`{"pebble":{"listenAddress":%q,"managementListenAddress":%q,"certificate":%q,"privateKey":%q,
		"httpPort":1,"tlsPort":%s,"retryAfter":{"authz":1,"order":1},"keyAlgorithm":"ecdsa",
		"domainBlocklist":[%q],"profiles":{"default":{"description":"","validityPeriod":7776000}}}}`, listen, manage, cert, key, port, refused)
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &authority{directory: "https://" + listen + "/dir", ca: cert, out: &bytes.Buffer{}, ended: make(chan error, 1)}
	a.cmd = exec.Command(program, "-config", file, "-dnsserver", nameServer(t))
	a.cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	a.cmd.Stdout, a.cmd.Stderr = a.out, a.out
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { a.ended <- a.cmd.Wait() }()
	t.Cleanup(func() { _ = a.cmd.Process.Kill() }) // the process may have ended already
	a.roots = a.findRoots(t, "https://"+manage+"/roots/0")
	return a
}

// findRoots waits until the authority answers, and returns its root certificate.
func (a *authority) findRoots(t *testing.T, url string) *x509.CertPool {
	t.Helper()
	known, err := os.ReadFile(a.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(known)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for {
		answer, err := client.Get(url)
		if err == nil {
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			roots := x509.NewCertPool()
			if err != nil || !roots.AppendCertsFromPEM(text) {
				t.Fatalf("roots: %v %s", err, text)
			}
			return roots
		}
		select {
		case err := <-a.ended:
			t.Fatalf("pebble: %v\n%s", err, a.out)
		case <-time.After(20 * time.Millisecond): // until the process listens
		}
	}
}

// visit sends a request to the server at the address, like a browser that has resolved the name to
// the address.
func (a *authority) visit(address, name string) (*http.Response, error) {
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: a.roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Get("https://" + name + "/api/health")
	if err != nil {
		return nil, err
	}
	return answer, errors.Join(json.NewDecoder(answer.Body).Decode(&struct{}{}), answer.Body.Close())
}

// stop ends the authority.
func (a *authority) stop() {
	_ = a.cmd.Process.Kill()
	<-a.ended
}

// said stops the authority and returns its output, which is complete only after its end.
func (a *authority) said() string {
	a.stop()
	return a.out.String()
}

// freeAddress returns an address of this machine on which no process listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// nameServer starts a DNS server on TCP that resolves every name to 127.0.0.1, and returns its
// address.
func nameServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = answerName(conn) // the client detects an error by itself
			}()
		}
	}()
	return l.Addr().String()
}

// answerName answers one question. Over TCP the length comes before each message (RFC 1035,
// section 4.2.2).
func answerName(conn net.Conn) error {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return err
	}
	question := make([]byte, bigendian.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, question); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return errors.Join(errors.New("no question"), err)
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
		}}
	}
	packed, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append(bigendian.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...))
	return err
}

// selfSigned writes a certificate for 127.0.0.1 and its key into the folder.
func selfSigned(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "127.0.0.1"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
