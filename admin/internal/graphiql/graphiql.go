// Package graphiql serves the page on which superusers send GraphQL requests as themselves, as an
// account or as a guest. The page calls the API with tokens of five minutes. Its scripts are
// GraphiQL, bundled by admin/web.
package graphiql

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/loambase/loam/admin/internal/asset"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

//go:embed files
var embedded embed.FS

// Files are the files that the page loads.
var Files = asset.New(embedded, "graphiql-assets")

// Routes returns the routes of the page.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/graphiql", show),
		console.Post("/_/graphiql/token", giveToken),
		console.Post("/_/graphiql/account", findAccount),
	}
}

// policy is the policy of the console with two additions for the editor: workers and inline styles.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func show(c *console.Call) error {
	c.W.Header().Set("Content-Security-Policy", policy)
	var accounts []string
	for _, in := range c.App.Snapshot().All() {
		if in.IsAuth() && in.Name != schema.Superusers {
			accounts = append(accounts, in.Name)
		}
	}
	return c.Page(console.Page{Title: "GraphQL", Section: "graphql", Crumbs: []ui.Crumb{{Label: "GraphQL"}}}, page(c.Settings.GraphQL.Enabled, accounts))
}

// superuser is the value of "as" for the signed-in superuser.
const superuser = "superuser"

// lifetime is the lifetime of a token, in seconds.
const lifetime = 300

// giveToken answers with a token of the chosen identity: the superuser, or an account by its
// collection and id.
func giveToken(c *console.Call) error {
	as, err := field(c, "as")
	if err != nil {
		return err
	}
	collection, id, _ := strings.Cut(as, "/")
	if as == superuser {
		collection, id = schema.Superusers, c.Caller.Auth.ID()
	}
	response, err := c.Auth.Impersonate(c.R.Context(), c.Caller, collection, id, auth.ImpersonateForm{Duration: lifetime}, "")
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"token": response.Token, "seconds": lifetime})
}

// findAccount answers with the account that has the typed e-mail address or id.
func findAccount(c *console.Call) error {
	name, err := field(c, "account")
	if err != nil {
		return err
	}
	in := c.App.Snapshot().Find(c.R.PostFormValue("collection"))
	if in == nil || !in.IsAuth() {
		return fault.New(fault.NotFound, "There is no such account.")
	}
	found, err := find(c.R.Context(), c.App.Records(), in, strings.TrimSpace(name))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"as": in.ID + "/" + found.ID()})
}

func find(ctx context.Context, records *record.Service, in *schema.Collection, name string) (*record.Record, error) {
	if strings.Contains(name, "@") {
		return records.FindFirst(ctx, in.ID, "email", name, true)
	}
	return records.FindByID(ctx, in.ID, name)
}

// field returns a field of the form, which may have up to 4 KiB.
func field(c *console.Call, name string) (string, error) {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, 4<<10)
	if err := c.R.ParseForm(); err != nil {
		return "", fault.Wrap(fault.Invalid, "The form cannot be read.", err)
	}
	return c.R.PostFormValue(name), nil
}
