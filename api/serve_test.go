package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// startServer starts the server of a program on a fresh App. The caller closes the server.
func startServer(t *testing.T, p *Program) (*Server, net.Listener) {
	t.Helper()
	p.App = core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})
	listener := listen(t)
	if err := p.Server().Start(t.Context(), listener); err != nil {
		t.Fatal(err)
	}
	return p.Server(), listener
}

// TestServeFinishesWhatRuns stops the server in the middle of a request.
func TestServeFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	server, listener := startServer(t, &Program{})
	coretest.Collection(t, server.App, `{"name":"notes","createRule":"","fields":[{"name":"title","type":"text"}]}`)

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
	in.ReadString('\n') // the handler waits for the body

	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	for { // until the server accepts no more connections
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
	if err := <-closed; err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	t.Parallel()
	server, listener := startServer(t, &Program{})
	listener.Close()
	if err := server.Wait(t.Context()); err == nil {
		t.Error("Wait on a closed listener = nil, want an error")
	}
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
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
