// Package rest is the REST interface (docs/wire/records.md, auth-realtime-system.md). routes.go
// holds the table of routes; the other files hold the endpoints, one file per group of routes.
// An endpoint decodes the request, calls a service and encodes the result. The services check
// permissions.
package rest

import (
	"sync"

	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/api/internal/graphql/live"
	"github.com/loambase/loam/api/internal/openapi"
	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/api/internal/ws"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// API serves the routes. It is safe for concurrent use.
type API struct {
	app       *core.App
	auth      *auth.Service
	hub       *realtime.Hub
	requests  *request.Service
	sockets   *socket.Server
	ws        *ws.Server
	limiter   *ratelimit.Limiter // the limiter of the settings
	limiters  limiters           // limiter, if it is enabled, and the limiters of Limit
	proxies   proxies
	buffers   wire.Buffers
	graphql   *graphql.Service
	documents documents
	live      *live.Server
	own       []openapi.Own // routes of the program; not changed after the API has begun to serve
	findRoute func() findRoute
}

// New returns the API of an open app. The requests that it serves begin at requests.
func New(app *core.App, auth *auth.Service, hub *realtime.Hub, rooms *channel.Rooms, requests *request.Service) *API {
	sockets := socket.New(app, hub)
	a := &API{app: app, auth: auth, hub: hub, requests: requests, sockets: sockets, ws: ws.New(app, hub, rooms, sockets), limiter: ratelimit.New(app.Now),
		graphql: newGraphQL(app, auth)}
	a.findRoute = sync.OnceValue(a.newFindRoute)
	a.followLimits()
	a.live = &live.Server{App: app, Hub: hub, Sockets: sockets, GraphQL: a.graphql, Charge: a.charge}
	return a
}
