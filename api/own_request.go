package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/loambase/loam/api/rest"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Request is a request to a route of the program's own. PathValue returns the parts of its
// path.
type Request struct {
	*http.Request
	Caller record.Caller // a guest if there is no valid token; its Body is empty
	ID     string        // as in the log and in the header X-Request-Id of the answer

	call *rest.OwnCall
}

// Decode reads the JSON or form body into v, as package encoding/json does. What cannot be
// read is a fault of the kind Invalid to return, a body that is longer than the BodyLimit of
// the route one of the kind TooLarge. Decode, Object and Uploads may be called together: the
// body is read once. After it has been read from Request.Body by the handler itself there is
// nothing left for them.
func (r *Request) Decode(v any) error {
	body, err := r.call.Body()
	if err != nil {
		return err
	}
	return body.Decode(v)
}

// Object returns the JSON object or form in the body as the value record.Input.Body takes,
// numbers as json.Number: to create or update a record from it. An empty body is nil. For
// errors see Decode.
func (r *Request) Object() (map[string]any, error) {
	body, err := r.call.Body()
	if err != nil {
		return nil, err
	}
	return body.Object()
}

// Uploads returns the files of a multipart form, by the names of their parts; nil if there
// are none. They can be read until the handler returns. For errors see Decode.
func (r *Request) Uploads() (map[string][]*blob.Upload, error) {
	body, err := r.call.Body()
	if err != nil {
		return nil, err
	}
	return body.Files("")
}

// Stream registers an answer that has no end of its own, as events or a WebSocket. The
// context ends with the handler, and when the server is about to stop; the server
// waits until end is called.
func (r *Request) Stream() (ctx context.Context, end func()) { return r.call.Stream(r.Context()) }

// Events begins an answer of server-sent events. The handler sends until Context ends, and
// returns. End must be called.
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
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
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

// Context ends when the client has gone away, or the server is about to stop.
func (e *Events) Context() context.Context { return e.ctx }

// End says that no event follows. More calls do nothing.
func (e *Events) End() { e.end() }

// Send sends an event at once; its data is v as JSON. name may be "" for an event "message".
// A name with a line break, and a v that is no JSON, are errors, and nothing is sent. The
// error of a client that has gone away is that of the context.
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

// flush writes what is complete.
func (e *Events) flush(text []byte) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	if _, err := e.w.Write(text); err != nil {
		return err
	}
	return e.out.Flush()
}

// JSON answers with the value as package encoding/json has it, without its escapes for HTML.
func JSON(w http.ResponseWriter, status int, value any) error {
	text, err := schema.Marshal(value)
	if err != nil {
		return err
	}
	wire.JSON(w, status, text)
	return nil
}

// SignedIn answers with a token and its record, as the routes for signing in do, unless there
// is an error to return: clients keep it in their stores. Auth.SignInRecord makes it:
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

// NoContent answers 204: it is done, and there is nothing to say.
func NoContent(w http.ResponseWriter) error {
	wire.NoContent(w)
	return nil
}

// HTML answers with the page that render writes. The answer begins when the whole page is
// there, so that an error of render is answered as one. It takes templates of html/template
// and components of templ alike:
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
