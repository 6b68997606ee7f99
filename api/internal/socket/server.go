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

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// Server accepts WebSockets of any Protocol, and streams of events. It is safe for concurrent use.
type Server struct {
	app      *core.App
	hub      *realtime.Hub
	upgrader websocket.Upgrader
	pushers  pushers

	mu   sync.Mutex     // guards the fields below
	open int            // the number of open WebSockets
	byIP map[string]int // the number of open WebSockets by IP address
	came int            // the number of connections since the last run of tidy
}

// New returns a Server whose clients are clients of the hub.
func New(app *core.App, hub *realtime.Hub) *Server {
	s := &Server{app: app, hub: hub, byIP: map[string]int{}, pushers: pushers{most: runtime.GOMAXPROCS(0), buffers: sync.Pool{New: func() any { return &buffers{} }}}, upgrader: websocket.Upgrader{
		// Most connections are silent: they hold no write buffer, and read with hijacker.in.
		WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: 10 * time.Second,
		CheckOrigin:      func(*http.Request) bool { return true }, // check has checked the origin
		Error:            func(http.ResponseWriter, *http.Request, int, error) {},
	}}
	hub.OnDelivery(s.pushers.hold, s.pushers.release)
	return s
}

// Accept upgrades a request to a WebSocket and returns. The connection lives on until the client
// disconnects or the server drains. open begins the Session; messages that open tells the client
// are written before all others. Faults: Invalid for a request that is no valid handshake of the
// protocol, Forbidden for a page of another origin, TooMany for an IP address with too many
// connections, and the faults of realtime.Hub.Connect.
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
	h := &hijacker{ResponseWriter: w, out: &c.out, in: &c.in}
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
	c.client, c.sender, c.pushers = c.Client, c, &s.pushers
	ctx, cancel := context.WithCancel(context.Background()) // the context of the request ends now
	c.end = cancel
	c.held = q.Hold(c.drain)
	go c.run(ctx, open)
	return nil
}

// check validates the parts of the handshake that the library does not check: the subprotocol and
// the origin.
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

// originAllowed reports whether the page may connect: a page of this server, or a page whose
// origin the CORS middleware has allowed. Only browsers send an origin.
func originAllowed(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || w.Header()["Access-Control-Allow-Origin"] != nil {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// enter counts a new WebSocket. It returns false if the IP address already has limit WebSockets;
// a limit of 0 allows any number.
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
	manyCame  = 500 // new connections after which tidy runs
	moreCame  = 100 // further connections after which tidy runs again
	tidyAfter = 5 * time.Second
)

// entered counts a new connection for tidy. The lock must be held.
func (s *Server) entered() {
	if s.came++; s.came == manyCame {
		time.AfterFunc(tidyAfter, s.tidy)
	}
}

// tidy returns the memory of handshakes to the system, which the garbage collector would do late.
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

// closesPerSecond is the number of connections that a draining server closes each second, if the
// setting for the time of draining allows so few: their clients connect again at the same rate.
const closesPerSecond = 100

// drainDelay returns a random delay after which a draining server closes a connection.
func (s *Server) drainDelay() time.Duration {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	spread := min(s.app.Settings().Current().Realtime.Drain(), time.Duration(open)*time.Second/closesPerSecond)
	return rand.N(spread + 1)
}
