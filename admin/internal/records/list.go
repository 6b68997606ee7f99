package records

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const (
	usualRows    = 50
	usualColumns = 9 // beside the title
)

// view is the table of a collection. The address sets its filter, sort, page and columns. If the
// address sets no columns, the table has the stored choice of the superuser or the default columns.
type view struct {
	in            *schema.Collection
	filter, sort  string
	after, before string // the cursor after which the page begins, or before which it ends
	rows          int
	columns       []*schema.Field   // the first column is the title of a record
	chosen        bool              // the address or a stored choice sets the columns
	orders        map[string]string // by field name: the sort of a column, if not the name
	open          string            // id of the record beside the table
	list          []row
	next, prev    string // cursors of the next and the previous page, "" for none
	problem       string
	slow          bool // the query took too long and was stopped
	saved         []core.SavedView
	asked         string // the part of the query of the address that a saved view stores
}

// row is a row of the table. Its mark is a hash of its values, by which live.js finds changed rows.
type row struct {
	id, mark string
	cells    []cell
}

// viewOf reads the view from the query of the address.
func viewOf(c *console.Call, in *schema.Collection) *view {
	q := c.R.URL.Query()
	v := &view{
		in: in, filter: q.Get("filter"), sort: q.Get("sort"), after: q.Get("after"), before: q.Get("before"),
		open: q.Get("r"), rows: usualRows, asked: askedOf(q),
	}
	if n, err := strconv.Atoi(q.Get("rows")); err == nil && n >= 1 && n <= 200 {
		v.rows = n
	}
	v.choose(q["cols"])
	v.readOrders(c)
	return v
}

// readOrders sets orders: a single relation is sorted by the title of the related record.
func (v *view) readOrders(c *console.Call) {
	v.orders = map[string]string{}
	for _, f := range v.columns {
		kind, ok := f.Kind.(*schema.Relation)
		if !ok || f.Multiple() {
			continue
		}
		if target := c.App.Snapshot().ByID(kind.CollectionID); target != nil {
			v.orders[f.Name] = f.Name + "." + sheet.TitleField(target).Name
		}
	}
}

// orderBy returns the ascending sort of the column of the field.
func (v *view) orderBy(f *schema.Field) string { return cmp.Or(v.orders[f.Name], f.Name) }

// choose sets the columns to the fields with these names, or to the default columns.
func (v *view) choose(names []string) {
	title := sheet.TitleField(v.in)
	v.columns = []*schema.Field{title}
	for _, name := range names {
		if f := v.in.Field(name); f != nil && f != title && isShown(v.in, f) {
			v.columns, v.chosen = append(v.columns, f), true
		}
	}
	if v.chosen {
		return
	}
	for _, f := range v.in.Fields {
		if f != title && isShown(v.in, f) && !f.Hidden && len(v.columns) <= usualColumns {
			v.columns = append(v.columns, f)
		}
	}
}

// columnNames returns the names of the columns, separated by spaces.
func (v *view) columnNames() string {
	names := make([]string, len(v.columns))
	for i, f := range v.columns {
		names[i] = f.Name
	}
	return strings.Join(names, " ")
}

// with returns the address of this view with another value of one parameter, at its first page
// unless the parameter is "r" or "".
func (v *view) with(name, value string) string {
	q := url.Values{}
	set := func(name, value, usual string) {
		if value != usual {
			q.Set(name, value)
		}
	}
	set("filter", v.filter, "")
	set("sort", v.sort, "")
	set("rows", strconv.Itoa(v.rows), strconv.Itoa(usualRows))
	if v.chosen {
		for _, f := range v.columns[1:] {
			q.Add("cols", f.Name)
		}
	}
	if name == "r" || name == "" { // the current page stays
		set("after", v.after, "")
		set("before", v.before, "")
	}
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	path := console.CollectionPath(v.in)
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// sortBy returns the address of the next order by the field: ascending, then descending, then the
// default order.
func (v *view) sortBy(f *schema.Field) string {
	order := v.orderBy(f)
	switch v.sort {
	case order:
		return v.with("sort", "-"+order)
	case "-" + order:
		return v.with("sort", "")
	}
	return v.with("sort", order)
}

// expression returns the filter for the record service. A text without an operator is searched for
// in all text fields.
func (v *view) expression() string {
	words := strings.TrimSpace(v.filter)
	if words == "" || strings.ContainsAny(words, "=~<>") {
		return words
	}
	var parts []string
	for _, f := range v.in.Fields {
		if f.Kind.Class() == schema.ClassText && isShown(v.in, f) {
			parts = append(parts, f.Name+" ~ "+complete.Literal(words, "'"))
		}
	}
	return strings.Join(parts, " || ")
}

// list answers with the table.
func list(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	v := viewOf(c, in)
	if err := v.recall(c); err != nil {
		return err
	}
	if err := v.read(c, longestQuery); err != nil {
		return err
	}
	if c.IsPart("rows") {
		return c.Part(rows(v))
	}
	if v.saved, err = c.App.SavedViews(c.R.Context(), c.Caller, in.ID); err != nil {
		return err
	}
	panel, err := openPanel(c, v)
	if err != nil {
		return err
	}
	frame := about(c, in, in.Name)
	frame.Scripts = append(frame.Scripts, "editor.js") // with the page: the filter completes the first letter
	return c.Page(frame, page(v, c.Tabs(in), panel))
}

// count answers with the number of records in the view. The page requests it after the rows,
// because counting may take longer; after two seconds the answer is "many".
func count(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	v := viewOf(c, in)
	ctx, cancel := contextOf(c)
	defer cancel()
	page, err := c.App.Records().List(ctx, c.Caller, in.ID, record.ListParams{Page: 1, PerPage: 1, Filter: v.expression()})
	if fault.KindOf(err) == fault.Invalid && ctx.Err() == nil { // the table shows all records, and the problem of the filter
		page, err = c.App.Records().List(ctx, c.Caller, in.ID, record.ListParams{Page: 1, PerPage: 1})
	}
	switch {
	case err == nil:
		defer page.Release()
		return c.Part(total(ui.Number(page.TotalItems)))
	case ctx.Err() != nil && c.R.Context().Err() == nil:
		return c.Part(total("many"))
	}
	return err
}
