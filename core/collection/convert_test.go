package collection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// put inserts records with the ids r0, r1 … and only this field set.
func (w *world) put(table, field string, values ...any) {
	w.t.Helper()
	f := w.snapshots.Load().Find(table).Field(field)
	for i, v := range values {
		w.exec(`INSERT INTO "`+table+`" ("id", "`+field+`") VALUES ($1, $2)`, store.Text(fmt.Sprint("r", i)), f.Value(v))
	}
}

// values returns the values of a field in the order of the records, as JSON.
func (w *world) values(table, field string) []string {
	w.t.Helper()
	f := w.snapshots.Load().Find(table).Field(field)
	column := `"` + field + `"`
	if f.Kind.Column() == store.ColumnMulti {
		column = w.store.Dialect().ListText(column)
	}
	var list []string
	w.must(w.store.Read(context.Background(), func(r store.Reader) error {
		list = nil
		rows, err := r.Query(`SELECT ` + column + ` FROM "` + table + `" ORDER BY "_rowid_"`)
		if err != nil {
			return err
		}
		for rows.Next() {
			list = append(list, fmt.Sprintf("%s", f.Load(rows, 0)))
			if _, text := f.Load(rows, 0).(string); !text {
				list[len(list)-1] = strings.TrimPrefix(fmt.Sprintf("%v", f.Load(rows, 0)), "<nil>")
			}
			if raw, isJSON := f.Load(rows, 0).(interface{ MarshalJSON() ([]byte, error) }); isJSON {
				text, err := raw.MarshalJSON()
				if err != nil {
					return err
				}
				list[len(list)-1] = string(text)
			}
		}
		return rows.Close()
	}))
	return list
}

func TestOneToSeveralAndBack(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"others","id":"others_id"}`)
	for kind, options := range map[string]string{
		"select": `"values":["a","b","c"]`, "file": `"maxSize":5`, "relation": `"collectionId":"others_id"`,
	} {
		field := func(n int) string {
			return fmt.Sprintf(`{"fields":[{"id":"f","name":"v","type":"%s",%s,"maxSelect":%d},{"id":"g","name":"w","type":"text"}]}`, kind, options, n)
		}
		w.create(`{"name":"` + kind + `s",` + field(1)[1:len(field(1))-1] + `,"indexes":["create index i_` + kind + ` on x (v)"]}`)
		w.put(kind+"s", "v", "a", "", "b", `we"ird`)
		w.exec(`INSERT INTO "` + kind + `s" ("v", "w") VALUES ('["a","b"]', 'kept')`)

		w.update(kind+"s", field(3))
		if got, want := w.values(kind+"s", "v"), []string{"[a]", "[]", "[b]", `[we"ird]`, "[a b]"}; !slices.Equal(got, want) {
			t.Errorf("%s: several = %q, want %q", kind, got, want)
		}
		w.update(kind+"s", field(2)) // values need no conversion
		w.update(kind+"s", field(0))
		if got, want := w.values(kind+"s", "v"), []string{"a", "", "b", `we"ird`, "b"}; !slices.Equal(got, want) {
			t.Errorf("%s: one again = %q, want the last of each: %q", kind, got, want)
		}
		if got := w.values(kind+"s", "w"); got[4] != "kept" {
			t.Errorf("%s: the other field = %q", kind, got)
		}
		if got := w.indexes(kind + "s"); len(got) != 1 || !strings.Contains(got[0], "v") {
			t.Errorf("%s: indexes = %q", kind, got)
		}
	}
}

