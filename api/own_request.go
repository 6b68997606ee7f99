package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/loambase/loam/api/internal/rest"
	"github.com/loambase/loam/api/internal/socket"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/wire"
)

// Request is a request to a route of the program. PathValue returns the named parts of the
// path.
type Request struct {
	*http.Request
	Caller record.Caller // a guest if the request has no valid token; Caller.Body is empty
	ID     string        // the request id, in the log and in the header X-Request-Id of the answer

	call *rest.OwnCall
}

// Decode reads the JSON or form body into v, as package encoding/json does. A body that is not
// valid is a fault of the kind Invalid, a body longer than the BodyLimit of the route a fault
// of the kind TooLarge; the handler may return either. The body is read once, so Decode, Object
// and Uploads may all be called. They find nothing if the handler has read Request.Body itself.
func (r *Request) Decode(v any) error {
	body, err := r.call.Body()
	if err != nil {
		return err
	}
	return body.Decode(v)
}

// Object returns the JSON object or form in the body, with numbers as json.Number: the form of
// record.Input.Body, to create or update a record. It returns nil for an empty body. For errors
// see Decode.
func (r *Request) Object() (map[string]any, error) {
	body, err := r.call.Body()
	if err != nil {
		return nil, err
	}
	return body.Object()
}

// Uploads returns the files of a multipart form, by the names of their parts; nil if the body
// has no files. The files can be read until the handler returns. For errors see Decode.
func (r *Request) Uploads() (map[string][]*blob.Upload, error) {
	body, err := r.call.Body()
	if err != nil {
		return nil, err
	}
	return body.Files("")
}

// Stream registers an answer without an end of its own, such as events or a WebSocket. ctx ends
// when the request does, and when the server is about to stop. The server waits for the answer
// until end is called; end must be called, and more calls do nothing.
func (r *Request) Stream() (ctx context.Context, end func()) { return r.call.Stream(r.Context()) }

// Events begins an answer with server-sent events. The handler sends events until the Context of
// the Events ends, and then returns. End must be called.
//
//	events := r.Events(w)
//	defer events.End()
//	for {
//		select {
//		case <-events.Context().Done():
//			return nil
//		case price := <-prices:
//			if err := events.Send("price", price); err != nil {
//				return err
//			}
//		}
//	}
func (r *Request) Events(w http.ResponseWriter) *Events {
	socket.EventHeader(w.Header())
	ctx, end := r.Stream()
	return &Events{ctx: ctx, end: end, w: w, out: http.NewResponseController(w)}
}

// Events is an answer of server-sent events. It is used by one goroutine.
type Events struct {
	ctx context.Context
	end func()
	w   io.Writer
	out *http.ResponseController
}

// Context returns a context that ends when the client has disconnected, or the server is about
// to stop.
func (e *Events) Context() context.Context { return e.ctx }

// End ends the stream: the server no longer waits for it. More calls do nothing.
func (e *Events) End() { e.end() }

// Send sends an event at once, with v as JSON for its data. The name "" stands for "message".
// A name with a line break, and a v that cannot be encoded, are errors, and nothing is sent.
// After Context has ended, Send returns the error of the context.
func (e *Events) Send(name string, v any) error {
	if strings.ContainsAny(name, "\r\n") {
		return errors.New("api: the name of an event has a line break")
	}
	data, err := schema.Marshal(v)
	if err != nil {
		return fmt.Errorf("api: event %q: %w", name, err)
	}
	text := append([]byte("data:"), data...)
	if name != "" {
		text = append([]byte("event:"+name+"\n"), text...)
	}
	return e.flush(append(text, "\n\n"...))
}

// flush writes the text to the client at once.
func (e *Events) flush(text []byte) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	if _, err := e.w.Write(text); err != nil {
		return err
	}
	return e.out.Flush()
}

// JSON answers with the value as package encoding/json encodes it, but without escapes for HTML.
// It returns the error of the encoding; nothing was written then.
func JSON(w http.ResponseWriter, status int, value any) error {
	text, err := schema.Marshal(value)
	if err != nil {
		return err
	}
	wire.JSON(w, status, text)
	return nil
}

// SignedIn returns a function that answers with a token and its record, like the API's routes
// for signing in, or returns the error that it was given. Clients keep token and record in their
// stores. The arguments of the function are the results of Auth.SignInRecord:
//
//	return api.SignedIn(w)(auth.SignInRecord(r.Context(), r.Caller, member, "ticket", nil, auth.Options{}))
func SignedIn(w http.ResponseWriter) func(*auth.Response, error) error {
	return func(answer *auth.Response, err error) error {
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		status := http.StatusOK
		if answer.MFAID != "" {
			status = http.StatusUnauthorized
		}
		wire.JSON(w, status, answer.JSON())
		return nil
	}
}

// NoContent answers with the status 204 and no body. The error is always nil.
func NoContent(w http.ResponseWriter) error {
	wire.NoContent(w)
	return nil
}

// HTML answers with the page that render writes. The page is buffered, so an error of render is
// returned before the answer begins. Both html/template and templ can render it:
//
//	api.HTML(w, 200, func(out io.Writer) error { return page.Execute(out, data) })
//	api.HTML(w, 200, func(out io.Writer) error { return home(data).Render(r.Context(), out) })
func HTML(w http.ResponseWriter, status int, render func(out io.Writer) error) error {
	var page bytes.Buffer
	if err := render(&page); err != nil {
		return err
	}
	wire.Typed(w, status, "text/html; charset=utf-8", page.Bytes())
	return nil
}
