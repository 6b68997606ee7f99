package rest

import (
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func (a *API) listRecords(c *call) error {
	if err := c.readRequestBody(); err != nil {
		return err
	}
	params, err := wire.ListParams(c.query)
	if err != nil {
		return err
	}
	page, err := a.app.Records().List(c.r.Context(), c.caller, c.collection(), params)
	if err != nil {
		return err
	}
	defer page.Release()
	return c.page(page)
}

func (a *API) viewRecord(c *call) error {
	if err := c.readRequestBody(); err != nil {
		return err
	}
	rec, err := a.app.Records().Get(c.r.Context(), c.caller, c.collection(), c.param("id"), c.query.Get("expand"))
	if err != nil {
		return err
	}
	return c.tagged(rec)
}

func (a *API) createRecord(c *call) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	rec, err := a.app.Records().Create(c.r.Context(), c.caller, c.collection(), in, c.query.Get("expand"))
	if err != nil {
		return err
	}
	return c.json(rec)
}

func (a *API) updateRecord(c *call) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	rec, err := a.app.Records().Update(c.r.Context(), c.caller, c.collection(), c.param("id"), in, c.query.Get("expand"))
	if err != nil {
		return err
	}
	return c.json(rec)
}

func (a *API) deleteRecord(c *call) error {
	if err := c.readRequestBody(); err != nil {
		return err
	}
	if err := a.app.Records().Delete(c.r.Context(), c.caller, c.collection(), c.param("id")); err != nil {
		return err
	}
	return c.noContent()
}

// readRequestBody reads the body that rules see as @request.body: also a GET may
// have one, and a malformed one is an error.
func (c *call) readRequestBody() error {
	if err := c.read(wire.DefaultLimit, ""); err != nil {
		return err
	}
	body, err := c.body.Object()
	c.caller.Body = body
	return err
}

// input reads what a client sends for one record.
func (c *call) input() (in record.Input, err error) {
	collection := c.api.app.Snapshot().Find(c.collection())
	if collection == nil {
		return in, fault.New(fault.NotFound, "Missing or invalid collection context.")
	}
	if err := c.read(bodyLimit(collection), ""); err != nil {
		return in, err
	}
	if in.Body, err = c.body.Object(); err != nil {
		return in, err
	}
	in.Files, err = c.body.Files("Failed to read the submitted data.")
	return in, err
}

// bodyLimit is how many bytes a record of the collection may have (contract
// records.md §1.9).
func bodyLimit(collection *schema.Collection) int64 {
	limit := int64(wire.DefaultLimit)
	if collection.IsView() {
		return limit
	}
	for _, f := range collection.Fields {
		limit += f.BodySize()
	}
	return limit
}
