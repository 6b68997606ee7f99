package core_test

import (
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// kinds are the collections of every world.
var kinds = []string{"nodes", "cards", "people"}

// choices are the values of select fields, most of them hard to quote or escape.
var choices = []string{"x", "y", "5", "A", "a", "ü", "ß", "it's", `say "x"`, "100%", "a_b", `back\slash`, "<b>", "[]", "\u2028", "Z"}

func (w *twins) collection(name string) *schema.Collection { return w.apps[0].Snapshot().Find(name) }

// define makes the collections: first without relations, then with relations, rules and indexes,
// since these may refer to other collections.
func (w *twins) define() {
	w.t.Helper()
	fields := map[string][]object{}
	for _, name := range kinds {
		fields[name] = w.fields(name)
		body := object{"id": "id_" + name, "name": name, "type": "base", "fields": fields[name]}
		if name == "people" {
			body["type"] = "auth"
		}
		w.change("create "+name, body, func(app *core.App, text []byte) error {
			_, err := app.Collections().Create(w.t.Context(), record.Root(), text)
			return err
		})
	}
	for _, name := range kinds {
		list := append(stored(w.collection(name)), w.relations(name)...)
		w.alter(name, object{"fields": list, "indexes": append(w.collection(name).Indexes, w.indexes(name)...)})
	}
	for _, name := range kinds {
		for _, rule := range []string{"listRule", "viewRule", "createRule", "updateRule", "deleteRule"} {
			w.alter(name, object{rule: w.rule(name)})
		}
	}
	for _, name := range kinds { // a rule that both servers refuse stays open to superusers only
		if c := w.collection(name); c.ListRule == nil && !w.chance(4) {
			w.alter(name, object{"listRule": ""})
		}
	}
}

type object = map[string]any

// stored returns the stored fields of a collection.
func stored(c *schema.Collection) []object {
	text, err := json.Marshal(c.Fields)
	if err != nil {
		panic(err)
	}
	var list []object
	if err := json.Unmarshal(text, &list); err != nil {
		panic(err)
	}
	return list
}

func (w *twins) change(what string, body object, do func(app *core.App, text []byte) error) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.both(what+" "+string(text), func(app *core.App) (string, error) { return "", do(app, text) })
}

func (w *twins) alter(name string, body object) {
	w.t.Helper()
	w.change("update "+name, body, func(app *core.App, text []byte) error {
		_, err := app.Collections().Update(w.t.Context(), record.Root(), name, text)
		return err
	})
}

func (w *twins) fields(name string) []object {
	field := func(f, kind string, more ...any) object {
		o := object{"id": name + "_" + f, "name": f, "type": kind, "hidden": w.chance(12)}
		for i := 0; i < len(more); i += 2 {
			o[more[i].(string)] = more[i+1]
		}
		return o
	}
	list := []object{
		field("t", "text", "max", 0), field("u", "text"), field("ed", "editor"), field("mail", "email"), field("link", "url"),
		field("n", "number"), field("k", "number", "onlyInt", true), field("b", "bool"), field("d", "date"),
		field("s1", "select", "values", choices, "maxSelect", 1), field("s", "select", "values", choices, "maxSelect", 4),
		field("f1", "file", "maxSelect", 1), field("f", "file", "maxSelect", 3),
		field("j", "json"), field("g", "geoPoint"),
		field("made", "autodate", "onCreate", true), field("touched", "autodate", "onCreate", true, "onUpdate", true),
	}
	if name == "nodes" { // the collection has ids of every form
		list = append([]object{{"id": "nodes_id", "name": "id", "type": "text", "system": true, "required": true, "primaryKey": true, "min": 1, "max": 20,
			"pattern": "^[a-zA-Z0-9_ü]+$"}}, list...)
	}
	return list
}

func (w *twins) relations(name string) []object {
	relation := func(f string, most int) object {
		return object{"id": name + "_" + f, "name": f, "type": "relation", "collectionId": "id_" + w.pick(kinds...), "maxSelect": most,
			"cascadeDelete": w.chance(4), "hidden": w.chance(12)}
	}
	return []object{relation("r", 1), relation("q", 1), relation("rs", 4), relation("qs", 4)}
}

// indexes returns indexes that are made before there are records.
func (w *twins) indexes(name string) []string {
	var list []string
	for i, columns := range [][]string{{"`t`"}, {"`u`", " WHERE `u` != ''"}, {"`n`, `t`"}, {"`u` COLLATE NOCASE", " WHERE `u` != ''"}, {"`r`", " WHERE `r` != ''"},
		{"`s`"}, {"`d`, `b`"}} {
		if !w.chance(2) {
			continue
		}
		unique, where := "", ""
		if len(columns) > 1 {
			unique, where = "UNIQUE ", columns[1]
		}
		list = append(list, fmt.Sprintf("CREATE %sINDEX `i_%s_%d` ON `%s` (%s)%s", unique, name, i, name, columns[0], where))
	}
	return list
}

// rule returns nil, the open rule or an expression.
func (w *twins) rule(name string) any {
	switch n := w.IntN(10); {
	case n == 0:
		return nil
	case n < 6:
		return ""
	}
	q := questions{twins: w, free: true}
	return q.expression(w.collection(name), w.IntN(3))
}
