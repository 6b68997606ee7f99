// The values on both sides of a comparison in a rule: values of a record, or of all records that a
// path leads to.

package record

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// maxSideValues is the maximum number of values of a Side, and of records that are read for each
// relation of a path.
const maxSideValues = 20

// Side is an operand of a comparison.
type Side struct {
	Values  []string // as JSON; empty if no record has the operand, and if its values are not shown
	Many    bool     // the operand may have several values
	More    bool     // the operand has more values than Values
	Decides []bool   // for each of Values, whether it decides the comparison; nil if this is not known
}

// One returns the value of an operand with a single value, "" for any other operand.
func (s Side) One() string {
	if s.Many || len(s.Values) != 1 {
		return ""
	}
	return s.Values[0]
}

// compared is a comparison and its Clause.
type compared struct {
	clause *Clause
	of     *lang.Compare
}

// values sets the sides of the comparisons.
func (x *explaining) values(r store.Reader, list []compared) error {
	for _, c := range list {
		for _, side := range []struct {
			to *Side
			of lang.Operand
		}{{&c.clause.Left, c.of.Left}, {&c.clause.Right, c.of.Right}} {
			if err := x.side(r, side.to, side.of); err != nil {
				return err
			}
		}
		if err := x.decisive(r, c); err != nil {
			return err
		}
	}
	return nil
}

// side sets the values of an operand: a part of the request, a field of the record, or a field of
// the records at the end of a path.
func (x *explaining) side(r store.Reader, to *Side, of lang.Operand) error {
	if v, known := query.Known(x.sel.Scope, of); known {
		to.Values = []string{shownValue(v)}
		return nil
	}
	name, isName := of.(lang.Ident)
	if !isName {
		return nil
	}
	path, modifier := name.Name, ""
	if i := strings.LastIndexByte(path, ':'); i > strings.LastIndexByte(path, '.') {
		path, modifier = path[:i], path[i+1:]
	}
	parts := strings.Split(path, ".")
	w := &walk{x: x, reader: r, modifier: modifier, out: to}
	switch {
	case parts[0] == "@collection" && len(parts) > 2:
		collection, _, _ := strings.Cut(parts[1], ":") // drops the alias
		c := x.rq.snapshot.Find(collection)
		if c == nil {
			return nil
		}
		to.Many = true
		return w.records(query.Select{Scope: x.rq.scope(c, nil)}, parts[2:])
	case strings.HasPrefix(path, "@request.auth.") && x.rq.caller.Auth != nil:
		return w.of([]*Record{x.rq.caller.Auth}, parts[2:])
	case strings.HasPrefix(path, "@") || x.record == nil:
		return nil
	}
	return w.of([]*Record{x.record}, parts)
}

// walk follows a path of relations and collects the values at the end of the path.
type walk struct {
	x        *explaining
	reader   store.Reader
	modifier string
	out      *Side
}

// of follows the path from the records of list, which are of one collection. If a path of single
// relations ends early because a relation is empty, its value is null.
func (w *walk) of(list []*Record, parts []string) error {
	if len(list) == 0 {
		if !w.out.Many {
			w.put("null")
		}
		return nil
	}
	in := list[0].collection
	i := in.FieldIndex(parts[0])
	if i < 0 {
		return w.back(in, list, parts)
	}
	relation, isRelation := in.Fields[i].Kind.(*schema.Relation)
	if len(parts) == 1 || !isRelation {
		for _, r := range list {
			w.add(r, parts[0], parts[1:])
		}
		return nil
	}
	ids := []string{}
	for _, r := range list {
		ids = append(ids, r.Strings(parts[0])...)
	}
	target := w.x.rq.snapshot.ByID(relation.CollectionID)
	if target == nil {
		return nil
	}
	w.out.Many = w.out.Many || relation.Multiple()
	ids = ids[:min(len(ids), maxSideValues+1)]
	return w.records(query.Select{Scope: w.x.rq.scope(target, nil), IDs: ids}, parts[1:])
}

// back follows a back relation COLLECTION_via_FIELD.
func (w *walk) back(to *schema.Collection, list []*Record, parts []string) error {
	name, field, _ := strings.Cut(parts[0], "_via_")
	c := w.x.rq.snapshot.Find(name)
	if c == nil || c.Field(field) == nil || len(parts) == 1 {
		return nil
	}
	if kind, ok := c.Field(field).Kind.(*schema.Relation); !ok || kind.CollectionID != to.ID {
		return nil
	}
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID()
	}
	_, unique := c.UniqueIndex(field)
	w.out.Many = w.out.Many || !unique
	return w.records(query.Select{Scope: w.x.rq.scope(c, nil), RefBy: &query.Ref{Field: field, IDs: ids}}, parts[1:])
}

