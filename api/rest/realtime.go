package rest

import (
	"net/http"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/realtime"
)

// connectRealtime is a stream of events.
func (a *API) connectRealtime(c *call) error { return a.sockets.Events(c.w, c.r, c.Request) }

// subscribeRealtime sets what a client of a stream is subscribed to.
func (a *API) subscribeRealtime(c *call) error {
	var form struct {
		ClientID      string   `json:"clientId"`
		Subscriptions []string `json:"subscriptions"`
	}
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.done(a.hub.Subscribe(c.r.Context(), realtime.Subscription{
		ClientID: form.ClientID, Topics: form.Subscriptions, Pin: c.Pin(c.r), Token: c.Token, Caller: c.Caller,
	}))
}

// connectWebSocket makes a WebSocket of the request, which lives on when this returns.
func (a *API) connectWebSocket(c *call) error { return a.Socket(c.w, c.r, c.Request) }

// Socket makes a WebSocket of a request, also one that another route has begun, for its caller.
func (a *API) Socket(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	return a.ws.Accept(w, r, q)
}
