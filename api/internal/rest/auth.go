package rest

import (
	"net/http"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/internal/wire"
)

func (a *API) authMethods(c *call) error {
	return c.respond(a.auth.Methods(c.r.Context(), c.collection()))
}

// authWith returns the endpoint of the named method of signing in.
func (a *API) authWith(method string) endpoint {
	return func(c *call) error {
		m := a.auth.Method(method)
		form := m.Form()
		if err := c.decode(form); err != nil {
			return err
		}
		o := auth.Options{Expand: c.Query.Get("expand"), MFAID: c.Query.Get("mfaId")}
		if o.MFAID == "" {
			var more struct {
				MFAID string `json:"mfaId"`
			}
			if err := c.body.Decode(&more); err != nil {
				return err
			}
			o.MFAID = more.MFAID
		}
		c.body.Leave() // a method may call another service, which may be slow
		return c.signedIn(a.auth.SignIn(c.r.Context(), c.Caller, c.collection(), m, form, o))
	}
}

func (a *API) requestOTP(c *call) error {
	var form auth.EmailForm
	if err := c.decode(&form); err != nil {
		return err
	}
	id, err := a.auth.RequestOTP(c.r.Context(), c.Caller, c.collection(), form)
	return c.respond(map[string]string{"otpId": id}, err)
}

func (a *API) impersonate(c *call) error {
	var form auth.ImpersonateForm
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.signedIn(a.auth.Impersonate(c.r.Context(), c.Caller, c.collection(), c.param("id"), form, c.Query.Get("expand")))
}

func (a *API) authRefresh(c *call) error {
	return c.signedIn(a.auth.Refresh(c.r.Context(), c.Caller, c.collection(), c.Token, c.Query.Get("expand")))
}

// signedIn answers with a token and its record, or returns the error. Caches must not keep the
// answer.
func (c *call) signedIn(res *auth.Response, err error) error {
	if err != nil {
		return err
	}
	c.w.Header()["Cache-Control"] = []string{"no-store"}
	if res.MFAID != "" { // Wire: no envelope
		wire.JSON(c.w, http.StatusUnauthorized, res.JSON())
		return nil
	}
	return c.json(res.JSON())
}
