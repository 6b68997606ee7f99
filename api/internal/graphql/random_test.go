package graphql_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

var randomWorlds = flag.Int("worlds", 3, "random sets of collections in TestRandomCollectionsAnswerAsREST")

// TestRandomCollectionsAnswerAsREST makes random collections, rules and records, and compares the
// answers of GraphQL and REST for all callers, with relations to a depth of two, and with lists of
// more than 100 related records.
func TestRandomCollectionsAnswerAsREST(t *testing.T) {
	t.Parallel()
	found, long, worlds := 0, 0, *randomWorlds
	if testing.Short() {
		worlds = 1
	}
	for seed := range worlds {
		w := newWorld(t, uint64(seed))
		for range 40 {
			w.compare()
			if w.IntN(8) == 0 {
				w.rules()
			}
		}
		found, long = found+w.found, long+w.long
	}
	if found < 50 || long == 0 {
		t.Errorf("%d records were found, %d lists were long", found, long)
	}
}

// world is a blog with additional random collections.
type world struct {
	*blog
	*rand.Rand
	list        []*randomCollection
	found, long int
}

type randomCollection struct {
	name, typeName string
	fields         []*randomField
	rule           string // list rule, as JSON
}

type randomField struct {
	name, kind string
	target     *randomCollection // of the kinds one and many
	hidden     bool
	in         *randomCollection
}

func (w *world) pick(list ...string) string { return list[w.IntN(len(list))] }

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{blog: newBlog(t), Rand: rand.New(rand.NewPCG(seed, 77))}
	w.set(`{"graphql":{"maxRows":10000000}}`)
	for _, name := range []string{"ant", "bee", "cat"} {
		w.list = append(w.list, &randomCollection{name: name + "s", typeName: strings.ToUpper(name[:1]) + name[1:]})
	}
	for i, c := range w.list {
		definition := object{"name": c.name, "type": "base", "listRule": "", "viewRule": ""}
		fields := []object{{"name": "name", "type": "text"}}
		c.fields = append(c.fields, &randomField{name: "name", kind: "text", in: c})
		add := func(name, kind, of string, options object) {
			options["name"], options["type"] = name, of
			f := &randomField{name: name, kind: kind, hidden: kind != "one" && kind != "many" && w.IntN(8) == 0, in: c}
			options["hidden"] = f.hidden
			fields, c.fields = append(fields, options), append(c.fields, f)
		}
		for n := range 3 + w.IntN(4) {
			name := fmt.Sprintf("f%d", n)
			switch w.IntN(7) {
			case 0:
				add(name, "text", "text", object{})
			case 1:
				add(name, "number", "number", object{})
			case 2:
				add(name, "number", "number", object{"onlyInt": true})
			case 3:
				add(name, "bool", "bool", object{})
			case 4:
				add(name, "date", "date", object{})
			case 5:
				add(name, "option", "select", object{"values": []string{"x", "y", "z"}, "maxSelect": 1})
			default:
				add(name, "options", "select", object{"values": []string{"x", "y", "z"}, "maxSelect": 3})
			}
		}
		// The first collection has no relations, the second relates to the first, and the third to
		// both.
		for n, target := range w.list[:i] {
			name, kind, most := "to"+target.name, "one", 1
			if n > 0 && w.IntN(2) == 0 {
				kind, most = "many", 4
			}
			add(name, kind, "relation", object{"collectionId": w.app.Snapshot().Find(target.name).ID, "maxSelect": most})
			c.fields[len(c.fields)-1].target = target
		}
		definition["fields"] = fields
		coretest.Collection(t, w.app, definition)
		for n := range []int{6, 20, 150}[i] {
			w.create(c.name, w.body(c, n))
		}
	}
	w.rules()
	return w
}

// id returns the id of the n-th record of a collection.
func (c *randomCollection) id(n int) string { return fmt.Sprintf("%s%011d", c.name, n) }

func (w *world) body(c *randomCollection, n int) object {
	body := object{"id": c.id(n)}
	for _, f := range c.fields {
		switch {
		case f.name == "name": // all callers see the first record, because an empty list would be delayed
			body[f.name] = []string{"First", "a", "B", ""}[min(n, w.IntN(4))]
		case f.kind == "one":
			if w.IntN(4) > 0 { // most relate to the first record
				body[f.name] = f.target.id(0)
			} else if w.IntN(3) > 0 {
				body[f.name] = f.target.id(w.IntN(6))
			}
		case f.kind == "many":
			body[f.name] = []string{f.target.id(w.IntN(6)), f.target.id(0)}[:w.IntN(3)]
		case f.kind == "options":
			body[f.name] = [][]string{{}, {"y"}, {"x", "z"}}[w.IntN(3)]
		default:
			body[f.name] = w.value(f.kind)
		}
	}
	return body
}

// value returns a random value for a field with a single value.
func (w *world) value(kind string) any {
	switch kind {
	case "number":
		return w.IntN(4) - 1
	case "bool":
		return w.IntN(2) == 0
	case "date":
		return w.pick("", "2024-01-02 03:04:05.678Z", "2025-01-01 00:00:00.000Z")
	case "option":
		return w.pick("", "x", "y", "z")
	}
	return w.pick("", "a", "B", "ab", "ä")
}

