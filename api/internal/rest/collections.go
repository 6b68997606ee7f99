package rest

import "github.com/loambase/loam/internal/wire"

func (a *API) listCollections(c *call) error {
	params, err := wire.ListParams(c.Query)
	if err != nil {
		return err
	}
	page, err := a.app.Collections().List(c.r.Context(), c.Caller, params)
	if err != nil {
		return err
	}
	return c.page(page)
}

func (a *API) viewCollection(c *call) error {
	return c.respond(a.app.Collections().Get(c.r.Context(), c.Caller, c.collection()))
}

func (a *API) createCollection(c *call) error {
	body, err := c.readJSON(collectionForm{}, "Failed to load the collection type data due to invalid formatting.")
	if err != nil {
		return err
	}
	return c.respond(a.app.Collections().Create(c.r.Context(), c.Caller, body))
}

func (a *API) updateCollection(c *call) error {
	body, err := c.readJSON(collectionForm{}, "Failed to load the submitted data due to invalid formatting.")
	if err != nil {
		return err
	}
	convert, err := wire.Boolean(c.Query, "convert")
	if err != nil {
		return err
	}
	update := a.app.Collections().Update
	if convert {
		update = a.app.Collections().UpdateConverting
	}
	return c.respond(update(c.r.Context(), c.Caller, c.collection(), body))
}

func (a *API) deleteCollection(c *call) error {
	return c.done(a.app.Collections().Delete(c.r.Context(), c.Caller, c.collection()))
}

func (a *API) truncateCollection(c *call) error {
	return c.done(a.app.Records().Truncate(c.r.Context(), c.Caller, c.collection()))
}

// collectionForm gives the types of the values in a form with a collection: its text fields stay
// texts, whatever they look like; other values become numbers and booleans if they look so.
type collectionForm struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Indexes    []string `json:"indexes"`
	ListRule   string   `json:"listRule"`
	ViewRule   string   `json:"viewRule"`
	CreateRule string   `json:"createRule"`
	UpdateRule string   `json:"updateRule"`
	DeleteRule string   `json:"deleteRule"`
	AuthRule   string   `json:"authRule"`
	ManageRule string   `json:"manageRule"`
	ViewQuery  string   `json:"viewQuery"`
}
