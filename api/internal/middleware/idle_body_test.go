package middleware

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/internal/wire"
)

// pipes is a listener of connections in memory, so that they follow the fake clock of the test.
type pipes struct {
	accept chan net.Conn
	closed context.Context
	close  context.CancelFunc
}

func newPipes() *pipes {
	p := &pipes{accept: make(chan net.Conn)}
	p.closed, p.close = context.WithCancel(context.Background())
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accept:
		return conn, nil
	case <-p.closed.Done():
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.accept <- server
	return client
}

// slowly sends a request whose body comes in pieces of one byte, with a pause before each, to a
// server with the middleware. If whole is false, the last byte is missing.
func slowly(t *testing.T, h http.HandlerFunc, pause time.Duration, whole bool) (status int, answer string) {
	t.Helper()
	listener := newPipes()
	server := &http.Server{Handler: Idle(func() time.Duration { return time.Minute })(h), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn := listener.dial()
	const body = "0123456789"
	var client sync.WaitGroup
	client.Go(func() {
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(body))
		for i := range body {
			if i == len(body)-1 && !whole {
				return
			}
			time.Sleep(pause)
			if _, err := conn.Write([]byte{body[i]}); err != nil {
				return
			}
		}
	})
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	<-served
	client.Wait()
	return res.StatusCode, string(text)
}

func TestIdle(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = io.ReadAll(r.Body) // another read is at the end too
		}
		if err != nil {
			wire.Drain(w, r)
			wire.Error(w, err, false)
			return
		}
		_, _ = w.Write(text)
	}
	working := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
			t.Error("the client was taken to have gone away")
		case <-time.After(time.Hour):
		}
		_, _ = io.WriteString(w, "done")
	}
	refusing := func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		wire.Drain(w, r)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("the unwanted body was read for %v", took)
		}
		w.WriteHeader(http.StatusForbidden)
	}
	for _, test := range []struct {
		name   string
		h      http.HandlerFunc
		pause  time.Duration
		whole  bool
		status int
		answer string
	}{
		{"slow and moving", echo, 59 * time.Second, true, 200, "0123456789"},
		{"too slow", echo, 76 * time.Second, true, 400, "Nothing of the request's body has arrived for 1m0s."},
		{"stalled", echo, 0, false, 400, "Nothing of the request's body has arrived for 1m0s."},
		{"long work after the body", working, 0, true, 200, "done"},
		{"refused", refusing, 14 * time.Second, true, 403, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status, answer := slowly(t, test.h, test.pause, test.whole)
				if status != test.status || !strings.Contains(answer, test.answer) {
					t.Errorf("%d %s, want %d %s", status, answer, test.status, test.answer)
				}
			})
		})
	}
}
