package rest

import "github.com/loambase/loam/core/settings"

func (a *API) viewSettings(c *call) error { return c.respond(c.Settings, nil) }

func (a *API) updateSettings(c *call) error {
	body, err := c.readJSON(settings.Settings{}, loadFailed)
	if err != nil {
		return err
	}
	return c.respond(a.app.Settings().Patch(c.r.Context(), body))
}
