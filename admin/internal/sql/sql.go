// Package sql serves the SQL console: it runs scripts, shows rows and query plans, stores queries,
// and asks for confirmation before a script writes.
package sql

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/sqlrun"
	"github.com/loambase/loam/internal/wire"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/sql", show),
		console.Post("/_/sql/run", run),
		console.Post("/_/sql/try", try),
		console.Post("/_/sql/more", more),
		console.Post("/_/sql/csv", exportCSV),
		console.Post("/_/sql/plan", plan),
		console.Post("/_/sql/queries", saveQuery),
		console.Get("/_/sql/complete", complete),
		console.Get("/_/sql/columns/{collection}", columns),
	}
}

func show(c *console.Call) error {
	list := slices.Clone(c.App.Snapshot().All())
	slices.SortFunc(list, func(a, b *schema.Collection) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	var queries []query
	if err := c.App.Kept(c.R.Context(), c.Caller, keptQueries, &queries); err != nil {
		return err
	}
	engine := "sqlite"
	if c.App.Config.DB != "" {
		engine = "postgresql"
	}
	return c.Page(console.Page{
		Title: "SQL", Section: "sql", Crumbs: []ui.Crumb{{Label: "SQL"}}, Side: side(list, queries), Scripts: []string{"editor.js", "sql.js"},
	}, page(engine))
}

// run runs a script and answers with its rows. Before a script that writes, ask may answer with a
// dialog; the dialog sends the script again with the input confirmed.
func run(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	query := c.R.PostForm.Get("query")
	if c.R.PostForm.Get("confirmed") != "" {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
	} else if answered, err := ask(c, query); answered || err != nil {
		return err
	}
	result, err := c.App.SQL().Run(c.R.Context(), c.Caller, query)
	return answer(c, result, err)
}

// ask answers with the rows of a script that only reads. For a script that writes, it counts the
// changes in a transaction that is rolled back, and answers with a dialog that shows them and asks
// for the password. If the password was typed in the last 15 minutes, there is a dialog only for a
// change of a whole table, or if the settings lock records. answered is false for a script that may
// run without a dialog.
func ask(c *console.Call, query string) (answered bool, err error) {
	dangers, err := c.App.SQL().Review(c.R.Context(), c.Caller, query)
	if err != nil {
		return true, refuse(c, err)
	}
	isConfirmed, err := c.IsConfirmed()
	if err != nil || isConfirmed && !c.Locked() && len(dangers) == 0 {
		return false, err
	}
	result, err := c.App.SQL().Try(c.R.Context(), c.Caller, query)
	if err != nil || !result.Wrote {
		return true, answer(c, result, err)
	}
	e := effects{dangers: dangers, rows: result.Total, statement: query, locked: c.Locked()}
	if isConfirmed {
		return true, c.Dialog(http.StatusConflict, confirm(e))
	}
	return true, c.Confirm(ui.Confirm{Title: e.title(), Verb: e.verb(), About: effectList(e)})
}

// try runs a script, rolls back its changes and answers with the result.
func try(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	result, err := c.App.SQL().Try(c.R.Context(), c.Caller, c.R.PostForm.Get("query"))
	return answer(c, result, err)
}

// plan answers with the query plan of a statement.
func plan(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	result, err := c.App.SQL().Plan(c.R.Context(), c.Caller, c.R.PostForm.Get("query"))
	return answer(c, result, err)
}

func answer(c *console.Call, result *sqlrun.Result, err error) error {
	if err != nil {
		return refuse(c, err)
	}
	return c.JSON(result)
}

// refuse answers 422 with the errors in a script, as text.
func refuse(c *console.Call, err error) error {
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	problems, err := console.Problems(err)
	if err != nil {
		return err
	}
	words := ""
	for _, message := range slices.Sorted(maps.Values(problems)) {
		if _, reason, ok := strings.Cut(message, "Raw error:\n"); ok {
			message = wire.Sentence(reason)
		}
		words += message + "\n"
	}
	c.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.W.WriteHeader(http.StatusUnprocessableEntity)
	c.W.Write([]byte(strings.TrimSpace(words))) //nolint:errcheck // the client may have disconnected
	return nil
}

// columns answers with the columns of a table, for the tree beside the editor.
func columns(c *console.Call) error {
	in := c.App.Snapshot().Find(c.Param("collection"))
	if in == nil {
		return fault.New(fault.NotFound, "There is no table of that name.")
	}
	return c.Part(columnList(in))
}

const maxNames = 30

// complete answers with the names of tables and columns that begin with the typed text.
func complete(c *console.Call) error {
	typed := strings.ToLower(c.R.URL.Query().Get("q"))
	before, last := "", typed
	if i := strings.LastIndexByte(typed, '.'); i >= 0 {
		before, last = typed[:i+1], typed[i+1:]
	}
	list, seen := []name{}, map[string]bool{}
	add := func(text, icon, hint string) {
		if strings.HasPrefix(strings.ToLower(text), last) && !seen[text] && len(list) < maxNames {
			seen[text] = true
			list = append(list, name{c.R.URL.Query().Get("q")[:len(before)] + text, icon, hint})
		}
	}
	all := c.App.Snapshot().All()
	if before == "" {
		for _, in := range all {
			add(in.Name, console.CollectionIcon(in), "table")
		}
	}
	of := c.App.Snapshot().Find(strings.TrimSuffix(before, "."))
	for _, in := range all {
		if of != nil && of != in {
			continue
		}
		for _, f := range in.Fields {
			add(f.Name, console.KindIcon(f), in.Name)
		}
	}
	return c.JSON(list)
}

// name is a completion: the name of a table or a column.
type name struct {
	Text string `json:"text"`
	Icon string `json:"icon"`
	Hint string `json:"hint"`
}