// rules sets new random rules for all collections. A record with the name First is visible to all
// callers. Only the first collection, which has no relations, has a view rule that differs from its
// list rule: for back relations GraphQL applies the list rule, and REST's expand the view rule.
func (w *world) rules() {
	for _, c := range w.list {
		rule := func() string {
			if w.IntN(3) == 0 {
				return `""`
			}
			_, text := w.comparison(c, 2, "rule")
			return strconv.Quote("name = 'First' || " + w.pick("", "@request.auth.id != '' && ", "@request.auth.nick = 'Ann' || ", "@request.context != 'expand' && ") + text)
		}
		view := ""
		if c == w.list[0] {
			view = rule()
		}
		c.rule = rule()
		w.rule(c.name, c.rule, view)
	}
}

// comparison returns a random comparison in both languages, with relations to the depth, for a
// caller or for a rule, which sees hidden fields.
func (w *world) comparison(c *randomCollection, depth int, as string) (typed object, text string) {
	for {
		f := c.fields[w.IntN(len(c.fields))]
		if f.hidden && as != "rule" {
			continue
		}
		switch f.kind {
		case "one", "many":
			if depth == 0 {
				continue
			}
			if w.IntN(3) == 0 && f.kind == "one" {
				id := f.target.id(w.IntN(3))
				return object{f.name + "Id": object{"eq": id}}, fmt.Sprintf("%s = '%s'", f.name, id)
			}
			// If a list rule hides the related record, REST leaves out the record even if another
			// operand of
			//
			// is true; in GraphQL only this comparison is false.
			if as != "rule" && as != "root" && f.target.rule != `""` {
				continue
			}
			inner, text := w.comparison(f.target, 0, as)
			field, rest, _ := strings.Cut(text, " ")
			if f.kind == "many" {
				return object{f.name: object{"some": inner}}, fmt.Sprintf("(%s.id ?!= '' && %s.%s ?%s)", f.name, f.name, field, rest)
			}
			// In GraphQL the related record must exist; in REST, a missing value is unequal.
			return object{f.name: inner}, fmt.Sprintf("(%s.id != '' && %s.%s %s)", f.name, f.name, field, rest)
		case "options":
			option := w.pick("x", "y")
			if depth == 0 {
				continue
			}
			return object{f.name: object{"contains": option}}, fmt.Sprintf("%s:each ?= '%s'", f.name, option)
		}
		op := w.pick("eq =", "ne !=", "gt >", "lte <=")
		if f.kind == "bool" || f.kind == "option" {
			op = w.pick("eq =", "ne !=")
		}
		name, sign, _ := strings.Cut(op, " ")
		v := w.value(f.kind)
		if f.kind == "text" && w.IntN(3) == 0 {
			v = w.pick("a", "B")
			return object{f.name: object{"ilike": v}}, fmt.Sprintf("%s ~ '%s'", f.name, v)
		}
		if v == "" && (f.kind == "date" || f.kind == "option") {
			v = map[string]string{"date": "2024-06-01 00:00:00.000Z", "option": "x"}[f.kind]
		}
		literal := fmt.Sprint(v)
		if s, ok := v.(string); ok {
			literal = "'" + s + "'"
		}
		return object{f.name: object{name: v}}, f.name + " " + sign + " " + literal
	}
}

// question returns a filter of several comparisons that First satisfies.
func (w *world) question(c *randomCollection, as string) (typed object, text string) {
	a, x := w.comparison(c, 1, as)
	b, y := w.comparison(c, 1, as)
	word, sign := "and", "&&"
	if w.IntN(2) == 0 {
		word, sign = "or", "||"
	}
	some := object{word: []object{a, b}}
	text = "(" + x + " " + sign + " " + y + ")"
	if w.IntN(3) == 0 { // De Morgan's law, because REST has no negation
		some = object{"and": []object{a, {"not": object{"not": b}}}}
		text = "(" + x + " && " + y + ")"
	}
	return object{"or": []object{some, {"name": object{"eq": "First"}}}}, text + " || name = 'First'"
}

// sorting returns a random sort, which ends in the id.
func (w *world) sorting(c *randomCollection) (typed []object, text string) {
	var keys []string
	for range w.IntN(3) {
		f := c.fields[w.IntN(len(c.fields))]
		path, inner := f.name, func(direction string) any { return direction }
		if f.hidden || f.kind == "many" || f.kind == "options" {
			continue
		}
		if f.kind == "one" {
			path, inner = f.name+".name", func(direction string) any { return object{"name": direction} }
		}
		if w.IntN(2) == 0 {
			typed, keys = append(typed, object{f.name: inner("ASC")}), append(keys, path)
		} else {
			typed, keys = append(typed, object{f.name: inner("DESC")}), append(keys, "-"+path)
		}
	}
	return append(typed, object{"id": "ASC"}), strings.Join(append(keys, "id"), ",")
}

