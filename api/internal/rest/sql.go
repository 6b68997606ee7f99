package rest

// runSQL runs SQL. The end of the connection stops it.
func (a *API) runSQL(c *call) error {
	var form struct {
		Query string `json:"query"`
	}
	if err := c.decode(&form); err != nil {
		return err
	}
	c.body.Leave() // releases the place of the body, since a script may take long
	return c.respond(a.app.SQL().Run(c.r.Context(), c.Caller, form.Query))
}
