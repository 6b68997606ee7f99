// GraphQL over server-sent events: one request, one operation, one stream of its results.

package live

import (
	"context"
	"net/http"

	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// Stream answers a request with the results of its operation, as server-sent events. A subscription
// ends when the client disconnects, does not read, or loses its sign-in, and when the server
// drains: without the event complete, so that clients connect again. A wrong request is answered by
// refused or err; errors of the operation are sent in the stream.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request, q *request.Request, body func() ([]byte, error)) (refused *graphql.Answer, err error) {
	if q.Token != "" && q.Caller.Auth == nil { // the client would watch as a guest without knowing it
		return nil, fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
	}
	op, refused, err := graphql.Read(r, q, body)
	if refused != nil || err != nil {
		return refused, err
	}
	op.Token = q.Token
	caller := q.Caller
	caller.Method = http.MethodGet
	sub, result := s.GraphQL.Start(r.Context(), q.ID, caller, q.Settings.GraphQL, op, s.Charge(caller))
	if result != nil && result.NotReadOnly {
		return graphql.NotReadOnly("application/json"), nil
	}
	if result != nil {
		return nil, s.once(w, caller, result)
	}
	if err := s.Hub.Connect(r.Context(), q.Caller, false); err != nil {
		return nil, err
	}
	s.Sockets.Events(w, r, q, s.follow(r.Context(), q, sub.Watch))
	return nil, nil
}

// once answers with the only result of an operation.
func (s *Server) once(w http.ResponseWriter, caller record.Caller, result *graphql.Result) error {
	if len(result.Data) > smallAnswer {
		lease, err := s.App.Budgets().Answers.TryAcquire(caller.Share(), int64(len(result.Data)))
		if err != nil {
			return err
		}
		defer lease.Release()
	}
	socket.EventHeader(w.Header())
	_, _ = w.Write(appendLast(nil, result)) // an error means that the client has disconnected
	return nil
}

// follow begins a subscription and returns its stream. It returns when no later change can be
// missed, or when the subscription has failed: then the stream sends the error and ends.
func (s *Server) follow(request context.Context, q *request.Request, w realtime.Watch) socket.Stream {
	client := s.Hub.OpenSocket(q.Caller, q.Token)
	ctx, cancel := context.WithCancel(context.Background()) // the stream outlives the request
	f := &feed{cancel: cancel, ended: make(chan struct{})}
	begun := make(chan struct{})
	go func() { // Watch may wait until the client has read from the stream
		defer close(f.ended)
		err := s.Hub.Watch(ctx, client, w, func(string, change.Token) []byte {
			close(begun)
			return nil
		})
		if err != nil && ctx.Err() == nil {
			failed := graphql.Result{Errors: graphql.Failed(err, client.Caller().Superuser())}
			client.Tell(appendLast(nil, &failed))
		}
	}()
	left := context.AfterFunc(request, cancel)
	select {
	case <-begun:
	case <-f.ended:
	}
	left()
	return socket.Stream{Client: client, First: []byte(socket.Comment), Feed: f}
}

// feed is the socket.Feed of a subscription: it encodes messages as server-sent events.
type feed struct {
	cancel context.CancelFunc
	ended  chan struct{} // closed when Hub.Watch has returned
}

// Append implements socket.Feed.
func (f *feed) Append(dst []byte, m *realtime.Message) (out []byte, last bool) {
	kind := realtime.Event
	if m.Mark != nil {
		kind = m.Mark.Kind
	}
	switch kind {
	case realtime.Answer: // the subscription has failed
		return append(dst, m.Data...), true
	case realtime.Reset:
		return appendLast(dst, &graphql.Result{Errors: graphql.Missed()}), true
	case realtime.Ended:
		dst = append(append(append(dst, next+`{"errors":`...), m.Data...), "}\n\n"...)
		return append(dst, complete...), true
	case realtime.SignedOut:
		return dst, true
	}
	return append(appendEvent(append(dst, next...), m), "\n\n"...), false
}

// Close implements socket.Feed.
func (f *feed) Close() {
	f.cancel()
	<-f.ended
}

// Parts of the events of the protocol.
const (
	next     = "event:next\ndata:"
	complete = "event:complete\ndata:\n\n"
)

// appendLast appends the last result of an operation, and the event complete.
func appendLast(dst []byte, result *graphql.Result) []byte {
	dst = append(append(append(dst, next...), result.Append(nil)...), "\n\n"...)
	return append(dst, complete...)
}
