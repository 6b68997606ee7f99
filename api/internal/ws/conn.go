package ws

import (
	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// The close codes of the protocol (docs/wire/websocket.md §6).
const (
	closeBadMessages = 4400
	closeTooSlow     = 4408
)

// maxBad is the number of bad messages in a row that closes a connection.
const maxBad = 10

// conn is one connection.
type conn struct {
	server *Server
	socket *socket.Conn
	client *realtime.Client
	peer   *channel.Peer
	ip     string

	bad int // bad messages in a row
}

// open begins a connection. token is the current position in the feed of changes; the hello
// message tells it to the client.
func (s *Server) open(on *socket.Conn, token change.Token) *conn {
	c := &conn{server: s, socket: on, client: on.Client, ip: on.IP}
	id := schema.RandomString(15, schema.AlphabetID)
	c.peer = s.rooms.Peer(id, c.client)
	c.client.OnIdentity(func() { s.rooms.Identified(c.peer) })
	c.client.Tell(hello(id, string(token)))
	return c
}

// hello returns the first message to a client.
func hello(peer, token string) []byte {
	out := schema.AppendString([]byte(`{"type":"hello","peer":`), peer)
	out = schema.AppendString(append(out, `,"token":`...), token)
	out = schema.AppendString(append(out, `,"server":`...), "loam/"+core.Version)
	return append(out, '}')
}

// Append implements socket.Session.
func (c *conn) Append(dst []byte, m *realtime.Message) []byte { return appendMessage(dst, m) }

// Close implements socket.Session.
func (c *conn) Close() { c.server.rooms.End(c.peer) }
