package rest

import (
	"github.com/loambase/loam/core/collection"
)

func (a *API) importCollections(c *call) error {
	var in collection.Import
	if err := c.decode(&in); err != nil {
		return err
	}
	return c.done(a.app.Collections().Import(c.r.Context(), c.Caller, &in))
}

func (a *API) planCollections(c *call) error {
	body, err := c.readJSON(struct{}{}, loadFailed)
	if err != nil {
		return err
	}
	return c.respond(a.app.Collections().Plan(c.r.Context(), c.Caller, body))
}

func (a *API) scaffolds(c *call) error {
	return c.respondJSON(a.app.Collections().Scaffolds(c.r.Context(), c.Caller))
}
