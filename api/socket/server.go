package socket

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/realtime"
)

// Server accepts WebSockets of any protocol. It is safe for concurrent use.
type Server struct {
	app      *core.App
	hub      *realtime.Hub
	upgrader websocket.Upgrader
	pushers  pushers

	mu   sync.Mutex     // guards what follows
	open int            // connections
	byIP map[string]int // connections by address
	came int            // connections that tidy has not seen to
}

// New returns a server of the hub.
func New(app *core.App, hub *realtime.Hub) *Server {
	return &Server{app: app, hub: hub, byIP: map[string]int{}, pushers: pushers{most: runtime.GOMAXPROCS(0), buffers: sync.Pool{New: func() any { return &buffers{} }}}, upgrader: websocket.Upgrader{
		// Idle connections are many: they hold no buffer for writing, and the one of hijacker for reading.
		WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: 10 * time.Second,
		CheckOrigin:      func(*http.Request) bool { return true }, // check has done so
		Error:            func(http.ResponseWriter, *http.Request, int, error) {},
	}}
}

// Accept makes a connection of a request and returns; the connection lives on until the
// client leaves or the server drains. Faults: Invalid for what is no handshake of the
// protocol, Forbidden for pages of other origins, TooMany for an address that has too many. open
// begins the Session: what it tells the client is written before anything else.
func (s *Server) Accept(w http.ResponseWriter, r *http.Request, q *request.Request, p *Protocol, open func(*Conn) Session) error {
	if err := check(w, r, p); err != nil {
		return err
	}
	if err := s.hub.Connect(r.Context(), q.Caller, true); err != nil {
		return err
	}
	limits := q.Settings.Realtime
	if !s.enter(q.Caller.IP, limits.MaxConnectionsPerIP) {
		return fault.New(fault.TooMany, "Too many connections.")
	}
	c := &Conn{server: s, protocol: p, compress: limits.Compress, IP: q.Caller.IP, Token: q.Token}
	h := &hijacker{ResponseWriter: w, in: &c.in}
	upgrader := s.upgrader
	upgrader.EnableCompression, upgrader.Subprotocols = limits.Compress, []string{p.Name}
	ws, err := upgrader.Upgrade(h, r, nil)
	if err != nil {
		s.leave(q.Caller.IP)
		if q.Answered() {
			return nil
		}
		return fault.Wrap(fault.Invalid, "The handshake of the WebSocket is not valid.", err)
	}
	c.Client, c.Named, c.ws = s.hub.OpenSocket(q.Caller, q.Token), ws.Subprotocol() == p.Name, ws
	c.line = line{client: c.Client, out: h.out, sender: c, pushers: &s.pushers}
	ctx, cancel := context.WithCancel(context.Background()) // not the request's, which ends now
	c.end = cancel
	c.held = q.Hold(c.drain)
	go c.run(ctx, open)
	return nil
}

// check validates the parts of the handshake that the library does not: subprotocol and Origin.
func check(w http.ResponseWriter, r *http.Request, p *Protocol) error {
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		return fault.New(fault.Invalid, "The request is no handshake of a WebSocket.")
	case !p.Lenient && !slices.Contains(websocket.Subprotocols(r), p.Name):
		return fault.New(fault.Invalid, "The WebSocket must have the subprotocol "+p.Name+".")
	case !originAllowed(w, r):
		return fault.New(fault.Forbidden, "Pages of this origin are not allowed.")
	}
	return nil
}

// originAllowed reports whether the page may connect: it is our own, or one to which the
// CORS middleware has answered that it may use the API. Only browsers send an origin.
func originAllowed(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || w.Header()["Access-Control-Allow-Origin"] != nil {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// enter counts a connection. It returns false if the address has as many as it may; 0 is
// any number.
func (s *Server) enter(ip string, limit int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit > 0 && s.byIP[ip] >= limit {
		return false
	}
	s.byIP[ip]++
	s.open++
	s.entered()
	return true
}

// A handshake takes several times the memory that its connection needs later.
const (
	manyCame  = 500 // connections that came: their handshakes are worth tidying up
	moreCame  = 100 // that came since: they are, again
	tidyAfter = 5 * time.Second
)

// entered counts a connection that came. The lock must be held.
func (s *Server) entered() {
	if s.came++; s.came == manyCame {
		time.AfterFunc(tidyAfter, s.tidy)
	}
}

// tidy gives the memory of handshakes back to the system: the collector is in no hurry.
func (s *Server) tidy() {
	debug.FreeOSMemory()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.came < manyCame+moreCame {
		s.came = 0
		return
	}
	s.came = manyCame
	time.AfterFunc(tidyAfter, s.tidy)
}

func (s *Server) leave(ip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.byIP[ip]--; s.byIP[ip] == 0 {
		delete(s.byIP, ip)
	}
}

// closesPerSecond is how many connections are closed each second when the server drains,
// if that ends within the time that it may take: their clients come back as fast.
const closesPerSecond = 100

// drainDelay is when to close a connection after the server has begun to drain.
func (s *Server) drainDelay() time.Duration {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	spread := min(s.app.Settings().Current().Realtime.Drain(), time.Duration(open)*time.Second/closesPerSecond)
	return rand.N(spread + 1)
}
