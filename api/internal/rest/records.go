package rest

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/wire"
)

func (a *API) listRecords(c *call) error {
	if err := c.readForRules(record.OpList); err != nil {
		return err
	}
	params, err := wire.ListParams(c.Query)
	if err != nil {
		return err
	}
	page, err := a.app.Records().List(c.r.Context(), c.Caller, c.collection(), params)
	if err != nil {
		return err
	}
	return c.page(page)
}

func (a *API) viewRecord(c *call) error {
	if err := c.readForRules(record.OpView); err != nil {
		return err
	}
	return c.jsonWithETag(a.app.Records().Get(c.r.Context(), c.Caller, c.collection(), c.param("id"), c.Query.Get("expand")))
}

func (a *API) createRecord(c *call) error {
	in, err := c.input(record.OpCreate)
	if err != nil {
		return err
	}
	return c.respondRecord(a.app.Records().Create(c.r.Context(), c.Caller, c.collection(), in))
}

func (a *API) updateRecord(c *call) error {
	in, err := c.input(record.OpUpdate)
	if err != nil {
		return err
	}
	return c.respondRecord(a.app.Records().Update(c.r.Context(), c.Caller, c.collection(), c.param("id"), in))
}

func (a *API) deleteRecord(c *call) error {
	if err := c.readForRules(record.OpDelete); err != nil {
		return err
	}
	return c.done(a.app.Records().Delete(c.r.Context(), c.Caller, c.collection(), c.param("id")))
}

// respondRecord answers with a record that was written, or returns the error.
func (c *call) respondRecord(r *record.Record, err error) error {
	if err != nil {
		return err
	}
	return c.respondJSON(c.api.app.Records().Render(c.r.Context(), c.Caller, r, c.Query.Get("expand")))
}

// readForRules reads the body, which is @request.body for rules: even a GET may have a body, and a
// malformed body is an error.
func (c *call) readForRules(operation record.Operation) (err error) {
	if err := c.refuse(operation); err != nil {
		return err
	}
	if err := c.read(""); err != nil {
		return err
	}
	c.Caller.Body, err = c.body.Object()
	return err
}

// input reads the body of a create or an update.
func (c *call) input(operation record.Operation) (in record.Input, err error) {
	if err := c.refuse(operation); err != nil {
		return in, err
	}
	if err := c.read(""); err != nil {
		return in, err
	}
	if in.Body, err = c.body.Object(); err != nil {
		return in, err
	}
	in.Files, err = c.body.Files("Failed to read the submitted data.")
	return in, err
}

// refuse returns the fault of a call that is refused without reading its body (docs/wire/records.md
// §4.4): a too large announced length takes precedence over refusals of the collection.
func (c *call) refuse(operation record.Operation) error {
	limit, err := c.route.maxBody(c)
	if err != nil {
		return err
	}
	if c.r.ContentLength > limit {
		return fault.New(fault.TooLarge, "")
	}
	return c.api.app.Records().Refuse(c.Caller, operation, c.collection())
}
