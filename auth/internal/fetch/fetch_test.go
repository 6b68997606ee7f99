package fetch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/loambase/loam/internal/need"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "224.0.0.1": false,
		"239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fec0::1": false, "fc00::1": false, "fd12:3456::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:7f00:1::": false, "2001:db8::1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %t", text, got)
		}
	}
	if Public(netip.MustParseAddr("2606:4700::1111%eth0")) {
		t.Error("an address with a zone is public")
	}
}

// local returns a client for which the servers of this machine count as public.
func local() *Client {
	c := New()
	c.public = func(netip.Addr) bool { return true }
	return c
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImage(t *testing.T) {
	t.Parallel()
	good := picture(t)
	mux := http.NewServeMux()
	serve := func(path, kind string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Write(body)
		})
	}
	serve("/good", "image/png", good)
	serve("/page", "image/png", []byte("<!doctype html><title>no image</title>"))
	serve("/empty", "image/png", nil)
	mux.Handle("/moved", http.RedirectHandler("/good", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/file", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		w.Write(good)
		for w.(http.Flusher).Flush(); ; {
			if _, err := w.Write(make([]byte, 1024)); err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	c := local()
	for _, tt := range []struct {
		address string
		limit   int64
		ok      bool
	}{
		{s.URL + "/good", 1 << 20, true}, {s.URL + "/moved", 1 << 20, true}, {s.URL + "/good", int64(len(good)), true},
		{s.URL + "/good", int64(len(good)) - 1, false}, {s.URL + "/endless", 1 << 20, false}, {s.URL + "/page", 1 << 20, false},
		{s.URL + "/empty", 1 << 20, false}, {s.URL + "/nothing", 1 << 20, false}, {s.URL + "/loop", 1 << 20, false}, {s.URL + "/file", 1 << 20, false},
		{"file:///etc/passwd", 1 << 20, false}, {"ftp://x.test/a", 1 << 20, false}, {"//x.test/a", 1 << 20, false}, {"http://", 1 << 20, false},
		{"http://user:pass@x.test/", 1 << 20, false}, {"http://x.test/\n", 1 << 20, false}, {"", 1 << 20, false},
	} {
		got, err := c.Image(t.Context(), tt.address, tt.limit)
		if ok := err == nil; ok != tt.ok || ok && !bytes.Equal(got, good) {
			t.Errorf("Image(%q, %d) = %d bytes, %v", tt.address, tt.limit, len(got), err)
		}
	}
}

// TestPrivateAddresses: private addresses in any notation are refused before a byte is sent.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.Host }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]", "169.254.169.254", "10.0.0.1", "[fe80::1]", "[fd00::1]"} {
		if _, err := New().Image(t.Context(), "http://"+host+":"+port+"/", 1<<20); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v, want %v", host, err, errPrivate)
		}
	}
	// The attack works if addresses are not checked.
	local().Image(t.Context(), s.URL, 1<<20)
	if len(reached) != 1 {
		t.Errorf("%d requests have come through, want that of the client that does not judge", len(reached))
	}
}

// outside is an address of this machine that counts as public in the tests, and inside one that
// does not.
var outside, inside = netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")

// serveAt serves the handler at an address, on the port, or on any port if it is 0.
func serveAt(t *testing.T, at netip.Addr, port uint16, h http.HandlerFunc) (url string, on uint16) {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(at, port).String())
	if err != nil {
		need.Skip(t, "this machine has one loopback address: ", err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, netip.MustParseAddrPort(l.Addr().String()).Port()
}

// TestRedirectToPrivate fetches from a public server that redirects to a private server.
func TestRedirectToPrivate(t *testing.T) {
	t.Parallel()
	private, _ := serveAt(t, inside, 0, func(http.ResponseWriter, *http.Request) { t.Error("the private server was asked") })
	public, _ := serveAt(t, outside, 0, http.RedirectHandler(private, http.StatusFound).ServeHTTP)
	c := New()
	c.public = func(a netip.Addr) bool { return a == outside }
	if _, err := c.Image(t.Context(), public, 1<<20); !errors.Is(err, errPrivate) {
		t.Errorf("a redirect to a private address: %v", err)
	}
}

// TestNames resolves names to private addresses: beside a public address, or only in the second
// look-up. The dialled IP address is checked, whatever earlier look-ups returned.
func TestNames(t *testing.T) {
	t.Parallel()
	good := picture(t)
	_, port := serveAt(t, outside, 0, func(w http.ResponseWriter, _ *http.Request) { w.Write(good) })
	serveAt(t, inside, port, func(http.ResponseWriter, *http.Request) { t.Error("the private server was asked") })
	c := New()
	c.public = func(a netip.Addr) bool { return a == outside }
	var answers [][]netip.Addr // for each look-up
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		next := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return nameServer(t, next), nil
	}}
	dialer := net.Dialer{Control: c.judge, Resolver: resolver}
	c.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp4", address) // one query for each look-up
	}
	url := fmt.Sprintf("http://name.test:%d/", port)
	for _, both := range [][]netip.Addr{{inside, outside}, {outside, inside}} {
		answers = [][]netip.Addr{both}
		if image, err := c.Image(t.Context(), url, 1<<20); err != nil || !bytes.Equal(image, good) {
			t.Errorf("a name of %v: %v", both, err)
		}
	}
	answers = [][]netip.Addr{{outside}, {inside}}
	if _, err := c.Image(t.Context(), url, 1<<20); err != nil {
		t.Errorf("a public name: %v", err)
	}
	if _, err := c.Image(t.Context(), url, 1<<20); !errors.Is(err, errPrivate) {
		t.Errorf("the same name, private now: %v", err)
	}
}

// nameServer returns a connection to a name server that answers with these addresses for any name.
func nameServer(t *testing.T, addresses []netip.Addr) net.Conn {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		var length [2]byte
		if _, err := io.ReadFull(server, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(server, query); err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(query); err != nil {
			t.Error(err)
			return
		}
		m.Header.Response, m.Additionals = true, nil
		for _, a := range addresses {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: a.As4()},
			})
		}
		answer, err := m.Pack()
		if err != nil {
			t.Error(err)
			return
		}
		server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}()
	return client
}

func TestPlacesAreBounded(t *testing.T) {
	t.Parallel()
	c := local()
	for range maxAtOnce {
		c.places <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := c.Image(ctx, "http://x.test/", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Image without a place = %v", err)
	}
}
