// Command console adds to the console of Loam: a page about products that run out, a tab with the
// total stock, an input for colours, and scripts and a style sheet on every page.
package main

import (
	"embed"
	"html/template"
	"io"
	"io/fs"
	"os"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const products = `{"name": "products", "fields": [
	{"name": "name", "type": "text", "required": true, "presentable": true}, {"name": "stock", "type": "number", "min": 0},
	{"name": "colour", "type": "text", "pattern": "^#[0-9a-f]{6}$"}]}`

//go:embed files
var embedded embed.FS

//go:embed page.html
var source string

var pages = template.Must(template.New("").Parse(source))

func main() { os.Exit(program().Main()) }

func program() *api.Program {
	app := core.New(core.Config{Dir: "console_data", Migrations: []core.Migration{{Name: "0001_products", Up: func(tx *core.Tx) error {
		_, err := tx.Collections.Create(tx.Context, record.Root(), []byte(products))
		return err
	}}}})
	p := &api.Program{App: app}
	p.Serve.BindFunc(func(e *api.ServeEvent) error {
		files, err := fs.Sub(embedded, "files")
		if err != nil {
			return err
		}
		s := stock{app}
		e.ConsoleFiles(files, "stock.js", "colour.js", "stock.css")
		e.ConsolePage(api.ConsolePage{Name: "stock", Title: "Stock", Icon: "archive", Show: s.show, Act: s.refill})
		e.ConsolePage(api.ConsolePage{Name: "total", Title: "Total", Show: s.total,
			Tab: func(in *schema.Collection) bool { return in.Name == "products" }})
		e.ConsoleInput(api.ConsoleInput{Collection: "products", Field: "colour", Element: "shop-colour"})
		return nil
	})
	return p
}

type stock struct{ app *core.App }

// show lists the products of which fewer than 5 are left.
func (s stock) show(out io.Writer, r *api.Request) error {
	low, err := s.app.Records().Find(r.Context(), r.Caller, record.Query{Collection: "products", Filter: "stock < 5", Sort: "stock,name"})
	if err != nil {
		return err
	}
	return pages.ExecuteTemplate(out, "stock", low)
}

// refill sets the stock of the chosen product, as the signed-in superuser.
func (s stock) refill(r *api.Request) error {
	var form struct {
		Product string  `json:"product"`
		Stock   float64 `json:"stock"`
	}
	if err := r.Decode(&form); err != nil {
		return err
	}
	if form.Stock < 5 {
		return fault.New(fault.Invalid, "Order 5 at least.")
	}
	_, err := s.app.Records().Update(r.Context(), r.Caller, "products", form.Product, record.Input{Body: map[string]any{"stock": form.Stock}})
	return err
}

func (s stock) total(out io.Writer, r *api.Request) error {
	all, err := s.app.Records().Find(r.Context(), r.Caller, record.Query{Collection: r.PathValue("collection")})
	if err != nil {
		return err
	}
	sum := 0.0
	for _, p := range all {
		sum += p.Number("stock")
	}
	return pages.ExecuteTemplate(out, "total", sum)
}
