package api

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

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

// TestRealtimeSocketOrigins checks that pages of the origins that CORS allows, and of the server's
// own origin, may connect.
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

// TestRealtimeSocketsDrain checks that every connection gets a message when the server stops.
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

// TestMessagesThatComeTogether checks that all messages in one packet are answered, although no
// more data follows.
func TestMessagesThatComeTogether(t *testing.T) {
	t.Parallel()
	_, listener := startServer(t, &Program{})
	gathered := &gatheredWrites{}
	dialer := websocket.Dialer{Subprotocols: []string{"loam.v1"}, NetDial: func(network, address string) (net.Conn, error) {
		conn, err := net.Dial(network, address)
		gathered.Conn = conn
		return gathered, err
	}}
	conn, _, err := dialer.Dial("ws://"+listener.Addr().String()+"/api/realtime/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	gathered.on = true
	const messages = 5
	for i := range messages {
		if err := conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"ping","id":"%d","more":"%s"}`, i, strings.Repeat("x", 100*i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := gathered.Conn.Write(gathered.held); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for answers := 0; answers < messages; {
		_, text, err := conn.ReadMessage()
		if err != nil {
			t.Fatalf("%d of %d messages are answered: %v", answers, messages, err)
		}
		if strings.Contains(string(text), `"pong"`) {
			answers++
		}
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("answers took %v", took)
	}
}

// gatheredWrites is a connection that holds back the written data while on is true.
type gatheredWrites struct {
	net.Conn
	on   bool
	held []byte
}

func (g *gatheredWrites) Write(p []byte) (int, error) {
	if !g.on {
		return g.Conn.Write(p)
	}
	g.held = append(g.held, p...)
	return len(p), nil
}

var connects = flag.Int("connects", 400, "clients that come and go in TestRealtimeClientsComeAndGo")

// TestRealtimeClientsComeAndGo checks that closed connections leave no streams, goroutines or
// memory, whether clients said goodbye or not.
func TestRealtimeClientsComeAndGo(t *testing.T) {
	server, listener := startServer(t, &Program{}) // counts goroutines and memory: not parallel
	address := listener.Addr().String()
	coretest.Collection(t, server.App, `{"name":"notes","listRule":"","fields":[{"name":"text","type":"text"}]}`)
	const atOnce = 40
	round := func(n int) {
		var all sync.WaitGroup
		for i := range atOnce {
			all.Go(func() { comeAndGo(t, address, i) })
		}
		coretest.Create(t, server.App, "notes", map[string]any{"text": fmt.Sprint(n)})
		all.Wait()
	}
	round(0)
	goroutines, heap := runtime.NumGoroutine(), heapSize()
	for n := range *connects / atOnce {
		round(n)
	}
	if err := server.requests.Wait(context.Background()); err != nil { // until all streams have ended
		t.Error(err)
	}
	if running := server.Running(); running != 0 {
		t.Errorf("%d streams are left", running)
	}
	if after := runtime.NumGoroutine(); after > goroutines+10 {
		t.Errorf("%d goroutines before, %d after", goroutines, after)
	}
	if grown := heapSize() - heap; grown > 2<<20+int64(*connects)*100 {
		t.Errorf("%d bytes are left of %d connections", grown, *connects)
	}
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

// heapSize returns the bytes of the live heap.
func heapSize() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// comeAndGo connects, subscribes and disconnects, in one of several ways that depend on i.
func comeAndGo(t *testing.T, address string, i int) {
	if i%4 == 3 {
		conn, lines := openEvents(t, address)
		if i%8 == 3 {
			subscribeEvents(t, address, lines, "notes/*")
		}
		conn.Close()
		return
	}
	conn, _, _, err := dialSocket(address, "")
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"subscribe","topic":"notes/*"}`)); err != nil {
		t.Error(err)
		return
	}
	if i%2 == 0 {
		return // without a close message
	}
	if _, answer, err := conn.ReadMessage(); err != nil || len(answer) == 0 {
		t.Errorf("%s, %v", answer, err)
	}
	_ = conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
	_, _, _ = conn.ReadMessage()
}

// openEvents opens a stream of server-sent events.
func openEvents(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_, err = io.WriteString(conn, "GET /api/realtime HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	if err != nil {
		t.Error(err)
	}
	return conn, bufio.NewReader(conn)
}

// subscribeEvents subscribes a stream whose first event has not been read.
func subscribeEvents(t *testing.T, address string, lines *bufio.Reader, topic string) {
	var hello struct{ ClientID string }
	for hello.ClientID == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Error(err)
			return
		}
		if data, ok := strings.CutPrefix(line, "data:"); ok {
			if err := json.Unmarshal([]byte(data), &hello); err != nil {
				t.Error(err)
				return
			}
		}
	}
	res, err := http.Post("http://"+address+"/api/realtime", "application/json", strings.NewReader(fmt.Sprintf(`{"clientId":%q,"subscriptions":[%q]}`, hello.ClientID, topic)))
	if err != nil {
		t.Error(err)
		return
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Error(res.Status)
	}
}

// TestRealtimeStuckClients checks that clients that read nothing lose their connections, and that
// other clients receive all events meanwhile.
func TestRealtimeStuckClients(t *testing.T) {
	t.Parallel()
	server, listener := startServer(t, &Program{})
	address := listener.Addr().String()
	coretest.Collection(t, server.App, `{"name":"notes","listRule":"","fields":[{"name":"text","type":"text","max":100000}]}`)
	stuckEvents, lines := openEvents(t, address)
	defer stuckEvents.Close()
	subscribeEvents(t, address, lines, "notes/*")
	stuckSocket, _, _, err := dialSocket(address, "")
	if err == nil {
		err = stuckSocket.WriteMessage(websocket.TextMessage, []byte(`{"type":"subscribe","topic":"notes/*"}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer stuckSocket.Close()
	quick, lines := openEvents(t, address)
	defer quick.Close()
	subscribeEvents(t, address, lines, "notes/*")
	const size, total = 50_000, 15 << 20 // exceeds the queue and all buffers
	text := strings.Repeat("x", size)
	for i := range total / size {
		coretest.Create(t, server.App, "notes", map[string]any{"text": text})
		for line := ""; !strings.HasPrefix(line, "data:"); {
			if line, err = lines.ReadString('\n'); err != nil {
				t.Fatalf("the quick one got %d events: %v", i, err)
			}
		}
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); server.Running() > 1; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left", server.Running())
		}
	}
}
