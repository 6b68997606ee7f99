package rest

import (
	"net/http"
	"time"

	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// The duration of a stream of events (docs/wire/auth-realtime-system.md §4.1). Clients connect
// again after its end.
const (
	streamIdle = 5 * time.Minute  // without a message
	streamLife = 30 * time.Minute // in all
)

// connectRealtime answers with a stream of events. The first event has the id of the client.
func (a *API) connectRealtime(c *call) error {
	if c.r.Method == http.MethodHead {
		socket.EventHeader(c.w.Header())
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	if err := a.hub.Connect(c.r.Context(), c.Caller, false); err != nil {
		return err
	}
	client := a.hub.Open(c.Pin(c.r))
	connect := realtime.Message{Topic: "PB_CONNECT", Data: []byte(`{"clientId":"` + client.ID + `"}`)}
	first, _ := events{client}.Append(nil, &connect)
	a.sockets.Events(c.w, c.r, c.Request, socket.Stream{
		Client: client, First: first, Feed: events{client}, Idle: streamIdle, Life: streamLife,
	})
	return nil
}

// events implements socket.Feed. The id of each event is the id of the client, because the SDK of
// the reference reads the client's id from there.
type events struct{ client *realtime.Client }

func (e events) Append(dst []byte, m *realtime.Message) ([]byte, bool) {
	dst = append(append(dst, "id:"...), e.client.ID...)
	dst = append(append(dst, "\nevent:"...), m.Topic...)
	dst = append(append(dst, "\ndata:"...), m.Data...)
	return append(dst, "\n\n"...), false
}

func (e events) Close() {}

// subscribeRealtime replaces the subscriptions of a client of a stream.
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

// connectWebSocket upgrades the request to a WebSocket, which lives on after the return.
func (a *API) connectWebSocket(c *call) error { return a.Socket(c.w, c.r, c.Request) }

// Socket upgrades a request to a WebSocket for the caller of q. The request may have been begun
// by a route outside of the API. For faults see socket.Server.Accept.
func (a *API) Socket(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	return a.ws.Accept(w, r, q)
}
