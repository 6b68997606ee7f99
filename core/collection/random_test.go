package collection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// sketch is a random set of collections, t0, t1 …, with fields f0, f1 … by id.
type sketch []table

type table struct {
	id, name string
	columns  []column
}

type column struct {
	id, name, kind string
	max            int // maxSelect, for kinds that have it
}

// field returns the column as a field of an import. Relations refer to the collection itself.
func (c column) field(table string) string {
	options := ""
	switch c.kind {
	case "select":
		options = fmt.Sprintf(`,"values":["a","b","c"],"maxSelect":%d`, c.max)
	case "file":
		options = fmt.Sprintf(`,"maxSelect":%d`, c.max)
	case "relation":
		options = fmt.Sprintf(`,"collectionId":"%s","maxSelect":%d`, table, c.max)
	}
	return fmt.Sprintf(`{"id":"%s","name":"%s","type":"%s"%s}`, c.id, c.name, c.kind, options)
}

// items returns the collections as items of an import, with indexes and rules that contain their
// names.
func (s sketch) items() (list []string) {
	for _, t := range s {
		var fields, indexes []string
		rule := fmt.Sprintf("@collection.%s.id ?= id", s[0].name)
		for i, c := range t.columns {
			fields = append(fields, c.field(t.id))
			if i%2 == 0 && c.kind != "json" && c.kind != "geoPoint" { // PostgreSQL has no indexes on these kinds
				indexes = append(indexes, fmt.Sprintf(`"create index i_%s_%s on %s (%s)"`, t.id, c.id, t.name, c.name))
			}
			rule += " || " + c.name + " = 'x'"
		}
		list = append(list, fmt.Sprintf(`{"id":"%s","name":"%s","listRule":"%s","fields":[%s],"indexes":[%s]}`,
			t.id, t.name, rule, strings.Join(fields, ","), strings.Join(indexes, ",")))
	}
	return list
}

var kinds = []string{"text", "number", "bool", "json", "select", "file", "relation", "date", "geoPoint", "email", "url", "editor"}

// sketched returns a random set.
func sketched(r *rand.Rand) sketch {
	var s sketch
	for i := range 3 {
		t := table{id: fmt.Sprint("t", i), name: fmt.Sprint("n", i)}
		for j := range 2 + r.IntN(6) {
			t.columns = append(t.columns, column{fmt.Sprint("f", j), fmt.Sprint("c", j), kinds[r.IntN(len(kinds))], 1 + r.IntN(2)})
		}
		s = append(s, t)
	}
	return s
}

// changed returns a changed set: with fields removed, added, renamed (also to each other's
// names), reordered, and switched between one value and several.
func (s sketch) changed(r *rand.Rand) sketch {
	names := r.Perm(len(s))
	var out sketch
	for i, t := range s {
		if i > 0 && r.IntN(5) == 0 {
			continue
		}
		t.name = s[names[i]].name
		old := t.columns
		t.columns = nil
		for j, k := range r.Perm(len(old)) {
			c := old[j]
			switch c.name = old[k].name; r.IntN(6) {
			case 0:
				continue
			case 1:
				c.id = "new" + c.id
			case 2:
				c.name += "_z"
			}
			c.max = 1 + r.IntN(2)
			t.columns = append(t.columns, c)
		}
		r.Shuffle(len(t.columns), func(a, b int) { t.columns[a], t.columns[b] = t.columns[b], t.columns[a] })
		out = append(out, t)
	}
	return out
}

