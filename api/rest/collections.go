package rest

import "github.com/loambase/loam/api/wire"

func (a *API) listCollections(c *call) error {
	params, err := wire.ListParams(c.query)
	if err != nil {
		return err
	}
	page, err := a.app.Collections().List(c.r.Context(), c.caller, params)
	if err != nil {
		return err
	}
	return c.page(page)
}

func (a *API) viewCollection(c *call) error {
	found, err := a.app.Collections().Get(c.r.Context(), c.caller, c.collection())
	if err != nil {
		return err
	}
	return c.marshal(found)
}

func (a *API) createCollection(c *call) error {
	body, err := c.definition("Failed to load the collection type data due to invalid formatting.")
	if err != nil {
		return err
	}
	created, err := a.app.Collections().Create(c.r.Context(), c.caller, body)
	if err != nil {
		return err
	}
	return c.marshal(created)
}

func (a *API) updateCollection(c *call) error {
	body, err := c.definition("Failed to load the submitted data due to invalid formatting.")
	if err != nil {
		return err
	}
	convert, err := wire.Boolean(c.query, "convert")
	if err != nil {
		return err
	}
	update := a.app.Collections().Update
	if convert {
		update = a.app.Collections().UpdateConverting
	}
	updated, err := update(c.r.Context(), c.caller, c.collection(), body)
	if err != nil {
		return err
	}
	return c.marshal(updated)
}

func (a *API) deleteCollection(c *call) error {
	if err := a.app.Collections().Delete(c.r.Context(), c.caller, c.collection()); err != nil {
		return err
	}
	return c.noContent()
}

func (a *API) truncateCollection(c *call) error {
	if err := a.app.Records().Truncate(c.r.Context(), c.collection()); err != nil {
		return err
	}
	return c.noContent()
}

// texts are the properties of a collection that are no numbers and no booleans,
// whatever a form's text for them looks like.
type texts struct {
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

// definition reads the body that describes a collection.
func (c *call) definition(malformed string) ([]byte, error) {
	if err := c.read(wire.DefaultLimit, malformed); err != nil {
		return nil, err
	}
	return c.body.JSON(texts{})
}
