package settings

import (
	"net/url"

	"github.com/loambase/loam/admin/internal/console"
)

func showJobs(c *console.Call) error {
	list, err := c.App.Jobs().List(c.R.Context())
	if err != nil {
		return err
	}
	return c.Page(frame("Jobs", "/_/jobs"), jobsPage(list))
}

func runJob(c *console.Call) error {
	id := c.Param("id")
	if err := c.App.Jobs().Run(c.R.Context(), id); err != nil {
		return err
	}
	c.Toast("Started " + id)
	return c.Go("/_/jobs")
}

func jobPath(id string) string { return "/_/jobs/" + url.PathEscape(id) }
