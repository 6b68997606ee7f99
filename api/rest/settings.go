package rest

import (
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/settings"
)

func (a *API) viewSettings(c *call) error { return c.marshal(a.app.Settings().Current()) }

func (a *API) updateSettings(c *call) error {
	if err := c.read(wire.DefaultLimit, "An error occurred while loading the submitted data."); err != nil {
		return err
	}
	body, err := c.body.JSON(settings.Settings{})
	if err != nil {
		return err
	}
	changed, err := a.app.Settings().Patch(c.r.Context(), body)
	if err != nil {
		return err
	}
	return c.marshal(changed)
}
