package api

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// BenchmarkLogsAndLimits measures the CPU time of the process for each request, in cpu-us/op:
// without logs and rate limits, with one of them, and with both. The time includes net/http and the
// storing of log entries, and not the network.
func BenchmarkLogsAndLimits(b *testing.B) {
	app := benchPosts(b)
	const posts = "/api/collections/posts/records"
	for name, path := range map[string]string{"get": posts + "/post00000000500", "list": posts + "?perPage=30"} {
		for _, on := range []string{"none", "limits", "logs", "both"} {
			b.Run(name+"/"+on, func(b *testing.B) {
				days := 0
				if on == "logs" || on == "both" {
					days = 5
				}
				patch := fmt.Sprintf(`{"logs":{"maxDays":%d},"rateLimits":{"enabled":%t,"rules":[
					{"label":"*:auth","maxRequests":1000000,"duration":3},{"label":"*:create","maxRequests":1000000,"duration":5},
					{"label":"/api/batch","maxRequests":1000000,"duration":1},{"label":"/api/","maxRequests":1000000,"duration":10}]}}`,
					days, on == "limits" || on == "both")
				if _, err := app.Settings().Patch(b.Context(), record.Root(), []byte(patch)); err != nil {
					b.Fatal(err)
				}
				send := dial(b, app)
				request := []byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:8090\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: identity\r\n\r\n")
				for range 1000 {
					send(request)
				}
				before := processorTime(b)
				for b.Loop() {
					send(request)
				}
				b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-us/op")
			})
		}
	}
}

// dial serves a connection in memory. It returns a function that sends a request over the
// connection and reads the answer.
func dial(b *testing.B, app *core.App) func([]byte) {
	h, err := (&Program{App: app}).Handler()
	if err != nil {
		b.Fatal(err)
	}
	client, server := net.Pipe()
	s := &http.Server{Handler: h}
	go s.Serve(&oneConn{conn: addressed{server}, closed: make(chan struct{})})
	b.Cleanup(func() { _ = s.Close(); _ = client.Close() })
	buf := make([]byte, 64<<10)
	return func(request []byte) {
		if _, err := client.Write(request); err != nil {
			b.Fatal(err)
		}
		n, err := client.Read(buf)
		if err != nil || !bytes.HasPrefix(buf, []byte("HTTP/1.1 200")) {
			b.Fatalf("%s %v", buf[:n], err)
		}
		head := bytes.Index(buf[:n], []byte("\r\n\r\n"))
		at := bytes.Index(buf[:head], []byte("Content-Length: ")) + len("Content-Length: ")
		length, err := strconv.Atoi(string(buf[at : at+bytes.IndexByte(buf[at:], '\r')]))
		if err != nil {
			b.Fatal(err)
		}
		if rest := head + 4 + length - n; rest > 0 {
			if _, err := io.ReadFull(client, buf[:rest]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// addressed is a connection from an address.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000} }

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { close(l.closed); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
