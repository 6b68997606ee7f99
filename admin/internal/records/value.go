package records

import (
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// longestLiteral is the size limit of a text that filterBy compares with, in bytes.
const longestLiteral = 200

// filterBy redirects to the view of the address with one more condition in its filter: the field
// field=NAME has the value of the record. With &not the condition excludes that value. Faults:
// NotFound for a field without a column, Invalid for a value that filters cannot compare with.
func filterBy(c *console.Call) error {
	r, f, err := valueOfAddress(c)
	if err != nil {
		return err
	}
	condition := comparison(r, f, c.R.URL.Query().Has("not"))
	if condition == "" {
		return fault.New(fault.Invalid, "There is no filter by this value of "+f.Name+".")
	}
	v := viewOf(c, r.Collection())
	return c.Go(v.with("filter", v.and(condition)))
}

// valueOfAddress returns the record and the field field=NAME of the address. The fault is NotFound
// for a field without a column, and for a record that does not exist.
func valueOfAddress(c *console.Call) (*record.Record, *schema.Field, error) {
	in, err := c.Collection()
	if err != nil {
		return nil, nil, err
	}
	name := c.R.URL.Query().Get("field")
	f := in.Field(name)
	if f == nil || !isShown(in, f) {
		return nil, nil, fault.New(fault.NotFound, "There is no field "+name+" in "+in.Name+".")
	}
	r, err := c.App.Records().FindByID(c.R.Context(), in.ID, c.Param("id"))
	return r, f, err
}

// showValue answers with the untruncated value of a cell: a text unchanged, other values as JSON.
func showValue(c *console.Call) error {
	r, f, err := valueOfAddress(c)
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.W.Write([]byte(whole(r.Get(f.Name)))) //nolint:errcheck // a client that has disconnected gets no answer
	return nil
}

// and returns the filter of the view with one more condition.
func (v *view) and(condition string) string {
	filter := v.expression()
	switch {
	case filter == "":
		return condition
	case slices.Contains(strings.Split(filter, " && "), condition):
		return v.filter
	case strings.Contains(filter, "||"):
		filter = "(" + filter + ")"
	}
	return filter + " && " + condition
}

// comparison returns the condition that the field has the value of the record, or another value; ""
// for a value that filters cannot compare with.
func comparison(r *record.Record, f *schema.Field, isOut bool) string {
	equal, join := " = ", " && "
	if isOut {
		equal, join = " != ", " || "
	}
	switch f.Kind.Class() {
	case schema.ClassJSON, schema.ClassPassword:
		return ""
	case schema.ClassPoint:
		point := r.Point(f.Name)
		both := f.Name + ".lon" + equal + decimal(point.Lon) + join + f.Name + ".lat" + equal + decimal(point.Lat)
		if isOut {
			return "(" + both + ")"
		}
		return both
	case schema.ClassNumber:
		return f.Name + equal + decimal(r.Number(f.Name))
	case schema.ClassBool:
		if r.Bool(f.Name) {
			return f.Name + equal + "true"
		}
		return f.Name + equal + "false"
	}
	if f.Multiple() {
		return comparisonOfAll(f, r.Strings(f.Name), isOut)
	}
	text := r.Text(f.Name)
	if len(text) > longestLiteral {
		return ""
	}
	return f.Name + equal + complete.Literal(text, "'")
}

// comparisonOfAll returns the condition that a field with multiple values is empty, contains the
// single value, or equals the list of values; isOut negates it. It returns "" for a list that
// filters cannot compare with.
func comparisonOfAll(f *schema.Field, values []string, isOut bool) string {
	switch {
	case len(values) == 0 && isOut:
		return f.Name + ":length > 0"
	case len(values) == 0:
		return f.Name + ":length = 0"
	case len(values) == 1 && isOut:
		return f.Name + ":each != " + complete.Literal(values[0], "'")
	case len(values) == 1:
		return f.Name + ":each ?= " + complete.Literal(values[0], "'")
	}
	list, err := schema.Marshal(values)
	if err != nil || len(list) > longestLiteral {
		return ""
	}
	if isOut {
		return f.Name + " != " + complete.Literal(string(list), "'")
	}
	return f.Name + " = " + complete.Literal(string(list), "'")
}
