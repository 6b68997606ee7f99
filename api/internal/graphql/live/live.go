// Package live serves GraphQL to clients that can be told of several results: on WebSockets by
// the protocol graphql-transport-ws (docs/wire/graphql.md §1), and as server-sent events by the
// distinct connections mode of graphql-sse. Subscriptions are those of the realtime hub, which has
// them tell what it shows; what may be seen is judged there.
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
	Charge  func(record.Caller) graphql.Charge // against the rate limits
}
