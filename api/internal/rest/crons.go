package rest

import "github.com/loambase/loam/core/schema"

// cron is a job in the form of the API. The fields after the expression are Loam's own.
type cron struct {
	ID         string `json:"id"`
	Expression string `json:"expression"`
	NextRun    string `json:"nextRun"` // "" for never
	LastRun    string `json:"lastRun"` // the beginning of the last run; "" for never
	LastError  string `json:"lastError"`
	Running    bool   `json:"running"`
}

func (a *API) listCrons(c *call) error {
	jobs, err := a.app.Jobs().List(c.r.Context())
	if err != nil {
		return err
	}
	list := make([]cron, len(jobs))
	for i, j := range jobs {
		list[i] = cron{
			ID: j.ID, Expression: j.Expression, NextRun: schema.FormatTime(j.Next),
			LastRun: schema.FormatTime(j.Last), LastError: j.Failure, Running: j.Running,
		}
	}
	return c.respond(list, nil)
}

func (a *API) runCron(c *call) error {
	return c.done(a.app.Jobs().Run(c.r.Context(), c.param("id")))
}
