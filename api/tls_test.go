package api

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api/internal/certificate"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

// secureServer starts a server that speaks TLS, and returns a client of it and its address.
func secureServer(t *testing.T, p *Program) (*http.Client, string) {
	t.Helper()
	authority := httptest.NewUnstartedServer(nil) // its certificate is for example.com
	authority.StartTLS()
	t.Cleanup(authority.Close)
	p.App = core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})
	p.Config.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: authority.TLS.Certificates}
	listener := listen(t)
	if err := p.Server().Start(t.Context(), listener); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Server().Close(); err != nil {
			t.Error(err)
		}
	})
	transport := authority.Client().Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = true
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, listener.Addr().String()
}

// TestTLS checks that a server with TLS speaks HTTP/2 and WebSockets, and refuses versions older
// than TLS 1.2.
func TestTLS(t *testing.T) {
	t.Parallel()
	client, address := secureServer(t, &Program{})
	answer, err := client.Get("https://" + address + "/api/health")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.ProtoMajor != 2 || answer.StatusCode != http.StatusOK {
		t.Errorf("%s %s", answer.Proto, answer.Status)
	}

	roots := client.Transport.(*http.Transport).TLSClientConfig.RootCAs
	dialer := websocket.Dialer{Subprotocols: []string{"loam.v1"}, TLSClientConfig: &tls.Config{RootCAs: roots}}
	conn, _, err := dialer.DialContext(t.Context(), "wss://"+address+"/api/realtime/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()

	if _, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

// TestIdleAnswerOfHTTP2 checks that an answer that its client does not read ends although its
// connection is busy, and that a silent stream does not end.
func TestIdleAnswerOfHTTP2(t *testing.T) {
	t.Parallel()
	ended, quiet := make(chan error, 1), make(chan struct{})
	p := &Program{Config: Config{Idle: 100 * time.Millisecond}}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Route(http.MethodGet, "/large", func(w http.ResponseWriter, _ *Request) error {
			_, err := w.Write(make([]byte, 64<<10))
			for err == nil {
				_, err = w.Write(make([]byte, 32<<10))
			}
			ended <- err
			return err
		})
		e.Route(http.MethodGet, "/quiet", func(w http.ResponseWriter, _ *Request) error {
			_, _ = io.WriteString(w, "one ")
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
			<-quiet
			_, err := io.WriteString(w, "two")
			return err
		})
		return e.Next()
	})
	client, address := secureServer(t, p)
	stream, err := client.Get("https://" + address + "/quiet")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	large, err := client.Get("https://" + address + "/large") // on the same connection
	if err != nil {
		t.Fatal(err)
	}
	defer large.Body.Close()
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the answer that nobody takes ends with %v", err)
	}
	close(quiet)
	if text, err := io.ReadAll(stream.Body); string(text) != "one two" || err != nil {
		t.Errorf("the quiet stream says %q, %v", text, err)
	}
}

// onlyExample is a source of certificates for example.com only.
type onlyExample struct{ certificate.Source }

func (onlyExample) Serves(host string) bool              { return host == "example.com" }
func (onlyExample) Plain(next http.Handler) http.Handler { return next }

// TestLeadToTLS checks that the listener without TLS redirects to the same URL with the same
// method, and never to another host.
func TestLeadToTLS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		port         int
		host, target string
		want         string // "": refused
	}{
		{443, "example.com", "/a?b=c%20d", "https://example.com/a?b=c%20d"},
		{443, "example.com:80", "/", "https://example.com/"},
		{8443, "example.com:8080", "/x", "https://example.com:8443/x"},
		{443, "evil.example", "/", ""},
		{443, "", "/", ""},
		{443, "example.com", "//evil.example/", "https://example.com//evil.example/"},
	} {
		handler := leadToTLS(onlyExample{}, &net.TCPAddr{Port: test.port}).Handler
		r := &http.Request{Method: http.MethodPost, Host: test.host, Header: http.Header{}, URL: &url.URL{}}
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(test.target, "?")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != test.want {
			t.Errorf("%s%s leads to %q, want %q", test.host, test.target, got, test.want)
		}
		if want := http.StatusPermanentRedirect; test.want != "" && w.Code != want || test.want == "" && w.Code != http.StatusBadRequest {
			t.Errorf("%s%s: %d", test.host, test.target, w.Code)
		}
	}
}

// TestEventsOfHTTP2 receives events of REST and of GraphQL on a connection shared with other
// answers.
func TestEventsOfHTTP2(t *testing.T) {
	t.Parallel()
	p := &Program{}
	client, address := secureServer(t, p)
	coretest.Collection(t, p.App, `{"name":"notes","listRule":"","viewRule":"","fields":[{"name":"text","type":"text"}]}`)
	ask := func(method, path, body string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "https://"+address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		if answer.ProtoMajor != 2 || answer.StatusCode >= 300 {
			t.Fatalf("%s %s", answer.Proto, answer.Status)
		}
		return answer
	}
	rest := &eventLines{t, bufio.NewReader(ask("GET", "/api/realtime", "").Body)}
	var hello struct{ ClientID string }
	rest.next(&hello)
	ask("POST", "/api/realtime", `{"clientId":"`+hello.ClientID+`","subscriptions":["notes/*"]}`)
	graphql := &eventLines{t, bufio.NewReader(ask("POST", "/api/graphql", `{"query":"subscription { noteChanged { record { text } } }"}`).Body)}
	for i := range 20 {
		coretest.Create(t, p.App, "notes", map[string]any{"text": fmt.Sprint(i)})
		type note struct{ Record struct{ Text string } }
		var told note
		var result struct{ Data struct{ NoteChanged note } }
		rest.next(&told)
		graphql.next(&result)
		if want := fmt.Sprint(i); told.Record.Text != want || result.Data.NoteChanged != told {
			t.Errorf("event %d has the text %q, of GraphQL %q", i, told.Record.Text, result.Data.NoteChanged.Record.Text)
		}
	}
}

// eventLines is a reader of server-sent events.
type eventLines struct {
	t     *testing.T
	lines *bufio.Reader
}

// next decodes the data of the next event.
func (e *eventLines) next(into any) {
	e.t.Helper()
	for {
		line, err := e.lines.ReadString('\n')
		if err != nil {
			e.t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data:"); ok {
			if err := json.Unmarshal([]byte(data), into); err != nil {
				e.t.Fatal(err)
			}
			return
		}
	}
}
