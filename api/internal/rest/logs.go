package rest

import "github.com/loambase/loam/internal/wire"

func (a *API) listLogs(c *call) error {
	params, err := wire.ListParams(c.Query)
	if err != nil {
		return err
	}
	page, err := a.app.Logs().List(c.r.Context(), c.Caller, params)
	if err != nil {
		return err
	}
	return c.page(page)
}

func (a *API) viewLog(c *call) error {
	return c.respondJSON(a.app.Logs().Get(c.r.Context(), c.Caller, c.param("id")))
}

func (a *API) logsStats(c *call) error {
	return c.respond(a.app.Logs().Stats(c.r.Context(), c.Caller, c.Query.Get("filter")))
}

func (a *API) truncateLogs(c *call) error {
	return c.done(a.app.Logs().Truncate(c.r.Context(), c.Caller))
}