// records reads the records of sel and follows the path from them. If sel.IDs is not nil, they have
// its order.
func (w *walk) records(sel query.Select, parts []string) error {
	sel.Columns, sel.Limit = fieldNames(sel.Collection), maxSideValues+1
	plan, err := w.x.rq.service.planner.Compile(sel)
	if err != nil {
		return ignoreRule(err)
	}
	if plan.Empty {
		return w.of(nil, parts)
	}
	rows, err := w.reader.Query(plan.SQL, plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var list []*Record
	for rows.Next() {
		list = append(list, load(sel.Collection, rows))
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if sel.IDs != nil {
		slices.SortFunc(list, func(a, b *Record) int { return slices.Index(sel.IDs, a.ID()) - slices.Index(sel.IDs, b.ID()) })
	}
	if len(list) > maxSideValues {
		list, w.out.More = list[:maxSideValues], true
	}
	return w.of(list, parts)
}

// add adds the value of a field of the record, or of a member of its JSON, after the modifier is
// applied. Passwords and token keys are left out.
func (w *walk) add(r *Record, field string, members []string) {
	text := r.shown(field)
	if text == "" {
		return
	}
	var list []json.RawMessage
	isList := json.Unmarshal([]byte(text), &list) == nil
	switch {
	case len(members) > 0:
		text = member(text, members)
	case w.modifier == "lower":
		text = ir.LowerText(text) // escapes in JSON stay valid in lower case
	case w.modifier == "length" && isList:
		text = strconv.Itoa(len(list))
	case w.modifier == "each" && isList:
		w.out.Many = true
		for _, v := range list {
			w.put(string(v))
		}
		return
	}
	w.put(text)
}

// put adds a value. It sets More instead if the maximum is reached.
func (w *walk) put(text string) {
	if len(w.out.Values) == maxSideValues {
		w.out.More = true
		return
	}
	w.out.Values = append(w.out.Values, text)
}

// member returns the value at the path in a JSON document; "null" if there is none.
func member(text string, path []string) string {
	for _, name := range path {
		var object map[string]json.RawMessage
		var list []json.RawMessage
		i, err := strconv.Atoi(name)
		switch {
		case json.Unmarshal([]byte(text), &object) == nil && object[name] != nil:
			text = string(object[name])
		case err == nil && json.Unmarshal([]byte(text), &list) == nil && i >= 0 && i < len(list):
			text = string(list[i])
		default:
			return "null"
		}
	}
	return text
}

// decisive marks the values that decide a comparison of several values with a single value. To find
// them, it judges the comparison for each value alone. A comparison that holds because it holds for
// any value is decided by these values. A comparison that fails because it must hold for all values
// is decided by the values for which it fails. In the other cases all values decide together, and
// none is marked.
func (x *explaining) decisive(r store.Reader, c compared) error {
	many, one := &c.clause.Left, &c.clause.Right
	if one.Many {
		many, one = one, many
	}
	if !many.Many || one.One() == "" || !c.clause.Known || c.clause.Holds != c.of.Any || len(many.Values) == 0 {
		return nil
	}
	each, flags := make([]*Clause, len(many.Values)), make([]string, len(many.Values))
	for i, v := range many.Values {
		left, right := literal(v), literal(one.One())
		if many == &c.clause.Right {
			left, right = right, left
		}
		each[i], flags[i] = &Clause{}, left+" "+c.of.Op.String()+" "+right
	}
	if err := x.flags(r, each, flags); err != nil {
		return err
	}
	decides := make([]bool, len(each))
	for i, e := range each {
		decides[i] = e.Known && e.Holds == c.of.Any
	}
	if slices.Contains(decides, true) {
		many.Decides = decides
	}
	return nil
}

// literal returns a JSON value as a literal of the rule language. Lists and objects become texts.
func literal(text string) string {
	var s string
	switch {
	case json.Unmarshal([]byte(text), &s) == nil && text != "null":
		return lang.Text{Value: s}.String()
	case strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{"):
		return lang.Text{Value: text}.String()
	}
	return text
}
