// The protocol graphql-transport-ws on one WebSocket.

package live

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// The close codes of the protocol. A client that is too slow gets the code after which usual
// clients connect again.
const (
	closeTryAgain       = 1013
	closeBadMessage     = 4400
	closeUnauthorized   = 4401
	closeForbidden      = 4403
	closeBadSubprotocol = 4406
	closeInitTimeout    = 4408
	closeTooSlow        = 4408
	closeDuplicate      = 4409
	closeTooManyInits   = 4429
)

// initTime is the time limit for the client's connection_init.
const initTime = 5 * time.Second

// maxID is the maximum length of the id of an operation, in bytes.
const maxID = 256

var protocol = &socket.Protocol{
	Name: "graphql-transport-ws", Lenient: true, Patient: true, TooSlow: closeTooSlow,
	MaxMessage: func(s *settings.Settings) int { return int(s.GraphQL.MaxBodyBytes) },
}

// Accept upgrades a request to a WebSocket and returns. The faults are those of socket.Server.
func (s *Server) Accept(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	id := q.ID // the closure must not keep q alive
	return s.Sockets.Accept(w, r, q, protocol, func(c *socket.Conn) socket.Session { return s.open(c, id) })
}

// session is the state of the protocol on one connection. Handle and Close are called by the
// goroutine that reads.
type session struct {
	server  *Server
	conn    *socket.Conn
	request string // the id of the request of the handshake
	late    *time.Timer

	initialised, acknowledged bool
	token                     string // of the account

	operations
}

// open begins a session.
func (s *Server) open(c *socket.Conn, request string) *session {
	if !c.Named {
		c.Close(closeBadSubprotocol, "Subprotocol not acceptable")
	}
	return &session{
		server: s, conn: c, request: request,
		late:       time.AfterFunc(initTime, func() { c.Close(closeInitTimeout, "Connection initialisation timeout") }),
		operations: operations{running: make(chan struct{}, maxRunning), byID: map[string]*operation{}},
	}
}

// message is a message of a client.
type message struct {
	Type    string          `json:"type"`
	ID      *string         `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

// Handle implements socket.Session.
func (s *session) Handle(ctx context.Context, text []byte) {
	var m message
	if json.Unmarshal(text, &m) != nil {
		s.conn.Close(closeBadMessage, "The message is no JSON object with a type")
		return
	}
	if string(m.Payload) == "null" {
		m.Payload = nil
	}
	switch m.Type {
	case "connection_init":
		s.initialise(ctx, m.Payload)
	case "ping":
		s.conn.Client.Tell(appendMessage(nil, "pong", "", m.Payload))
	case "pong":
	case "subscribe", "complete":
		if m.ID == nil || *m.ID == "" || len(*m.ID) > maxID {
			s.conn.Close(closeBadMessage, "The id must be a text of 1 to "+strconv.Itoa(maxID)+" bytes")
			return
		}
		if m.Type == "complete" {
			s.complete(*m.ID)
		} else {
			s.subscribe(ctx, *m.ID, m.Payload)
		}
	default:
		s.conn.Close(closeBadMessage, "The type of the message is unknown")
	}
}

// Close implements socket.Session.
func (s *session) Close() {
	s.late.Stop()
	s.stopAll()
}

// Append implements socket.Session.
func (s *session) Append(dst []byte, m *realtime.Message) []byte {
	kind := realtime.Event
	if m.Mark != nil {
		kind = m.Mark.Kind
	}
	switch kind {
	case realtime.Answer:
		return append(dst, m.Data...)
	case realtime.SignedOut:
		s.conn.Close(closeForbidden, "Forbidden") // the protocol has no way to sign in again
		return dst
	case realtime.Reset:
		s.complete(m.Topic)
		return appendMessage(dst, "error", m.Topic, graphql.AppendErrors(nil, graphql.Missed()))
	case realtime.Ended:
		s.operations.end(m.Topic)
		return appendMessage(dst, "error", m.Topic, m.Data)
	}
	dst = schema.AppendString(append(dst, `{"id":`...), m.Topic)
	return append(appendEvent(append(dst, `,"type":"next","payload":`...), m), '}')
}

// appendEvent appends the result for an event.
func appendEvent(dst []byte, m *realtime.Message) []byte {
	data := m.Data
	for {
		before, after, found := bytes.Cut(data, []byte{graphql.TokenMark})
		dst = append(dst, before...)
		if !found {
			return dst
		}
		if m.Mark == nil || m.Mark.Token == "" {
			dst = append(dst, "null"...)
		} else {
			dst = schema.AppendString(dst, m.Mark.Token)
		}
		data = after
	}
}

// appendMessage appends a message to a client; id and payload may be empty.
func appendMessage(dst []byte, kind, id string, payload []byte) []byte {
	dst = append(append(dst, `{"type":"`...), kind...)
	dst = append(dst, '"')
	if id != "" {
		dst = schema.AppendString(append(dst, `,"id":`...), id)
	}
	if payload != nil {
		dst = append(append(dst, `,"payload":`...), payload...)
	}
	return append(dst, '}')
}
