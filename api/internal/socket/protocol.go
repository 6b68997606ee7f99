// Package socket implements the parts of WebSockets and event streams that do not depend on the
// protocol: the handshake, limits, pings, the order of messages, slow clients, and the end of a
// connection. A Protocol describes what is spoken on a WebSocket; a Session speaks it on one
// connection.
package socket

import (
	"context"

	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/realtime"
)

// Protocol describes a protocol on WebSockets.
type Protocol struct {
	Name string // the subprotocol that clients ask for

	// Lenient accepts clients that do not ask for the subprotocol: the Session must close
	// their connections with a code that names the fault. Without Lenient they are refused.
	Lenient bool

	// Patient delays the messages of clients that send too many. Without Patient their
	// connections are closed.
	Patient bool

	MaxMessage func(*settings.Settings) int // the maximum length of a client's message in bytes
	TooSlow    int                          // the close code for a client that does not read its messages
}

// Session speaks a protocol on one connection.
type Session interface {
	// Handle handles a message of the client. It is called for one message after the other; the
	// next message is read after it has returned. ctx ends with the connection.
	Handle(ctx context.Context, text []byte)

	// Append appends a message of the hub in the form for the client, or nothing if the client
	// is not to get it. It may close the connection, which then ends after all messages that were
	// appended before.
	Append(dst []byte, m *realtime.Message) []byte

	// Close is called once, after the last call of Handle has returned.
	Close()
}
