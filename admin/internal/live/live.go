// Package live serves the realtime inspector, which shows the events of a collection as a chosen
// identity receives them.
package live

import (
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/realtime", show),
		console.Post("/_/realtime/token", token),
	}
}

func show(c *console.Call) error {
	var topics []string
	for _, in := range c.App.Snapshot().All() {
		if in.View == nil && !in.System {
			topics = append(topics, in.Name)
		}
	}
	slices.SortFunc(topics, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return c.Page(console.Page{
		Title: "Realtime", Section: "realtime", Crumbs: []ui.Crumb{{Label: "Realtime"}}, Scripts: []string{"pick.js", "editor.js", "inspect.js"},
	}, page(topics, c.Accounts()))
}

// tokenLife is the lifetime of a token, in seconds, and so the maximum time of an inspection. The
// inspector needs a token because the API does not accept the session of the console.
const tokenLife = 600

// token answers with a token of the chosen identity, which cannot be refreshed; null for a guest.
func token(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	collection, id := schema.Superusers, c.Caller.Auth.ID()
	switch sent.Get("_as") {
	case "user":
		if collection, id = sent.Get("_accounts"), sent.Get("_user"); id == "" {
			return fault.New(fault.Invalid, "Choose the user who listens.")
		}
	case "superuser":
	default:
		return c.JSON(map[string]any{"token": nil})
	}
	as, err := c.Auth.Impersonate(c.R.Context(), c.Caller, collection, id, auth.ImpersonateForm{Duration: tokenLife}, "")
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"token": as.Token})
}
