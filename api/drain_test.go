package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
)

// piped returns a server without an open App. Its connections are in memory, so that they follow
// the fake clock of the test.
func piped(t *testing.T, h http.HandlerFunc) (s *Server, dial func() net.Conn) {
	t.Helper()
	accept, closed := make(chan net.Conn), make(chan struct{})
	s = &Server{App: core.New(core.Config{}), cfg: &Config{}, stall: stallTime}
	s.requests = request.New(request.Config{Settings: settings.Defaults, Log: s.App.Log})
	s.accept(pipeListener{accept, closed}, s.requests.Track(h))
	s.listener.idle = func() time.Duration { return time.Minute }
	return s, func() net.Conn {
		client, server := net.Pipe()
		accept <- server
		return client
	}
}

type pipeListener struct {
	accept chan net.Conn
	closed chan struct{}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accept:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error   { close(l.closed); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// TestFinish stops a server while one client does something.
func TestFinish(t *testing.T) {
	t.Parallel()
	const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
	read := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	for _, test := range []struct {
		name       string
		h          http.HandlerFunc
		client     func(net.Conn)
		least, top time.Duration // time that stopping takes
		ctx        error         // the cause of the end of the handler's context
	}{
		{"a stuck handler", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			func(c net.Conn) { fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); _, _ = io.Copy(io.Discard, c) },
			5 * time.Second, 7 * time.Second, request.ErrDraining},
		{"half a body", read, func(c net.Conn) { fmt.Fprint(c, head, "half") }, 5 * time.Second, 7 * time.Second, request.ErrDraining},
		{"a body byte by byte", read, func(c net.Conn) {
			fmt.Fprint(c, head)
			for err := error(nil); err == nil; _, err = c.Write([]byte("x")) {
				time.Sleep(100 * time.Millisecond)
			}
		}, 5 * time.Second, 7 * time.Second, request.ErrDraining},
		{"a slow download that moves", func(w http.ResponseWriter, _ *http.Request) {
			for range 20 {
				_, _ = w.Write(make([]byte, 1000))
				_ = http.NewResponseController(w).Flush()
			}
		},
			func(c net.Conn) {
				fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				for err := error(nil); err == nil; _, err = c.Read(make([]byte, 2000)) {
					time.Sleep(800 * time.Millisecond)
				}
			}, 15 * time.Second, 25 * time.Second, nil},
		{"a large upload that moves", read, func(c net.Conn) {
			fmt.Fprint(c, head)
			for range 100 {
				time.Sleep(200 * time.Millisecond)
				_, _ = c.Write(make([]byte, 1000))
			}
			_, _ = io.Copy(io.Discard, c)
		}, 15 * time.Second, 25 * time.Second, nil},
		{"a download for ever", func(w http.ResponseWriter, r *http.Request) {
			for err := error(nil); err == nil; _, err = w.Write(make([]byte, 10_000)) {
				time.Sleep(time.Second)
			}
		}, func(c net.Conn) { fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); _, _ = io.Copy(io.Discard, c) },
			drainTime, drainTime + time.Second, request.ErrDraining},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started, cause := make(chan struct{}), make(chan error, 1)
				s, dial := piped(t, func(w http.ResponseWriter, r *http.Request) {
					close(started)
					defer func() { cause <- context.Cause(r.Context()) }()
					test.h(w, r)
				})
				conn := dial()
				var client sync.WaitGroup
				client.Go(func() { test.client(conn) })
				<-started
				start := time.Now()
				if err := s.finish(); err != nil {
					t.Errorf("finish = %v", err)
				}
				if took := time.Since(start); took < test.least || took > test.top {
					t.Errorf("it took %v, want %v to %v", took, test.least, test.top)
				}
				if err := s.http.Close(); err != nil {
					t.Error(err)
				}
				s.cancel(request.ErrDraining)
				<-s.served
				conn.Close()
				client.Wait()
				// Go 1.27's net/http releases a connection half a second, by the fake clock, after
				// the last answer.
				time.Sleep(time.Second)
				if err := <-cause; test.ctx == nil && err != nil || test.ctx != nil && err == nil {
					t.Errorf("the context of the handler ended by %v, want %v", err, test.ctx)
				}
			})
		})
	}
}

// TestPositionsFollowTheClient checks that the position in a long write counts the bytes that the
// client has received, not the bytes that the kernel has buffered.
func TestPositionsFollowTheClient(t *testing.T) {
	t.Parallel()
	listener := newIdleListener(listen(t), aMinute)
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	const length = 32 << 20
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(make([]byte, length))
		written <- err
	}()
	total, waited := 0, 0
	for marks := listener.positions(); total < length; marks = listener.positions() {
		n, err := io.CopyN(io.Discard, client, 64<<10)
		if err != nil {
			t.Fatal(err)
		}
		if total, waited = total+int(n), waited+int(n); advanced(marks, listener.positions()) {
			waited = 0
		}
		if runtime.GOOS == "linux" && waited > 8<<20 {
			t.Fatalf("%d bytes were taken and not seen", waited)
		}
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if client.Close(); conn.Close() != nil || len(listener.positions()) != 0 {
		t.Error("a closed connection is still known")
	}
}
