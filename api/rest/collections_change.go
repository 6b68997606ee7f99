package rest

import (
	"encoding/json"

	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/collection"
)

const unloaded = "An error occurred while loading the submitted data."

func (a *API) importCollections(c *call) error {
	var in collection.Import
	if err := c.decode(&in); err != nil {
		return err
	}
	if err := a.app.Collections().Import(c.r.Context(), c.caller, &in); err != nil {
		return err
	}
	return c.noContent()
}

func (a *API) planCollections(c *call) error {
	if err := c.read(wire.DefaultLimit, unloaded); err != nil {
		return err
	}
	body, err := c.body.JSON(struct{}{})
	if err != nil {
		return err
	}
	plan, err := a.app.Collections().Plan(c.r.Context(), c.caller, body)
	if err != nil {
		return err
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	return c.json(text)
}

func (a *API) scaffolds(c *call) error {
	text, err := a.app.Collections().Scaffolds(c.r.Context(), c.caller)
	if err != nil {
		return err
	}
	return c.json(text)
}

// decode reads the body into a structure.
func (c *call) decode(into any) error {
	if err := c.read(wire.DefaultLimit, unloaded); err != nil {
		return err
	}
	return c.body.Decode(into)
}
