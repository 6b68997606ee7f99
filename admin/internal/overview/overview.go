// Package overview serves the first page of the console: problems and omissions of the
// installation.
package overview

import (
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/gate"
	"github.com/loambase/loam/admin/internal/ui"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	first := console.Get("/_/", show)
	first.Open = true // links of mails lead to this page, with or without a session
	return []console.Route{first, console.Get("/_/data", showData), console.Post("/_/put-away", putAway)}
}

// showData opens the collection that was opened last in this browser, or the overview if there is
// none.
func showData(c *console.Call) error {
	if last := c.LastCollection(); last != nil {
		return c.Go(console.CollectionPath(last))
	}
	return c.Go("/_/")
}

func show(c *console.Call) error {
	switch {
	case !c.Caller.Superuser() && c.FromElsewhere():
		return c.OpenAgain()
	case !c.Caller.Superuser():
		return gate.ShowSignIn(c, http.StatusOK, ui.SignIn{})
	}
	list, err := concerns(c)
	if err != nil {
		return err
	}
	shown, away, err := splitAway(c, list)
	if err != nil {
		return err
	}
	return c.Page(console.Page{
		Title: "Overview", Section: "overview", Crumbs: []ui.Crumb{{Label: "Overview"}}, Side: c.Collections(""),
		Scripts: []string{"link.js"},
	}, page(shown, away))
}
