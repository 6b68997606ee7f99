// Command embed is a server of its own around Loam: a collection that is made in
// code, a hook, a route, a command and a job.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const posts = `{"name": "posts", "listRule": "", "viewRule": "", "createRule": "",
	"fields": [{"name": "title", "type": "text", "required": true}, {"name": "slug", "type": "text"}]}`

func main() {
	app := core.New(core.Config{Dir: "embed_data"})
	program := &api.Program{App: app, Commands: []*cobra.Command{{
		Use: "slug TITLE", Short: "Print the slug of a title", Args: cobra.ExactArgs(1),
		Run: func(cmd *cobra.Command, args []string) { fmt.Fprintln(cmd.OutOrStdout(), slug(args[0])) },
	}}}
	app.Hooks().Start.BindFunc(func(e *core.AppEvent) error {
		if app.Snapshot().Find("posts") == nil {
			if _, err := app.Collections().Create(e.Context, []byte(posts)); err != nil {
				return err
			}
		}
		job, stop := context.WithCancel(context.Background())
		go count(job, app)
		app.Hooks().Stop.BindFunc(func(*core.AppEvent) error { stop(); return nil })
		return nil
	})
	app.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		if strings.Contains(e.Record.Text("title"), "spam") {
			return fault.New(fault.Invalid, "No spam, please.")
		}
		e.Record.Set("slug", slug(e.Record.Text("title")))
		return nil
	}, "posts")
	program.Serve.BindFunc(func(e *api.ServeEvent) error {
		e.Route(http.MethodGet, "/api/posts/{slug}", func(w http.ResponseWriter, r *api.Request) error {
			post, err := app.Records().FindFirst(r.Context(), "posts", "slug", r.PathValue("slug"), false)
			if err != nil {
				return err
			}
			wire.JSON(w, http.StatusOK, fmt.Appendf(nil, `{"id":%q}`, post.ID()))
			return nil
		})
		return nil
	})
	os.Exit(program.Main())
}

func slug(title string) string { return strings.Join(strings.Fields(strings.ToLower(title)), "-") }

// count says once an hour how many posts there are.
func count(ctx context.Context, app *core.App) {
	for tick := time.Tick(time.Hour); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			n, err := app.Records().Count(ctx, "posts")
			app.Log().Info("posts", "count", n, "error", err)
		}
	}
}