// referring returns the relations to a collection.
func (w *world) referring(c *randomCollection) (list []*randomField) {
	for _, other := range w.list {
		for _, f := range other.fields {
			if f.target == c {
				list = append(list, f)
			}
		}
	}
	return list
}

func (f *randomField) back() string { return f.in.name + "_via_" + f.name }

// selection returns a selection of all fields of a collection, with relations to the depth.
func (w *world) selection(c *randomCollection, depth int) string {
	parts := []string{"id"}
	for _, f := range c.fields {
		if f.hidden {
			continue
		}
		switch f.kind {
		case "one", "many":
			parts = append(parts, f.name+map[string]string{"one": "Id", "many": "Ids"}[f.kind])
			if depth > 0 {
				parts = append(parts, f.name+w.selection(f.target, depth-1))
			}
		default:
			parts = append(parts, f.name)
		}
	}
	if depth > 0 {
		for _, f := range w.referring(c) {
			parts = append(parts, f.back()+"(perPage: 1000) { items "+w.selection(f.in, depth-1)+" }")
		}
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// paths returns the expand paths of the relations in the selection.
func (w *world) paths(c *randomCollection, depth int) (list []string) {
	add := func(name string, to *randomCollection) {
		list = append(list, name)
		for _, path := range w.paths(to, depth-1) {
			list = append(list, name+"."+path)
		}
	}
	if depth == 0 {
		return nil
	}
	for _, f := range c.fields {
		if f.target != nil {
			add(f.name, f.target)
		}
	}
	for _, f := range w.referring(c) {
		add(f.back(), f.in)
	}
	return list
}

// typed converts a record of REST to the form of GraphQL.
func (w *world) typed(c *randomCollection, r object, depth int) object {
	out := object{"id": r["id"]}
	expanded, _ := r["expand"].(object)
	for _, f := range c.fields {
		if f.hidden {
			continue
		}
		switch f.kind {
		case "one":
			out[f.name+"Id"] = orNil(r[f.name])
			if depth > 0 {
				out[f.name] = nil
				if to, ok := expanded[f.name].(object); ok {
					out[f.name] = w.typed(f.target, to, depth-1)
				}
			}
		case "many":
			out[f.name+"Ids"] = r[f.name]
			if depth > 0 {
				out[f.name] = w.typedList(f.target, expanded[f.name], depth-1)
			}
		case "date", "option":
			out[f.name] = orNil(r[f.name])
		default:
			out[f.name] = r[f.name]
		}
	}
	if depth > 0 {
		for _, f := range w.referring(c) {
			out[f.back()] = object{"items": w.typedList(f.in, expanded[f.back()], depth-1)}
		}
	}
	return out
}

func (w *world) typedList(c *randomCollection, list any, depth int) []any {
	records, _ := list.([]any)
	if len(records) > 100 {
		w.long++
	}
	out := []any{}
	for _, r := range records {
		out = append(out, w.typed(c, r.(object), depth))
	}
	return out
}

// compare sends a random question to GraphQL and to REST, and compares the answers.
func (w *world) compare() {
	w.t.Helper()
	c := w.list[w.IntN(len(w.list))]
	as, perPage, depth := w.pick("", "ann", "bob", "root"), 1+w.IntN(4), w.IntN(3)
	filter, text := w.question(c, as)
	order, key := w.sorting(c)
	query := fmt.Sprintf("query ($f: %sFilter, $s: [%sSort!], $n: Int) { list: %s(filter: $f, sort: $s, perPage: $n) { totalItems items %s } }", c.typeName, c.typeName, c.name, w.selection(c, depth))
	answer := w.ask(as, query, object{"f": filter, "s": order, "n": perPage})
	var got struct {
		Data struct {
			List struct {
				TotalItems int
				Items      []object
			}
		}
		Errors []object
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Errors != nil {
		w.t.Fatalf("%s as %q: %v %.2000s", text, as, err, answer)
	}
	q := url.Values{"filter": {text}, "sort": {key}, "perPage": {strconv.Itoa(perPage)}, "expand": {strings.Join(w.paths(c, depth), ",")}}
	status, rest := apitest.Ask(w.t, w.blog, w.tokens[as], http.MethodGet, "/api/collections/"+c.name+"/records?"+q.Encode(), "")
	var listed struct {
		TotalItems int
		Items      []object
	}
	if err := json.Unmarshal([]byte(rest), &listed); err != nil || status != http.StatusOK {
		w.t.Fatalf("%s: %d %.2000s", text, status, rest)
	}
	want := []object{}
	for _, r := range listed.Items {
		want = append(want, w.typed(c, r, depth))
	}
	w.found += len(want)
	if got.Data.List.TotalItems != listed.TotalItems || !reflect.DeepEqual(got.Data.List.Items, want) {
		a, _ := json.Marshal(got.Data.List.Items)
		b, _ := json.Marshal(want)
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		w.t.Fatalf("%s of %s by %s as %q, %d deep: %d and %d records in REST, different at %.300s\nREST has %.300s", text, c.name, key, as, depth,
			got.Data.List.TotalItems, listed.TotalItems, a[max(0, at-60):], b[max(0, at-60):])
	}
}
