package rest

import (
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/settings"
)

func (a *API) viewSettings(c *call) error {
	return c.respond(a.app.Settings().Get(c.r.Context(), c.Caller))
}

func (a *API) updateSettings(c *call) error {
	body, err := c.readJSON(settings.Settings{}, loadFailed)
	if err != nil {
		return err
	}
	return c.respond(a.app.Settings().Patch(c.r.Context(), c.Caller, body))
}

func (a *API) testS3(c *call) error {
	var form core.S3TestForm
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.done(a.app.TestS3(c.r.Context(), c.Caller, form))
}

func (a *API) testEmail(c *call) error {
	var form auth.TestMailForm
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.done(a.auth.TestMail(c.r.Context(), c.Caller, form))
}

func (a *API) appleSecret(c *call) error {
	var form auth.AppleSecretForm
	if err := c.decode(&form); err != nil {
		return err
	}
	secret, err := a.auth.AppleSecret(c.Caller, form)
	c.w.Header().Set("Cache-Control", "no-store")
	return c.respond(map[string]string{"secret": secret}, err)
}
