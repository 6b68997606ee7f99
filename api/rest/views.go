package rest

import (
	"encoding/json"

	"github.com/loambase/loam/api/wire"
)

// dryRunView answers what a view of the query in the body would be.
func (a *API) dryRunView(c *call) error {
	if err := c.read(wire.DefaultLimit, "An error occurred while loading the submitted data."); err != nil {
		return err
	}
	var form struct {
		Query string `json:"query"`
	}
	if err := c.body.Decode(&form); err != nil {
		return err
	}
	run, err := a.app.Collections().DryRunView(c.r.Context(), c.caller, form.Query)
	if err != nil {
		return err
	}
	answer, err := json.Marshal(run)
	if err != nil {
		return err
	}
	return c.json(answer)
}
