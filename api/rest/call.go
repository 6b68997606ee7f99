package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// endpoint serves a call. The error that it returns is the answer; else it has
// answered.
type endpoint func(*call) error

// call is one request at work.
type call struct {
	api    *API
	w      http.ResponseWriter
	r      *http.Request
	query  url.Values
	caller record.Caller
	token  string       // what the caller was recognised by
	fields *wire.Fields // what is wanted of the answer
	body   *wire.Body   // as read last; closed when the call is over
}

// handle makes a handler of an endpoint.
func (a *API) handle(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, w: w, r: r}
		defer func() { c.body.Close() }()
		err := c.begin()
		if err == nil {
			err = e(c)
		}
		if err != nil {
			c.fail(err)
		}
	})
}

// Handler makes a handler of a route that is not the API's own, with the caller and
// the answers to errors that the API has.
func (a *API) Handler(fn func(http.ResponseWriter, *http.Request, record.Caller) error) http.Handler {
	return a.handle(func(c *call) error { return fn(c.w, c.r, c.caller) })
}

// begin finds out what every endpoint needs to know. A token that is not valid is
// no error: its owner is a guest.
func (c *call) begin() (err error) {
	if c.query, err = wire.Query(c.r.URL.RawQuery); err != nil {
		return err
	}
	settings := c.api.app.Settings().Current()
	c.caller = record.Caller{Method: c.r.Method, Headers: c.r.Header, Query: c.query,
		IP: settings.TrustedProxy.RealIP(c.r.Header, c.r.RemoteAddr)}
	if header := c.r.Header["Authorization"]; len(header) > 0 {
		c.token = bearer(header[0])
		if c.caller.Auth, err = c.api.auth.Authenticate(c.r.Context(), c.token); err != nil {
			return err
		}
	}
	if c.caller.Superuser() && !settings.SuperuserAllowed(c.caller.IP) {
		return fault.New(fault.Forbidden, "")
	}
	c.fields, err = wire.ParseFields(c.query.Get("fields"))
	return err
}

// bearer is the token in an Authorization header, which may stand alone.
func bearer(header string) string {
	const scheme = "Bearer "
	if len(header) > len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		return strings.TrimSpace(header[len(scheme):])
	}
	return header
}

// param is a part of the path.
func (c *call) param(name string) string {
	value := c.r.PathValue(name)
	if c.r.URL.RawPath == "" {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}

func (c *call) collection() string { return c.param("collection") }

// read reads the body, which the call closes. A heavy one waits for its turn.
func (c *call) read(limit int64, malformed string) (err error) {
	if c.body, err = wire.ReadBody(c.r, limit, malformed); err != nil {
		return err
	}
	return c.api.heavy.Enter(c.r.Context(), c.body)
}

// json answers with what is wanted of a JSON value, which it takes over.
func (c *call) json(value []byte) error {
	wire.JSON(c.w, http.StatusOK, c.wanted(value))
	return nil
}

// wanted is what the client wants of a JSON value.
func (c *call) wanted(value []byte) []byte {
	if c.fields == nil {
		return value
	}
	return c.fields.Append(make([]byte, 0, len(value)+1), value)
}

// marshal answers with a value as JSON.
func (c *call) marshal(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return c.json(text)
}

func (c *call) noContent() error {
	wire.NoContent(c.w)
	return nil
}

// page answers with a page. Who asks with a cursor is told the next one.
func (c *call) page(p *record.Page) error {
	buffer := c.api.buffers.Get()
	defer c.api.buffers.Put(buffer)
	buffer.B = wire.AppendPage(buffer.B, p, c.fields, c.query.Has("cursor"))
	wire.JSON(c.w, http.StatusOK, buffer.B)
	return nil
}

// fail answers with a failure. What is not the client's fault is logged, unless
// it is that the client has gone away.
func (c *call) fail(err error) {
	gone := errors.Is(err, context.Canceled) && c.r.Context().Err() != nil
	if fault.KindOf(err) == fault.Internal && !gone {
		c.api.app.Log().Error("request failed", "request", wire.RequestID(c.w, c.r),
			"method", c.r.Method, "path", c.r.URL.Path, "error", err)
	}
	wire.Drain(c.w, c.r)
	wire.Error(c.w, err, c.caller.Superuser())
}
