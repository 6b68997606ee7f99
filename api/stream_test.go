package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/klauspost/compress/gzip"

	"github.com/loambase/loam/internal/request"
)

// TestWebSocket opens a WebSocket through the whole chain of handlers with the Accept-Encoding of
// browsers, and checks that its context ends when the server drains.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	p := &Program{}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		upgrader := websocket.Upgrader{}
		e.Route(http.MethodGet, "/ws", func(w http.ResponseWriter, r *Request) error {
			conn, err := upgrader.Upgrade(w, r.Request, nil)
			if err != nil {
				return nil // the upgrade has written the answer
			}
			ctx, end := r.Stream()
			defer end()
			defer conn.Close()
			kind, text, err := conn.ReadMessage()
			if err == nil {
				err = conn.WriteMessage(kind, append(text, '!'))
			}
			if err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			if cause := context.Cause(ctx); !errors.Is(cause, request.ErrDraining) {
				t.Errorf("the stream ended because of %v", cause)
			}
			_ = conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""))
			return nil
		})
		return nil
	})
	server, listener := startServer(t, p)
	headers := http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}, "Origin": {"http://" + listener.Addr().String()}}
	conn, res, err := websocket.DefaultDialer.Dial("ws://"+listener.Addr().String()+"/ws", headers)
	if err != nil {
		t.Fatalf("handshake: %v, %+v", err, res)
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.ReadMessage(); err != nil || string(text) != "hello!" {
		t.Fatalf("the echo is %q, %v", text, err)
	}
	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("after the drain: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
}

// TestEvents checks that events arrive while the answer goes on, with and without compression.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"text/event-stream", "text/plain"} {
		p := &Program{}
		p.Serve.BindFunc(func(e *ServeEvent) error {
			e.Route(http.MethodGet, "/events", func(w http.ResponseWriter, r *Request) error {
				ctx, end := r.Stream()
				defer end()
				w.Header().Set("Content-Type", contentType)
				fmt.Fprint(w, "event 1\n")
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Errorf("Flush = %v", err)
				}
				<-ctx.Done()
				fmt.Fprint(w, "the end\n")
				return nil
			})
			return nil
		})
		server, listener := startServer(t, p)
		r, err := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String()+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		in := io.Reader(res.Body)
		compressed := res.Header.Get("Content-Encoding") == "gzip"
		if compressed == (contentType == "text/event-stream") {
			t.Errorf("%s: compressed %t", contentType, compressed)
		}
		if compressed {
			if in, err = gzip.NewReader(in); err != nil {
				t.Fatal(err)
			}
		}
		lines := bufio.NewReader(in)
		if line, err := lines.ReadString('\n'); line != "event 1\n" {
			t.Errorf("%s: the first line is %q, %v", contentType, line, err)
		}
		closed := make(chan error, 1)
		go func() { closed <- server.Close() }()
		if line, err := lines.ReadString('\n'); line != "the end\n" {
			t.Errorf("%s: the last line is %q, %v", contentType, line, err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close = %v", err)
		}
	}
}

// TestOwnEvents reads the events of a route until the server stops.
func TestOwnEvents(t *testing.T) {
	t.Parallel()
	p := &Program{}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Route(http.MethodGet, "/events", func(w http.ResponseWriter, r *Request) error {
			events := r.Events(w)
			defer events.End()
			if err := events.Send("a\nb", 1); err == nil {
				t.Error("a name with a line break is sent")
			}
			if err := events.Send("x", func() {}); err == nil {
				t.Error("a function is sent")
			}
			if err := events.Send("price", map[string]string{"text": "a\nb"}); err != nil {
				t.Error(err)
			}
			if err := events.Send("", 2); err != nil {
				t.Error(err)
			}
			<-events.Context().Done()
			if err := events.Send("late", 3); !errors.Is(err, context.Canceled) {
				t.Errorf("Send after the end = %v", err)
			}
			return nil
		})
		return nil
	})
	server, listener := startServer(t, p)
	res, err := (&http.Client{Transport: &http.Transport{}}).Get("http://" + listener.Addr().String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	const want = "event:price\ndata:{\"text\":\"a\\nb\"}\n\ndata:2\n\n"
	begin := make([]byte, len(want))
	if _, err := io.ReadFull(res.Body, begin); err != nil || string(begin) != want {
		t.Fatalf("the events are %q, %v", begin, err)
	}
	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 {
		t.Errorf("after the end: %q, %v", rest, err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
}
