package rest

import (
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/schema"
)

func (a *API) authMethods(c *call) error {
	methods, err := a.auth.Methods(c.collection())
	if err != nil {
		return err
	}
	return c.marshal(methods)
}

func (a *API) authWithPassword(c *call) error {
	if err := c.read(wire.DefaultLimit, "An error occurred while loading the submitted data."); err != nil {
		return err
	}
	var form auth.PasswordForm
	if err := c.body.Decode(&form); err != nil {
		return err
	}
	res, err := a.auth.WithPassword(c.r.Context(), c.caller, c.collection(), form, c.query.Get("expand"))
	if err != nil {
		return err
	}
	return c.signedIn(res)
}

func (a *API) authRefresh(c *call) error {
	res, err := a.auth.Refresh(c.r.Context(), c.caller, c.collection(), c.token, c.query.Get("expand"))
	if err != nil {
		return err
	}
	return c.signedIn(res)
}

// signedIn answers with a token and the record that it stands for.
func (c *call) signedIn(res *auth.Response) error {
	dst := make([]byte, 0, len(res.Record)+len(res.Token)+32)
	dst = append(dst, `{"record":`...)
	dst = append(dst, res.Record...)
	dst = append(dst, `,"token":`...)
	dst = schema.AppendString(dst, res.Token)
	return c.json(append(dst, '}'))
}
