package core_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// text returns a text that could be taken for another value.
func (w *twins) text() string {
	return w.pick("", "", "x", "X", "y", "xy", "a", "A", "Z", "_", "5", "5.0", "05", " 5", "5 ", "-3.5", "1e3", "1e400", "-1e400", "1e-400", "0x10", "+5", ".5", "5.",
		"1000000000000000", "1e15", "Infinity", "NaN", "null", "true", "false", "TRUE", "a%", "%", "_", "%x%", `\`, `\%`, `a\`, "it's", `say "x"`, "ü", "Ü", "é", "e\u0301",
		"ß", "ss", "日本", "💥", "\u2028", "a\tb", "a\nb", "[]", `["x"]`, `["x","y"]`, "{}", `{"a":1}`, "2024-01-02 10:00:00.000Z", "2024-02-29", "2023-12-31 23:59:59.999Z",
		"2024-01-02T10:00:00Z", "10:30", "2460000.5", "now", "@now", "-", "b'", "$1", "a,b", "résumé", "Éa", "ae", "æ", "Ab", "aB", "AB", "a-b", "a b", "ab",
		strings.Repeat("long ", 30), strings.Repeat("9", 400), "0", "-0", "1", "2.5", "0.1", "0.30000000000000004")
}

func (w *twins) number() any {
	switch w.IntN(14) {
	case 0:
		return w.text()
	case 1:
		return nil
	case 2:
		return w.chance(2)
	}
	return []float64{0, 0, 1, 2, 2.5, 5, -3.5, 0.1, 0.1 + 0.2, 1.0 / 3, 1e15, 1e16, 1e21, 1e300, -1e300, 5e-324, 1e-7, 123456789.125, 1 << 53, -(1 << 53), 9.2e18, 100, 42}[w.IntN(23)]
}

func (w *twins) date() any {
	return w.pick("", "2024-01-02 10:00:00.000Z", "2023-05-06", "2024-02-29 12:34:56.789Z", "1970-01-01", "0001-01-01 00:00:00.000Z", "9999-12-31 23:59:59.999Z",
		"2024-01-01 00:00:00+02:00", "nonsense", "2024-12-30 23:59:59.9996Z", "@now", "1e3")
}

func (w *twins) json() any {
	return []any{nil, true, false, 5, 5.5, "5", "", "x", "ü", `"quoted"`, "null", "true", "[1,2]", `{"a":{"b":1}}`, `{ "n" : 1.50, "a" : [ 1e2 , "x" ] }`,
		json.Number("12345678901234567890"), json.Number("9007199254740993"), json.Number("1e400"), json.Number("-0"), `{"n":1e400,"a":1e-400}`, `{"n":9223372036854775808}`,
		`{"n":-0.0,"a":-0}`, `{"n":1e99999,"a":0.1}`, `{"a":"\ud800","n":"\ud83d\udca5"}`, `"\udc00"`, `{"a":1,"a":2}`, `{"":1,"a":{"":[]}}`, "{bad", "[1,2", "9", "-", "1 2",
		[]any{}, []any{1.0, "x", nil, map[string]any{"b": ""}}, []any{"x", "y"}, []any{[]any{1, 2}, []any{3}}, map[string]any{}, map[string]any{"a": []any{1, "x", nil, map[string]any{"b": "v"}}, "n": 5},
		map[string]any{"n": "5", "a": nil}, map[string]any{"n": true, "a": map[string]any{"b": []any{1.5, false}}}, map[string]any{"n": w.text(), "a": w.text()},
		map[string]any{"0": "zero", "a": map[string]any{"0": 1}}, map[string]any{"a": "<b>&\u2028\"\\", "n": 0.1}, strings.Repeat("[", 40) + strings.Repeat("]", 40)}[w.IntN(42)]
}

func (w *twins) point() any {
	return []any{nil, object{"lon": 0, "lat": 0}, object{"lon": 2.35, "lat": 48.85}, object{"lon": -180, "lat": 90}, object{"lon": 1, "lat": 2}, object{"lon": 13.4},
		`{"lon":1.5,"lat":-2.5}`, object{"lon": 13.4, "lat": 52.5}, []any{object{"lon": 181, "lat": 0}, "nonsense", nil, nil, nil, nil, nil, nil}[w.IntN(8)]}[w.IntN(9)]
}

// some returns up to n items of the list; an item may be repeated.
func (w *twins) some(n int, list []string) []string {
	out := []string{}
	for range w.IntN(n + 1) {
		if len(list) > 0 {
			out = append(out, w.pick(list...))
		}
	}
	return out
}

// idsOf returns ids of records to relate to, some of which do not exist.
func (w *twins) idsOf(c *schema.Collection) []string {
	if c == nil {
		return []string{""}
	}
	known := w.ids[c.Name]
	return append([]string{w.bad("gone")}, known...)
}

// bad returns one of the values now and then, else "".
func (w *twins) bad(values ...string) string {
	if w.chance(10) {
		return w.pick(values...)
	}
	return ""
}

// value returns a value for the field, now and then a value of a wrong kind.
func (w *twins) value(f *schema.Field) any {
	switch k := f.Kind.(type) {
	case *schema.Number:
		if f.Name == "k" {
			return w.pick("0", "1", "2", "5", "-7", "1000000000000000")
		}
		return w.number()
	case *schema.Bool:
		return []any{true, false, true, false, "true", "x", 1, nil}[w.IntN(8)]
	case *schema.Date:
		return w.date()
	case *schema.JSON:
		return w.json()
	case *schema.GeoPoint:
		return w.point()
	case *schema.Email:
		return w.pick("", "a@x.org", "B@X.org", "b@x.org", "a_b@x.org", w.bad("ü@x.org", "bad"))
	case *schema.URL:
		return w.pick("", "https://x.org", "http://x.org/?q=%25", w.bad("bad"))
	case *schema.Select:
		if k.Multiple() {
			return w.some(4, choices)
		}
		return w.pick(append(choices, "", w.bad("none of them"))...)
	case *schema.Relation:
		ids := w.idsOf(w.apps[0].Snapshot().ByID(k.CollectionID))
		if k.Multiple() {
			return slices.DeleteFunc(w.some(4, ids), func(id string) bool { return id == "" })
		}
		return w.pick(append(ids, "")...)
	case *schema.File:
		if w.chance(4) {
			return ""
		}
		return nil
	case *schema.Autodate:
		return w.date()
	}
	return w.text()
}

// body returns a body for the collection, with modifiers for an update.
func (w *twins) body(c *schema.Collection, modifiers bool) object {
	body := object{}
	for _, f := range c.Fields {
		if f.System && f.Name != "id" || w.chance(3) || f.IsID() {
			continue
		}
		name := f.Name
		if modifiers && w.chance(4) {
			switch f.Kind.(type) {
			case *schema.Number:
				name += w.pick("+", "-")
			case *schema.Select, *schema.Relation:
				if f.Multiple() {
					name = w.pick(name+"+", name+"-", "+"+name)
				}
			}
		}
		if _, ok := f.Kind.(*schema.File); ok && !modifiers {
			continue
		}
		body[name] = w.value(f)
	}
	if w.chance(40) {
		body["unknown"] = w.text()
	}
	return body
}

func (w *twins) id(name string) string {
	if name == "nodes" {
		return w.pick("a", "b", "A", "5", "x", "ü", "Z", "_", "ab", "aB", "1e3", "X5", "Zz", "0", "null", "true", "q", "ae", "long_id_of_a_node", "é")
	}
	return fmt.Sprintf("%s%014d", w.pick("a", "b", "z"), w.IntN(12))
}

// upload returns a file that has the same name on both servers.
func (w *twins) upload() *blob.Upload {
	w.files++
	u, err := blob.NewUpload("f.txt", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte("text"))), nil }, 4)
	if err != nil {
		w.t.Fatal(err)
	}
	u.Name = fmt.Sprint(w.pick("a", "b_", "Z", "5"), w.files, ".txt")
	return u
}

// input returns a body with files.
func (w *twins) input(c *schema.Collection, update bool) record.Input {
	in := record.Input{Body: w.body(c, update)}
	if w.chance(5) {
		in.Files = map[string][]*blob.Upload{}
		for _, key := range []string{"f1", "f", "f+", "+f"} {
			if w.chance(3) {
				in.Files[key] = []*blob.Upload{w.upload()}
				if key != "f1" && w.chance(2) {
					in.Files[key] = append(in.Files[key], w.upload())
				}
			}
		}
	}
	if c.IsAuth() {
		if !update {
			in.Body["email"] = fmt.Sprintf("%s%d@x.org", w.pick("a", "b", "Z"), w.IntN(20))
			in.Body["tokenKey"] = fmt.Sprintf("%030d", w.IntN(1<<30)) // a random key would change filters
			in.Body["password"], in.Body["passwordConfirm"] = "12345678", "12345678"
		}
		in.Body["emailVisibility"] = w.chance(2)
		if w.chance(2) {
			in.Body["verified"] = w.chance(2)
		}
	}
	return in
}

// write does a random write.
func (w *twins) write() {
	w.t.Helper()
	name := w.pick(kinds...)
	if w.chance(3) && len(w.ids["nodes"]) < 12 {
		name = "nodes"
	}
	if name == "people" && !w.chance(3) {
		name = "cards" // hashing passwords takes time
	}
	c := w.collection(name)
	who, caller, _ := w.caller()
	if !w.chance(3) {
		who, caller = "root", func(*core.App) record.Caller { return record.Root() }
	}
	expand := w.expand(c)
	w.writes++
	var what string
	var do func(app *core.App) (string, error)
	known := w.ids[name]
	switch n := w.IntN(20); {
	case n < 9 || len(known) == 0:
		in := w.input(c, false)
		in.Body["id"] = w.id(name)
		what = fmt.Sprintf("create in %s %v", name, show(in))
		do = func(app *core.App) (string, error) {
			r, err := app.Records().Create(w.t.Context(), caller(app), name, in)
			if err != nil {
				return "", err
			}
			out, err := app.Records().Render(w.t.Context(), caller(app), r, expand)
			return string(out), err
		}
	case n < 16:
		id, in := w.pick(known...), w.input(c, true)
		what = fmt.Sprintf("update %s/%s %v", name, id, show(in))
		do = func(app *core.App) (string, error) {
			r, err := app.Records().Update(w.t.Context(), caller(app), name, id, in)
			if err != nil {
				return "", err
			}
			out, err := app.Records().Render(w.t.Context(), caller(app), r, expand)
			return string(out), err
		}
	case n < 18:
		id := w.pick(append(known, "gone")...)
		what = "delete " + name + "/" + id
		do = func(app *core.App) (string, error) {
			return "", app.Records().Delete(w.t.Context(), caller(app), name, id)
		}
	default:
		what, do = w.batch(name, known, caller)
	}
	answer, ok := w.both(who+": "+what, do)
	if !ok {
		return
	}
	w.accepted++
	var r struct{ ID string }
	if json.Unmarshal([]byte(answer), &r) == nil && r.ID != "" {
		w.ids[name] = append(w.ids[name], r.ID)
	}
}

func (w *twins) batch(name string, known []string, caller func(app *core.App) record.Caller) (what string, do func(app *core.App) (string, error)) {
	ops := make([]record.Op, 1+w.IntN(4))
	for i := range ops {
		op := record.Op{Collection: name, Action: record.Action(w.IntN(4)), ID: w.pick(append(known, w.id(name))...)}
		if op.Action != record.ActionDelete {
			op.Input = record.Input{Body: w.body(w.collection(name), op.Action == record.ActionUpdate)}
		}
		if op.Action == record.ActionCreate || op.Action == record.ActionUpsert {
			op.Input.Body["id"] = w.id(name)
		}
		ops[i] = op
		what += fmt.Sprint(op.Action, " ", op.ID, " ", show(op.Input), "; ")
	}
	return "batch in " + name + " " + what, func(app *core.App) (string, error) {
		own := make([]record.Op, len(ops))
		for i, op := range ops {
			op.Caller = caller(app)
			own[i] = op
		}
		results, err := app.Records().Batch(w.t.Context(), own)
		text := ""
		for _, r := range results {
			text += string(r.Record) + "\n"
		}
		return text, err
	}
}

func show(in record.Input) string {
	text, err := json.Marshal(in.Body)
	if err != nil {
		return err.Error()
	}
	for key, list := range in.Files {
		for _, u := range list {
			text = append(text, " "+key+"="+u.Name...)
		}
	}
	return string(text)
}
