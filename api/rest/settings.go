package rest

import "github.com/loambase/loam/core/settings"

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
