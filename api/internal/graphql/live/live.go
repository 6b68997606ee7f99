// Package live serves GraphQL to clients that can receive several results: on WebSockets by the
// protocol graphql-transport-ws (docs/wire/graphql.md §1), and as server-sent events by the
// distinct connections mode of graphql-sse. Subscriptions are subscriptions of the realtime hub,
// which judges the rules and lets this package make the messages.
package live

import (
	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// Server serves both protocols. It is safe for concurrent use. Every field is required.
type Server struct {
	App     *core.App
	Hub     *realtime.Hub
	Sockets *socket.Server
	GraphQL *graphql.Service
	Charge  func(record.Caller) graphql.Charge // counts against the rate limits
}
