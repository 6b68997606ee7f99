package live_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

// message is a message of the server, with the members that the test reads.
type message struct {
	Type    string
	Payload struct {
		Token string // of connection_ack
		Data  struct {
			PostChanged struct {
				Token  string
				Record struct{ Title string }
			}
		}
	}
}

// TestSubscribers connects many clients with equal and different subscriptions, some of which
// disconnect soon, while records and collections are written. Each client that stays receives every
// change, in the order of the commits. clients/graphql tests the stock clients.
func TestSubscribers(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"posts","type":"base","listRule":"","viewRule":"","createRule":"","fields":[{"name":"title","type":"text"}]}`)
	handler, err := (&api.Program{App: app}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	const clients, posts = 12, 20
	var all sync.WaitGroup
	for i := range clients {
		c := connect(t, server.URL)
		c.subscribe(t, []string{"{ token record { title } }", "{ record { title } token action }"}[i%2])
		all.Go(func() { readAll(t, c, posts) })
	}
	for i := range posts {
		if i == posts/2 {
			coretest.Collection(t, app, `{"name":"others","type":"base","fields":[]}`)
		}
		gone := connect(t, server.URL)
		gone.subscribe(t, "{ id }")
		status, body := apitest.Ask(t, handler, "", http.MethodPost, "/api/collections/posts/records", fmt.Sprintf(`{"title":"post %d"}`, i))
		if status != http.StatusOK {
			t.Fatal(body)
		}
		_ = gone.Close()
	}
	all.Wait()
}

// client is a connection after its acknowledgement.
type client struct {
	*websocket.Conn
	token string // of the acknowledgement: the position in the change log
}

func connect(t *testing.T, server string) *client {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	ws, response, err := dialer.Dial(strings.Replace(server, "http", "ws", 1)+"/api/graphql", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(time.Minute))
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init"}`)); err != nil {
		t.Fatal(err)
	}
	ack := read(t, ws)
	if ack.Type != "connection_ack" {
		t.Fatalf("%+v is no acknowledgement", ack)
	}
	return &client{ws, ack.Payload.Token}
}

// subscribe subscribes to all changes since the acknowledgement of the connection.
func (c *client) subscribe(t *testing.T, selection string) {
	t.Helper()
	query := fmt.Sprintf("subscription ($since: String) { postChanged(since: $since) %s }", selection)
	message := fmt.Appendf(nil, `{"type":"subscribe","id":"s","payload":{"query":%q,"variables":{"since":%q}}}`, query, c.token)
	if err := c.WriteMessage(websocket.TextMessage, message); err != nil {
		t.Fatal(err)
	}
}

// readAll reads the changes, and checks that none is missing.
func readAll(t *testing.T, c *client, posts int) {
	for i := range posts {
		m := read(t, c.Conn)
		told := m.Payload.Data.PostChanged
		if want := fmt.Sprintf("post %d", i); told.Record.Title != want || told.Token == "" {
			t.Errorf("%+v, want %s with a token", m, want)
			return
		}
	}
}

func read(t *testing.T, ws *websocket.Conn) (m message) {
	_, text, err := ws.ReadMessage()
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Error(err)
	}
	return m
}
