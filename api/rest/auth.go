package rest

import (
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/schema"
)

func (a *API) authMethods(c *call) error { return c.respond(a.auth.Methods(c.collection())) }

func (a *API) authWithPassword(c *call) error {
	var form auth.PasswordForm
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.signedIn(a.auth.WithPassword(c.r.Context(), c.Caller, c.collection(), form, c.Query.Get("expand")))
}

func (a *API) authRefresh(c *call) error {
	return c.signedIn(a.auth.Refresh(c.r.Context(), c.Caller, c.collection(), c.Token, c.Query.Get("expand")))
}

// signedIn answers with a token and the record that it stands for, unless there is an
// error to return. No cache keeps it.
func (c *call) signedIn(res *auth.Response, err error) error {
	if err != nil {
		return err
	}
	c.w.Header()["Cache-Control"] = []string{"no-store"}
	dst := make([]byte, 0, len(res.Record)+len(res.Token)+32)
	dst = append(dst, `{"record":`...)
	dst = append(dst, res.Record...)
	dst = append(dst, `,"token":`...)
	dst = schema.AppendString(dst, res.Token)
	return c.json(append(dst, '}'))
}
