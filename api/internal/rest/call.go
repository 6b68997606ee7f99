package rest

import (
	"net/http"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

// endpoint serves a call. It either answers the call, or returns an error, which becomes the
// answer.
type endpoint func(*call) error

// call is a request to one route.
type call struct {
	*request.Request
	api    *API
	route  *route
	w      http.ResponseWriter
	r      *http.Request
	fields *wire.Fields // the parts of the answer that the client wants; nil: all
	body   *wire.Body   // nil until it is read; closed when the call is over
}

// handle returns the handler of a route.
func (a *API) handle(route *route) http.Handler {
	route.limits = limitsOf(&route.Route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, route: route, w: w, r: r}
		defer func() { c.body.Close() }()
		err := c.begin()
		if err == nil {
			err = route.serve(c)
		}
		if err != nil {
			c.Fail(w, r, err)
		}
	})
}

// begin does the common work before every endpoint: it finds the caller, counts the call against
// the rate limits, refuses callers whom the route does not admit, and reads the parameter "fields".
func (c *call) begin() (err error) {
	c.Request, err = c.api.requests.Begin(c.r)
	c.Route = &c.route.Route
	if limited := c.limit(); limited != nil { // a call that is refused counts too
		return limited
	}
	if err != nil {
		return err
	}
	if c.route.Audience == request.Superusers {
		if err := c.Caller.RequireSuperuser(); err != nil {
			return err
		}
	}
	c.fields, err = wire.ParseFields(c.Query.Get("fields"))
	return err
}

// param returns the named part of the path.
func (c *call) param(name string) string {
	return wire.PathValue(c.r, name)
}

func (c *call) collection() string { return c.param("collection") }

// read reads the body, up to the limit of the route. A body that cannot be decoded, now or later,
// is an Invalid fault with the message malformed. A large body waits for its turn.
func (c *call) read(malformed string) error {
	limit, err := c.route.maxBody(c)
	if err != nil {
		return err
	}
	if c.body, err = wire.ReadBody(c.r, limit, malformed, c.api.app.Budgets().Bodies, c.Caller.Share()); err != nil {
		return err
	}
	return c.body.Enter(c.r.Context(), c.api.app.Budgets().Heavy, c.Caller.Share())
}

// loadFailed is the message for a form that cannot be decoded.
const loadFailed = "An error occurred while loading the submitted data."

// decode reads the body into the struct that into points to.
func (c *call) decode(into any) error {
	if err := c.read(loadFailed); err != nil {
		return err
	}
	return c.body.Decode(into)
}

// readJSON reads the body and returns it as one JSON value, nil if it is empty. The values of a
// form get the types of the fields of the struct like.
func (c *call) readJSON(like any, malformed string) ([]byte, error) {
	if err := c.read(malformed); err != nil {
		return nil, err
	}
	return c.body.JSON(like)
}

// json answers with the wanted parts of a JSON value. The caller must not use the value afterwards.
func (c *call) json(value []byte) error {
	return c.write(c.pickFields(value))
}

// smallAnswer is the maximum length of an answer that is not counted: most of such an answer fits
// into the buffers of the connection.
const smallAnswer = 32 << 10

// write answers with one JSON value. A long value is counted until the client has read it: the
// error is a fault.Unavailable if too many bytes wait for the caller, or for all callers together.
// The place of the body is released before.
func (c *call) write(value []byte) error { return c.writeAs(http.StatusOK, "application/json", value) }

// writeAs answers as write does, with another status and content type.
func (c *call) writeAs(status int, contentType string, value []byte) error {
	c.body.Leave()
	if len(value) > smallAnswer {
		lease, err := c.api.app.Budgets().Answers.TryAcquire(c.Caller.Share(), int64(len(value)))
		if err != nil {
			return err
		}
		defer lease.Release()
	}
	wire.Typed(c.w, status, contentType, value)
	return nil
}

// pickFields returns the parts of a JSON value that the client wants.
func (c *call) pickFields(value []byte) []byte {
	if c.fields == nil {
		return value
	}
	return c.fields.Append(c.r.Context(), make([]byte, 0, len(value)+1), value)
}

// respond answers with the value as JSON, or returns the error.
func (c *call) respond(value any, err error) error {
	if err != nil {
		return err
	}
	text, err := schema.Marshal(value)
	if err != nil {
		return err
	}
	return c.json(text)
}

// respondJSON answers as respond does, with a value that is JSON already.
func (c *call) respondJSON(value []byte, err error) error {
	if err != nil {
		return err
	}
	return c.json(value)
}

// done answers 204, or returns the error.
func (c *call) done(err error) error {
	if err != nil {
		return err
	}
	wire.NoContent(c.w)
	return nil
}

// page answers with a page of a list. If the request has the parameter "cursor", the
// answer has the cursor of the next page. The page is released.
func (c *call) page(p *record.Page) error {
	buffer := c.api.buffers.Get()
	defer c.api.buffers.Put(buffer)
	buffer.B = wire.AppendPage(c.r.Context(), buffer.B, p, c.fields, c.Query.Has("cursor"))
	p.Release() // before the client may be slow to read
	return c.write(buffer.B)
}
