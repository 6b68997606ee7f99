package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
)

// TestServeFinishesWhatRuns stops the server in the middle of a request.
func TestServeFinishesWhatRuns(t *testing.T) {
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"notes","createRule":"","fields":[{"name":"title","type":"text"}]}`)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, app, listener, Config{}) }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const body = `{"title":"late"}`
	fmt.Fprintf(conn, "POST /api/collections/notes/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body))
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("asked to continue: %q, %v", line, err)
	}
	in.ReadString('\n') // the handler waits for the body now

	stop()
	for { // until nobody is let in any more
		late, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		late.Close()
	}
	io.WriteString(conn, body)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != 200 || !strings.Contains(string(answer), `"title":"late"`) {
		t.Errorf("a request that was running = %d %s", res.StatusCode, answer)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := Serve(t.Context(), coretest.New(t), listener, Config{}); err == nil {
		t.Error("Serve on a closed listener = nil, want an error")
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8090": "127.0.0.1:8090", "0.0.0.0:80": "localhost:80", "[::]:80": "localhost:80", "[::1]:80": "[::1]:80",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(tcp); got != want {
			t.Errorf("reachable(%s) = %s, want %s", address, got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"/var/lib/loam": "/var/lib/loam", "a b": "'a b'", "a;b": "'a;b'", "it's": `'it'\''s'`, "a b c": "'a b c'", "$HOME/x": "'$HOME/x'",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", in, got, want)
		}
	}
}
