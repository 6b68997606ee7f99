package ws

import (
	"net/http"

	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// Server speaks the protocol on WebSockets. It is safe for concurrent use.
type Server struct {
	app     *core.App
	hub     *realtime.Hub
	rooms   *channel.Rooms
	sockets *socket.Server
}

// New returns a server of the hub and the rooms.
func New(app *core.App, hub *realtime.Hub, rooms *channel.Rooms, sockets *socket.Server) *Server {
	return &Server{app: app, hub: hub, rooms: rooms, sockets: sockets}
}

var protocol = &socket.Protocol{
	Name:       "loam.v1",
	MaxMessage: func(s *settings.Settings) int { return s.Realtime.MaxMessageBytes },
	TooSlow:    closeTooSlow,
}

// Accept upgrades a request to a WebSocket and returns. For faults see socket.Server.Accept.
func (s *Server) Accept(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	token, err := s.hub.Token(r.Context())
	if err != nil {
		return err
	}
	return s.sockets.Accept(w, r, q, protocol, func(c *socket.Conn) socket.Session { return s.open(c, token) })
}
