package core_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// questions makes random expressions that use the whole language.
type questions struct {
	*twins
	free bool // may use @request and @collection
}

// ask asks a random question: for a page, sometimes with the pages after it, or for a record.
func (w *twins) ask() {
	w.t.Helper()
	name := w.pick(kinds...)
	c := w.collection(name)
	who, caller, superuser := w.caller()
	q := questions{twins: w, free: superuser && w.chance(2) || w.chance(50)}
	expand := w.expand(c)
	w.questions++
	if w.chance(8) {
		id := w.pick(append(w.ids[name], "gone")...)
		out, ok := w.both(fmt.Sprintf("%s: view %s/%s expand %q", who, name, id, expand), func(app *core.App) (string, error) {
			out, err := app.Records().Get(w.t.Context(), caller(app), name, id, expand)
			return string(out), err
		})
		w.count(out, ok)
		return
	}
	p := record.ListParams{Expand: expand, Sort: q.sort(c), SkipTotal: w.chance(4), Page: []int{1, 1, 1, 2, 3, 600}[w.IntN(6)], PerPage: []int{1, 2, 5, 100, 100, 100}[w.IntN(6)]}
	if !w.chance(6) {
		p.Filter = q.expression(c, []int{0, 0, 0, 1, 1, 2, 3}[w.IntN(7)])
	}
	what := fmt.Sprintf("%s: list %s filter %q sort %q expand %q page %d of %d", who, name, p.Filter, p.Sort, p.Expand, p.Page, p.PerPage)
	var cursors [2]string
	for range 4 {
		out, ok := w.both(what, func(app *core.App) (string, error) {
			at := 0
			if app == w.apps[1] {
				at = 1
			}
			p := p
			p.Cursor = cursors[at]
			page, err := app.Records().List(w.t.Context(), caller(app), name, p)
			if err != nil {
				return "", err
			}
			cursors[at] = page.Next
			return fmt.Sprintf("%d of %d, %d, next %v: %s", page.TotalItems, page.TotalPages, page.Page, page.Next != "", page.Items), nil
		})
		w.count(out, ok)
		if !ok || cursors[0] == "" || cursors[1] == "" || w.t.Failed() {
			return
		}
		what += " and on"
	}
}

func (w *twins) count(out string, ok bool) {
	if ok {
		w.answered++
		w.records += strings.Count(out, `"collectionId"`)
	}
}

// expression returns a random condition.
func (q *questions) expression(c *schema.Collection, depth int) string {
	switch n := q.IntN(10); {
	case depth > 0 && n < 3:
		return q.expression(c, depth-1) + " && " + q.expression(c, depth-1)
	case depth > 0 && n < 6:
		return "(" + q.expression(c, depth-1) + " || " + q.expression(c, depth-1) + ")"
	}
	if q.chance(3) { // an expression that people would write
		return q.path(c, 2) + " " + q.sign() + " " + q.literal()
	}
	return q.operand(c) + " " + q.sign() + " " + q.operand(c)
}

func (q *questions) sign() string {
	return q.pick("", "", "?") + q.pick("=", "!=", "<", "<=", ">", ">=", "~", "!~", "=", "!=")
}

func (q *questions) operand(c *schema.Collection) string {
	switch n := q.IntN(20); {
	case n < 5:
		return q.literal()
	case n < 6:
		return q.call(c)
	case n < 7:
		return q.pick("@now", "@yesterday", "@tomorrow", "@second", "@minute", "@hour", "@day", "@month", "@weekday", "@year", "@todayStart", "@todayEnd",
			"@monthStart", "@monthEnd", "@yearStart", "@yearEnd")
	case n < 10 && q.free:
		return q.request(c)
	}
	return q.path(c, 2)
}

func (q *questions) call(c *schema.Collection) string {
	if q.chance(3) {
		number := func() string { return q.pick(q.path(c, 1), q.path(c, 0), "g.lon", "g.lat", q.literalNumber(), "1") }
		return "geoDistance(" + number() + ", " + number() + ", " + number() + ", " + number() + ")"
	}
	args := []string{"'" + q.pick("%Y", "%m-%d", "%H:%M:%S", "%f", "%s", "%j", "%w", "%W", "%%x", "%Y-%m-%d %H:%M:%f", "") + "'"}
	modifiers := []string{"unixepoch", "+36 hours", "90 minutes", "+0.5 second", "1 days", "0 day"}
	switch q.IntN(8) {
	case 0:
		return "strftime(" + args[0] + ")"
	case 1, 2, 3: // of any value; a number is a Julian day, and PostgreSQL does not reach far back
		args = append(args, q.pick(q.path(c, 1), q.path(c, 0), q.literal(), "1700000000", "n"))
	default:
		args = append(args, q.pick("d", "d", "made", "touched", "@now", "'2024-02-29 12:34:56'", "'2024-01-31'", "'12:00'", "'now'", "r.d", "rs.made"))
		modifiers = append(modifiers, "-1.5 days", "-1 second", "weekday 0", "weekday 3", "+1 month", "-1 month", "+1 year", "+1.5 months", "-400 year", "+13 months", "start of day", "start of month", "start of year")
	}
	for range q.IntN(4) {
		args = append(args, "'"+q.pick(modifiers...)+"'")
	}
	return "strftime(" + strings.Join(args, ", ") + ")"
}

