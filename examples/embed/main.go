// Command embed is a server of its own around Loam, in 60 lines: a collection made
// in code, a hook, a route, a command and a job.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

const posts = `{"name": "posts", "listRule": "", "viewRule": "", "createRule": "",
	"fields": [{"name": "title", "type": "text", "required": true}, {"name": "slug", "type": "text"}]}`

func main() { os.Exit(program().Main()) }

func program() *api.Program {
	app := core.New(core.Config{Dir: "embed_data", Migrations: []core.Migration{{Name: "0001_posts", Up: func(tx *core.Tx) error {
		_, err := tx.Collections.Create(tx.Context, record.Root(), []byte(posts))
		return err
	}}}})
	app.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		e.Record.Set("slug", slug(e.Record.Text("title")))
		return nil
	}, "posts")
	if err := app.Jobs().Add("count posts", "@hourly", func(ctx context.Context) error {
		n, err := app.Records().Count(ctx, "posts")
		app.Log().Info("posts", "count", n)
		return err
	}); err != nil {
		panic(err)
	}
	p := &api.Program{App: app, Commands: []*cobra.Command{{Use: "slug TITLE", Short: "Print the slug of a title", Args: cobra.ExactArgs(1),
		Run: func(cmd *cobra.Command, args []string) { fmt.Fprintln(cmd.OutOrStdout(), slug(args[0])) }}}}
	p.Serve.BindFunc(func(e *api.ServeEvent) error {
		e.Route(http.MethodGet, "/api/posts/{slug}", func(w http.ResponseWriter, r *api.Request) error {
			post, err := app.Records().FindFirst(r.Context(), "posts", "slug", r.PathValue("slug"), false)
			if err != nil {
				return err
			}
			return api.JSON(w, http.StatusOK, map[string]string{"id": post.ID(), "title": post.Text("title")})
		})
		return nil
	})
	return p
}

func slug(title string) string { return strings.Join(strings.Fields(strings.ToLower(title)), "-") }
