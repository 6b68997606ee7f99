package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// dialSocket connects to the realtime API, and returns the first message.
func dialSocket(address, origin string) (conn *websocket.Conn, hello string, status int, err error) {
	headers := http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}}
	if origin != "" {
		headers.Set("Origin", origin)
	}
	dialer := websocket.Dialer{Subprotocols: []string{"loam.v1"}}
	conn, res, err := dialer.Dial("ws://"+address+"/api/realtime/ws", headers)
	if res != nil {
		status = res.StatusCode
	}
	if err != nil {
		return nil, "", status, err
	}
	_, text, err := conn.ReadMessage()
	return conn, string(text), status, err
}

// TestRealtimeSocketOrigins: pages of the origins that CORS allows may connect, and our own.
func TestRealtimeSocketOrigins(t *testing.T) {
	t.Parallel()
	server, listener := startServer(t, &Program{Config: Config{Origins: []string{"https://*.example.com"}}})
	defer server.Close()
	address := listener.Addr().String()
	for origin, want := range map[string]int{
		"": 101, "https://app.example.com": 101, "http://" + address: 101,
		"https://example.org": 403, "null": 403, "http://evil.com/" + address: 403,
	} {
		conn, _, status, err := dialSocket(address, origin)
		if status != want || (err == nil) != (want == 101) {
			t.Errorf("origin %q: %d, %v, want %d", origin, status, err, want)
		}
		if conn != nil {
			conn.Close()
		}
	}
}

// TestRealtimeSocketsDrain: when the server stops, every connection is told so.
func TestRealtimeSocketsDrain(t *testing.T) {
	t.Parallel()
	server, listener := startServer(t, &Program{})
	if _, err := server.App.Settings().Patch(t.Context(), record.Root(), []byte(`{"realtime":{"drainSeconds":0}}`)); err != nil {
		t.Fatal(err)
	}
	var conns []*websocket.Conn
	for range 5 {
		conn, _, _, err := dialSocket(listener.Addr().String(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	for i, conn := range conns {
		if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
			t.Errorf("connection %d ended with %v", i, err)
		}
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
}

// TestRealtimeSocketsComeAndGo: nothing is left of connections that have gone, whether they
// said so or not, and one that takes nothing keeps nobody waiting.
func TestRealtimeSocketsComeAndGo(t *testing.T) {
	server, listener := startServer(t, &Program{}) // counts goroutines: not parallel
	address := listener.Addr().String()
	coretest.Collection(t, server.App, `{"name":"notes","listRule":"","fields":[{"name":"text","type":"text"}]}`)
	before := runtime.NumGoroutine()
	const subscribe = `{"type":"subscribe","topic":"notes/*"}`
	for round := range 10 {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				conn, _, _, err := dialSocket(address, "")
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				if err := conn.WriteMessage(websocket.TextMessage, []byte(subscribe)); err != nil {
					t.Error(err)
					return
				}
				if i%2 == 0 {
					return // without a word
				}
				if _, answer, err := conn.ReadMessage(); err != nil || len(answer) == 0 {
					t.Errorf("%s, %v", answer, err)
				}
				_ = conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
				_, _, _ = conn.ReadMessage()
			})
		}
		coretest.Create(t, server.App, "notes", map[string]any{"text": fmt.Sprint(round)})
		all.Wait()
	}
	if err := server.requests.Wait(context.Background()); err != nil { // until all have ended
		t.Error(err)
	}
	if running := server.Running(); running != 0 {
		t.Errorf("%d streams are left", running)
	}
	if after := runtime.NumGoroutine(); after > before+10 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}
