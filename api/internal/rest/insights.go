package rest

// listQueries answers with the slow statements of this process.
func (a *API) listQueries(c *call) error {
	return c.respond(a.app.Insights().Queries(c.r.Context(), c.Caller))
}

// adviseIndexes answers with the missing, unused and duplicate indexes.
func (a *API) adviseIndexes(c *call) error {
	return c.respond(a.app.Insights().Indexes(c.r.Context(), c.Caller))
}