func (q *questions) request(c *schema.Collection) string {
	other := q.pick(kinds...)
	switch q.IntN(4) {
	case 0:
		return q.pick("@request.auth.id", "@request.auth.email", "@request.auth.verified", "@request.auth.nope", "@request.auth.collectionName", "@request.method", "@request.context",
			"@request.query.q", "@request.query.n", "@request.query.nope", "@request.headers.x_token", "@request.query.q:isset", "@request.headers.x_token:lower")
	case 1:
		return "@request.auth." + q.path(q.collection("people"), 1)
	case 2:
		return "@collection." + other + q.pick("", "", ":x", ":y") + "." + q.path(q.collection(other), 1)
	}
	f := c.Fields[q.IntN(len(c.Fields))]
	return "@request.body." + q.pick(q.path(c, 1), f.Name+":isset", f.Name+":changed", f.Name+":each", f.Name+":length", f.Name, f.Name, "j.a.0", "unknown")
}

func (q *questions) literalNumber() string { return q.twins.literalNumber() }

func (w *twins) literalNumber() string {
	if n, ok := w.number().(float64); ok && (math.Abs(n) < 1e200 || w.chance(10)) {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return w.pick("5", "5.0", "-1", "0", "007", "3.14159")
}

func (q *questions) literal() string {
	switch q.IntN(8) {
	case 0, 1:
		return q.literalNumber()
	case 2:
		return q.pick("null", "true", "false", "''")
	case 3:
		return "'" + q.pick(append(q.ids[q.pick(kinds...)], "x")...) + "'"
	case 4:
		return quote(q.pick(choices...))
	}
	return quote(q.text())
}

// quote returns the text as the SDK puts it into a filter.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// path returns a random path that may cross relations.
func (q *questions) path(c *schema.Collection, hops int) string {
	if hops > 0 && q.chance(2) {
		var steps []string
		var targets []*schema.Collection
		for _, f := range c.Fields {
			if r, ok := f.Kind.(*schema.Relation); ok {
				steps, targets = append(steps, f.Name), append(targets, q.apps[0].Snapshot().ByID(r.CollectionID))
			}
		}
		for _, ref := range q.apps[0].Snapshot().References(c.ID) {
			steps, targets = append(steps, ref.Collection.Name+"_via_"+ref.Field.Name), append(targets, ref.Collection)
		}
		if len(steps) > 0 {
			i := q.IntN(len(steps))
			return steps[i] + "." + q.path(targets[i], hops-1)
		}
	}
	f := c.Fields[q.IntN(len(c.Fields))]
	for f.Name == "password" || f.Name == "tokenKey" { // these values are random
		f = c.Fields[q.IntN(len(c.Fields))]
	}
	switch f.Kind.(type) {
	case *schema.JSON:
		return f.Name + q.pick("", ".a", ".a.0", ".a.3.b", ".a.b", ".n", ".n", ".0", ".a.1:lower", ":lower", ".missing")
	case *schema.GeoPoint:
		return f.Name + q.pick(".lon", ".lat", "", ".lon:lower")
	}
	return f.Name + q.pick("", "", "", "", ":lower", ":length", ":each", ":each")
}

func (q *questions) sort(c *schema.Collection) string {
	if q.chance(3) {
		return ""
	}
	var keys []string
	for range 1 + q.IntN(3) {
		keys = append(keys, q.pick("", "-", "+")+q.pick(q.path(c, 2), q.path(c, 0), q.path(c, 0), "@rowid"))
	}
	return strings.Join(keys, ",")
}

func (w *twins) expand(c *schema.Collection) string {
	if w.chance(2) {
		return ""
	}
	return w.pick("r", "rs", "q,qs", "r.r,rs.qs", "rs.rs.r", "nodes_via_r", "cards_via_rs", "people_via_qs,r", "cards_via_r.q", "nope", "r,nope.x", "rs(x)", "nodes_via_qs.rs")
}
