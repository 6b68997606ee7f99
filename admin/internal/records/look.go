package records

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
)

func recordPath(in *schema.Collection, id string) string {
	return console.RecordPath(in.Name, id)
}

func filePath(in *schema.Collection, id, name string) string {
	return "/_/files/" + in.Name + "/" + url.PathEscape(id) + "/" + url.PathEscape(name)
}

func countPath(v *view) string {
	path := console.CollectionPath(v.in) + "/count"
	if v.filter == "" {
		return path
	}
	return path + "?filter=" + url.QueryEscape(v.filter)
}

// livePath returns the address that answers with single rows of the view.
func (v *view) livePath() string {
	path, query, _ := strings.Cut(v.with("r", ""), "?")
	return path + "/live?" + query
}

// exportPath returns the address that answers with the records of the view as a file.
func (v *view) exportPath(format string) string {
	q := url.Values{"format": {format}}
	if v.filter != "" && v.problem == "" { // if the filter has a problem, the table shows all records
		q.Set("filter", v.filter)
	}
	return console.CollectionPath(v.in) + "/export?" + q.Encode()
}

// sortable reports whether a table may be sorted by the field.
func sortable(f *schema.Field) bool {
	class := f.Kind.Class()
	return class != schema.ClassJSON && class != schema.ClassPoint && !f.Multiple()
}

func sorted(v *view, f *schema.Field) templ.Attributes {
	switch v.sort {
	case v.orderBy(f):
		return templ.Attributes{"aria-sort": "ascending"}
	case "-" + v.orderBy(f):
		return templ.Attributes{"aria-sort": "descending"}
	}
	return nil
}

// readonly marks a column whose cells cannot be edited.
func readonly(in *schema.Collection, f *schema.Field) templ.Attributes {
	if in.View == nil && isEditable(in, f) && !f.IsID() {
		return nil
	}
	return templ.Attributes{"data-readonly": ""}
}

// viewAction is the label of the form for the saved view that the page shows, if any.
func viewAction(shown core.SavedView) string {
	if shown.Name == "" {
		return "Keep this view"
	}
	return "Rename or delete this view"
}

func described(problem string) templ.Attributes {
	if problem == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "filter-problem"}
}

// cellClass returns the CSS classes of a cell.
func cellClass(at int, c cell) string {
	var classes []string
	if at == 0 {
		classes = append(classes, "col-pin")
	}
	switch c.kind {
	case "number":
		classes = append(classes, "num")
	case "json", "geoPoint":
		classes = append(classes, "mono", "small", "muted")
	case "date", "autodate":
		classes = append(classes, "muted")
	}
	return strings.Join(classes, " ")
}

// place returns the CSS class that places a cell in the list on a phone: the first cell is the
// title; below it stands the first value that is neither empty nor an id, a bool or a date; the
// last date stands at the end of the line. Other cells have no place.
func (r row) place(at int) string {
	isDate := func(c cell) bool { return c.kind == "date" || c.kind == "autodate" }
	tells := func(c cell) bool { return !c.empty && !isDate(c) && !c.isID && c.kind != "bool" }
	switch {
	case at == 0:
		return "m-title"
	case at == 1+slices.IndexFunc(r.cells[1:], tells):
		return "m-meta"
	case isDate(r.cells[at]) && !slices.ContainsFunc(r.cells[at+1:], isDate):
		return "m-end"
	}
	return ""
}

func titleOf(c cell, id string) string { return cmp.Or(c.text, id) }

// isImage reports whether browsers show a file of that name as a picture.
func isImage(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif"}, strings.ToLower(path.Ext(name)))
}