// TestManyRowsAreConverted converts more rows than a batch.
func TestManyRowsAreConverted(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"id":"f","name":"v","type":"select","values":["a","b"],"maxSelect":1}]}`)
	w.must(w.store.Write(context.Background(), func(tx store.Tx) error {
		for i := range 2500 {
			if _, err := tx.Exec(`INSERT INTO "t" ("id", "v") VALUES ($1, $2)`, store.Text(fmt.Sprint("r", i)), store.Text([]string{"a", "b", ""}[i%3])); err != nil {
				return err
			}
		}
		return nil
	}))
	w.update("t", `{"fields":[{"id":"f","name":"v","type":"select","values":["a","b"],"maxSelect":2}]}`)
	for i, got := range w.values("t", "v") {
		if want := []string{"[a]", "[b]", "[]"}[i%3]; got != want {
			t.Fatalf("row %d = %s, want %s", i, got, want)
		}
	}
}

func TestKindsAreConverted(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"others","id":"others_id"}`)
	w.exec(`INSERT INTO "others" ("id") VALUES ('known')`)
	texts := []any{"12", "x", "", "-1.50", "true", `["a","b"]`, `{"lon":1,"lat":2}`, "2024-01-02", "known", "Inf"}
	for n, c := range []struct {
		from, to string
		put      []any
		want     []string
	}{
		{`"type":"text"`, `"type":"number"`, texts, []string{"12", "0", "0", "-1.5", "0", "0", "0", "0", "0", "0"}},
		{`"type":"text"`, `"type":"bool"`, texts, []string{"false", "false", "false", "false", "true", "false", "false", "false", "false", "false"}},
		{`"type":"text"`, `"type":"json"`, texts, []string{"12", `"x"`, "null", "-1.5", "true", `["a","b"]`, `{"lon":1,"lat":2}`, `"2024-01-02"`, `"known"`, `"Inf"`}},
		{`"type":"text"`, `"type":"select","values":["a"]`, texts, []string{"12", "x", "", "-1.50", "true", "b", `{"lon":1,"lat":2}`, "2024-01-02", "known", "Inf"}},
		{`"type":"text"`, `"type":"select","values":["a","b"],"maxSelect":2`, texts, []string{"[12]", "[x]", "[]", "[-1.50]", "[true]", "[a b]", `[{"lon":1,"lat":2}]`, "[2024-01-02]", "[known]", "[Inf]"}},
		{`"type":"text"`, `"type":"relation","collectionId":"others_id"`, texts, []string{"", "", "", "", "", "", "", "", "known", ""}},
		{`"type":"text"`, `"type":"relation","collectionId":"others_id","maxSelect":5`, texts, []string{"[]", "[]", "[]", "[]", "[]", "[]", "[]", "[]", "[known]", "[]"}},
		{`"type":"text"`, `"type":"geoPoint"`, texts, []string{"{0 0}", "{0 0}", "{0 0}", "{0 0}", "{0 0}", "{0 0}", "{1 2}", "{0 0}", "{0 0}", "{0 0}"}},
		{`"type":"text"`, `"type":"date"`, texts, []string{"", "", "", "", "", "", "", "2024-01-02 00:00:00.000Z", "", ""}},
		{`"type":"text"`, `"type":"autodate","onCreate":true`, []any{"2024-01-02", "x"}, []string{"2024-01-02 00:00:00.000Z", ""}},
		{`"type":"text"`, `"type":"editor"`, []any{"<b>", ""}, []string{"<b>", ""}},
		{`"type":"number"`, `"type":"text"`, []any{12.0, 0.0, -0.5, 1e21}, []string{"12", "0", "-0.5", "1000000000000000000000"}},
		{`"type":"number"`, `"type":"bool"`, []any{12.0, 0.0}, []string{"true", "false"}},
		{`"type":"number"`, `"type":"json"`, []any{12.5, 0.0}, []string{"12.5", "0"}},
		{`"type":"bool"`, `"type":"text"`, []any{true, false}, []string{"true", "false"}},
		{`"type":"bool"`, `"type":"number"`, []any{true, false}, []string{"1", "0"}},
		{`"type":"select","values":["a","b"],"maxSelect":2`, `"type":"text"`, []any{[]string{"a", "b"}, []string{}, []string{"a"}}, []string{`["a","b"]`, "", `["a"]`}},
		{`"type":"select","values":["a","b"],"maxSelect":2`, `"type":"json"`, []any{[]string{"a", "b"}, []string{}}, []string{`["a","b"]`, "null"}},
		{`"type":"json"`, `"type":"text"`, []any{`{"a":1}`, `"x"`, "5", "null", "[]"}, []string{`{"a":1}`, "x", "5", "", ""}},
		{`"type":"json"`, `"type":"number"`, []any{`{"a":1}`, "5", `"7"`, "true", "null"}, []string{"0", "5", "7", "1", "0"}},
		{`"type":"json"`, `"type":"select","values":["a","b"],"maxSelect":2`, []any{`["a","b"]`, `"a"`, "5", "null"}, []string{"[a b]", "[a]", "[5]", "[]"}},
		{`"type":"json"`, `"type":"geoPoint"`, []any{`{"lon":3,"lat":4}`, "5"}, []string{"{3 4}", "{0 0}"}},
		{`"type":"json"`, `"type":"date"`, []any{`"2024-01-02"`, "5"}, []string{"2024-01-02 00:00:00.000Z", ""}},
		{`"type":"geoPoint"`, `"type":"json"`, []any{schema.Point{Lon: 3, Lat: 4}, schema.Point{}}, []string{`{"lon":3,"lat":4}`, "null"}},
		{`"type":"geoPoint"`, `"type":"text"`, []any{schema.Point{Lon: 3, Lat: 4}, schema.Point{}}, []string{`{"lon":3,"lat":4}`, ""}},
		{`"type":"file"`, `"type":"text"`, []any{"a.txt"}, []string{"a.txt"}},
		{`"type":"relation","collectionId":"others_id"`, `"type":"text"`, []any{"known", ""}, []string{"known", ""}},
	} {
		name := fmt.Sprint("t", n)
		w.create(`{"name":"` + name + `","fields":[{"id":"f","name":"v",` + c.from + `}]}`)
		w.put(name, "v", c.put...)
		body := []byte(`{"fields":[{"id":"f","name":"renamed",` + c.to + `}]}`)
		var e *fault.Error
		if _, err := w.Update(context.Background(), record.Root(), name, body); !errors.As(err, &e) || leaf(e.Fields, []string{"fields", "1"}) != "validation_field_type_change" {
			t.Errorf("%s to %s unasked: %v, want validation_field_type_change", c.from, c.to, err)
		}
		if _, err := w.UpdateConverting(context.Background(), record.Root(), name, body); err != nil {
			t.Errorf("%s to %s: %s", c.from, c.to, describe(err))
			continue
		}
		if got := w.values(name, "renamed"); !slices.Equal(got, c.want) {
			t.Errorf("%s to %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

func TestConversionsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"id":"f1","name":"p","type":"password"},{"id":"f2","name":"v","type":"text"},{"id":"f3","name":"s","type":"text","system":true}],
		"indexes":["create unique index u on t (v)"]}`)
	w.exec(`INSERT INTO "t" ("v") VALUES ('1'), ('1.0'), ('x')`)
	before := w.state()
	fields := func(p, v, s string) string {
		return `{"fields":[{"id":"f1","name":"p","type":"` + p + `"},{"id":"f2","name":"v","type":"` + v + `"},{"id":"f3","name":"s","type":"` + s + `","system":true}]}`
	}
	for name, c := range map[string]struct{ collection, body, path, code string }{
		"a hash to a text":      {"t", fields("text", "text", "text"), "fields.1", "validation_field_type_change"},
		"a text to a password":  {"t", fields("password", "password", "text"), "fields.2", "validation_field_type_change"},
		"a text to a file":      {"t", fields("password", "file", "text"), "fields.2", "validation_field_type_change"},
		"a system field":        {"t", fields("password", "text", "json"), "fields.3", "validation_field_type_change"},
		"the key":               {"t", `{"fields":[{"name":"id","type":"number"}]}`, "fields", "validation_missing_primary_key"},
		"values that are equal": {"t", fields("password", "number", "text"), "indexes.0", "validation_invalid_index_expression"},
	} {
		_, err := w.UpdateConverting(context.Background(), record.Root(), c.collection, []byte(c.body))
		var e *fault.Error
		if !errors.As(err, &e) || leaf(e.Fields, strings.Split(c.path, ".")) != c.code {
			t.Errorf("%s: %s, want %s at %s", name, describe(err), c.code, c.path)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("refusals changed\n%s\nto\n%s", before, after)
	}
	if got := w.values("t", "v"); !slices.Equal(got, []string{"1", "1.0", "x"}) {
		t.Errorf("values = %q", got)
	}
}

func TestFieldsWithoutIDsAreConvertedByName(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"name":"v","type":"text"}]}`)
	w.put("t", "v", "5", "x")
	_, err := w.UpdateConverting(context.Background(), record.Root(), "t", []byte(`{"fields":[{"name":"v","type":"number"}]}`))
	w.must(err)
	if got := w.values("t", "v"); !slices.Equal(got, []string{"5", "0"}) {
		t.Errorf("values = %q", got)
	}
	// The field keeps its id, which differs from the derived id of a text with that name: without
	// conversion the update is refused, and the field is not treated as a new one.
	_, err = w.Update(context.Background(), record.Root(), "t", []byte(`{"fields":[{"name":"v","type":"text"}]}`))
	var e *fault.Error
	if !errors.As(err, &e) || leaf(e.Fields, []string{"fields", "1"}) != "validation_field_type_change" {
		t.Errorf("back unasked: %v", err)
	}
}
