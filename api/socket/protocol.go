// Package socket is what the WebSockets of this server have in common, whatever is spoken on
// them: the handshake, limits, pings, the order of what is written, slow clients, and how
// connections end. A Protocol is spoken on each of them, by a Session.
package socket

import (
	"context"

	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/realtime"
)

// Protocol is what is spoken on connections.
type Protocol struct {
	Name string // the subprotocol that clients ask for

	// Lenient accepts clients that do not ask for it: the Session is to close their
	// connections with a code that tells what is wrong. Else they are refused.
	Lenient bool

	// Patient has clients that send too much wait. Else their connections are closed.
	Patient bool

	MaxMessage func(*settings.Settings) int // bytes that a message of a client may have
	TooSlow    int                          // the code of closing a connection whose client takes nothing
}

// Session is a protocol on one connection.
type Session interface {
	// Handle handles a message of the client. It is called for one after the other; none is read
	// meanwhile. ctx ends with the connection.
	Handle(ctx context.Context, text []byte)

	// Append appends a message of the hub as the client gets it: nothing, if there is none to
	// tell. It may close the connection, which is after what was appended before.
	Append(dst []byte, m *realtime.Message) []byte

	// Close is called once, when nothing is handled any more.
	Close()
}