// fillRandomly inserts rows, and returns the values by table, row and field.
func (w *world) fillRandomly(r *rand.Rand, s sketch) {
	texts := []string{"", "x", "a b", `q"'`, "ünï", "5"}
	for _, t := range s {
		c := w.snapshots.Load().ByID(t.id)
		for row := range 4 {
			names, params, values := []string{`"id"`}, []string{"$1"}, []store.Value{store.Text(fmt.Sprint("r", row))}
			for _, f := range c.Fields[1:] {
				var v any
				switch f.Kind.(type) {
				case *schema.Number:
					v = float64(r.IntN(9)) / 2
				case *schema.Bool:
					v = r.IntN(2) == 0
				case *schema.JSON:
					v = []string{"null", `{"a":[1,2]}`, `"x"`, "5"}[r.IntN(4)]
				case *schema.GeoPoint:
					v = schema.Point{Lon: float64(r.IntN(3)), Lat: 1}
				case *schema.Date:
					v = []string{"", "2024-01-02 03:04:05.000Z"}[r.IntN(2)]
				default:
					if v = texts[r.IntN(len(texts))]; f.Multiple() {
						v = [][]string{{}, {"a"}, {"a", "b"}, {`q"`, "ü"}}[r.IntN(4)]
					}
				}
				names = append(names, `"`+f.Name+`"`)
				params = append(params, fmt.Sprint("$", len(params)+1))
				values = append(values, f.Value(v))
			}
			w.exec(`INSERT INTO "`+c.Name+`" (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(params, ", ")+`)`, values...)
		}
	}
}

// contents returns the values by table and field id.
func (w *world) contents(s sketch) map[string][]string {
	all := map[string][]string{}
	for _, t := range s {
		for _, c := range t.columns {
			all[t.id+"."+c.id] = w.values(t.name, c.name)
		}
	}
	return all
}

// find returns the column of a set, and whether the set has it.
func (s sketch) find(table, id string) (column, bool) {
	for _, t := range s {
		for _, c := range t.columns {
			if t.id == table && c.id == id {
				return c, true
			}
		}
	}
	return column{}, false
}

// lastOnly returns a printed list with only its last item.
func lastOnly(list string) string {
	list = strings.Trim(list, "[]")
	return "[" + list[strings.LastIndexByte(list, ' ')+1:] + "]"
}

// TestRandomSchemasKeepWhatBothHave changes one set to another and back.
func TestRandomSchemasKeepWhatBothHave(t *testing.T) {
	rounds := uint64(8)
	if testing.Short() {
		rounds = 2
	}
	for seed := range rounds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 5))
			w := newWorld(t)
			a := sketched(r)
			w.bring(imported(true, a.items()...))
			w.fillRandomly(r, a)
			before := w.contents(a)
			b := a.changed(r)
			w.bring(imported(true, b.items()...))
			w.failRandomly(r, b)
			w.bring(imported(true, a.items()...))
			after := w.contents(a)
			for _, table := range a {
				for _, c := range table.columns {
					key := table.id + "." + c.id
					between, kept := b.find(table.id, c.id)
					if !kept {
						continue // dropped and created anew
					}
					want := before[key]
					if c.max > 1 && between.max == 1 && slices.Contains([]string{"select", "file", "relation"}, c.kind) {
						for i := range want {
							want[i] = lastOnly(want[i])
						}
					}
					if got := after[key]; !slices.Equal(got, want) {
						t.Errorf("%s %s = %q, want %q (in between %+v)", c.kind, key, got, want, between)
					}
				}
			}
			if got := w.names(); len(got) != len(a) {
				t.Errorf("collections = %q", got)
			}
		})
	}
}

// failRandomly runs imports that fail at one of their collections, and plans.
func (w *world) failRandomly(r *rand.Rand, s sketch) {
	w.t.Helper()
	before, contents := w.state(), fmt.Sprint(w.contents(s))
	for range 4 {
		items := s.changed(r).items()
		bad := []string{`{"name":"bad","listRule":"nope = 1"}`, `{"name":"bad","indexes":["create index x on bad (nope)"]}`,
			`{"name":"bad","fields":[{"name":"r","type":"relation","collectionId":"nope"}]}`, `{"id":"t0","type":"auth"}`,
			`{"id":"t0","fields":[{"name":"v","type":"nope"}]}`}[r.IntN(5)]
		failing := imported(r.IntN(2) == 0, slices.Insert(slices.Clone(items), r.IntN(len(items)+1), bad)...)
		if err := w.Import(context.Background(), record.Root(), failing); err == nil {
			w.t.Fatalf("an import with %s succeeded", bad)
		}
		raw, err := json.Marshal(map[string]*collection.Import{"import": imported(true, items...)})
		w.must(err)
		if _, err := w.Plan(context.Background(), record.Root(), raw); err != nil {
			w.t.Fatalf("Plan: %s", describe(err))
		}
	}
	if w.state() != before || fmt.Sprint(w.contents(s)) != contents {
		w.t.Errorf("failed imports and plans changed something")
	}
}
