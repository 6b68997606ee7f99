package rest

// dryRunView answers with the fields and the first rows of a view with the query in
// the body.
func (a *API) dryRunView(c *call) error {
	var form struct {
		Query string `json:"query"`
	}
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.respond(a.app.Collections().DryRunView(c.r.Context(), c.Caller, form.Query))
}
