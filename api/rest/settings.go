package rest

import (
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/settings"
)

func (a *API) viewSettings(c *call) error {
	current, err := a.app.Settings().Get(c.r.Context(), c.caller)
	if err != nil {
		return err
	}
	return c.marshal(current)
}

func (a *API) updateSettings(c *call) error {
	if err := c.read(wire.DefaultLimit, "An error occurred while loading the submitted data."); err != nil {
		return err
	}
	body, err := c.body.JSON(settings.Settings{})
	if err != nil {
		return err
	}
	changed, err := a.app.Settings().Patch(c.r.Context(), c.caller, body)
	if err != nil {
		return err
	}
	return c.marshal(changed)
}
