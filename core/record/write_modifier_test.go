package record

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/schema"
)

// kinds has a field of every kind that takes part in modifiers.
func kinds() *schema.Collection {
	field := func(name string, kind schema.Kind) *schema.Field { return &schema.Field{Name: name, Kind: kind} }
	c := &schema.Collection{ID: "c", Name: "c", Type: schema.Base, Fields: []*schema.Field{
		idField(),
		field("n", &schema.Number{}),
		field("one", &schema.Select{MaxSelect: 1}),
		field("many", &schema.Select{MaxSelect: 9}),
		field("rel", &schema.Relation{MaxSelect: 9}),
		field("docs", &schema.File{MaxSelect: 9}),
		field("code", &schema.Text{AutogeneratePattern: `[0-9]{4}`}),
		field("b", &schema.Bool{}),
		field("j", &schema.JSON{}),
		field("pass", &schema.Password{}),
		field("made", &schema.Autodate{OnCreate: true}),
		{Name: "secret", Hidden: true, Kind: &schema.Text{}},
	}}
	schema.NewSnapshot(1, []*schema.Collection{c})
	return c
}

func TestResolve(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	tests := []struct {
		name         string
		stored, body object
		want         object // of the record
		seen         object // the body that rules read
	}{
		{"no keys", object{"n": 1}, nil, object{"n": 1.0}, object{}},
		{"unknown keys", object{"n": 1}, object{"x": 1, "+y": 2, "z:autogenerate": 3}, object{"n": 1.0}, object{"x": 1, "+y": 2, "z:autogenerate": 3}},

		{"add", object{"n": 5}, object{"n+": 2.5}, object{"n": 7.5}, object{"n": 7.5}},
		{"add to nothing", nil, object{"n+": "2"}, object{"n": 2.0}, object{"n": 2.0}},
		{"subtract", object{"n": 5}, object{"n-": 7}, object{"n": -2.0}, object{"n": -2.0}},
		{"shorter keys first", object{"n": 5}, object{"n-": 2, "n+": 1, "n": 10}, object{"n": 9.0}, object{"n": 9.0}},
		{"numbers have no prefix", object{"n": 5}, object{"+n": 2}, object{"n": 5.0}, object{"+n": 2}},
		{"not a number", object{"n": 5}, object{"n+": "many"}, object{"n": 5.0}, object{"n": 5.0}},

		{"append", object{"many": []string{"a"}}, object{"many+": "b"}, object{"many": []string{"a", "b"}}, object{"many": []string{"a", "b"}}},
		{"append to nothing", nil, object{"many+": []any{"b", "a"}}, object{"many": []string{"b", "a"}}, object{"many": []string{"b", "a"}}},
		{"append what is there", object{"many": []string{"a", "b"}}, object{"many+": "a"}, object{"many": []string{"a", "b"}}, object{"many": []string{"a", "b"}}},
		{"prepend", object{"rel": []string{"a"}}, object{"+rel": []any{"b", "c"}}, object{"rel": []string{"b", "c", "a"}}, object{"rel": []string{"b", "c", "a"}}},
		{"prepend what is there", object{"rel": []string{"a", "b"}}, object{"+rel": "b"}, object{"rel": []string{"b", "a"}}, object{"rel": []string{"b", "a"}}},
		{"remove", object{"docs": []string{"a", "b", "c"}}, object{"docs-": []any{"a", "c", "x"}}, object{"docs": []string{"b"}}, object{"docs": []string{"b"}}},
		{"remove from nothing", nil, object{"docs-": "a"}, object{"docs": []string{}}, object{"docs": []string{}}},
		{"JSON text", object{"many": []string{"a"}}, object{"many+": `["b","c"]`}, object{"many": []string{"a", "b", "c"}}, object{"many": []string{"a", "b", "c"}}},
		{"set, then prepend", object{"many": []string{"a"}}, object{"+many": "z", "many": "b"}, object{"many": []string{"z", "b"}}, object{"many": []string{"z", "b"}}},

		{"one: append replaces", object{"one": "a"}, object{"one+": "b"}, object{"one": "b"}, object{"one": "b"}},
		{"one: prepend keeps", object{"one": "a"}, object{"+one": "b"}, object{"one": "a"}, object{"one": "a"}},
		{"one: remove", object{"one": "a"}, object{"one-": []any{"a", "b"}}, object{"one": ""}, object{"one": ""}},
		{"one: remove another", object{"one": "a"}, object{"one-": "b"}, object{"one": "a"}, object{"one": "a"}},
		{"one: the last of a list", nil, object{"one": []any{"a", "b"}}, object{"one": "b"}, object{"one": "b"}},

		{"no modifiers of bools", object{"b": true}, object{"b-": true, "b+": true}, object{"b": true}, object{"b-": true, "b+": true}},
		{"null clears", object{"n": 1, "many": []string{"a"}, "b": true}, object{"n": nil, "many": nil, "b": nil},
			object{"n": 0.0, "many": []string{}, "b": false}, object{"n": 0.0, "many": []string{}, "b": false}},
		{"json", nil, object{"j": object{"b": 1.0, "a": nil}}, object{"j": json.RawMessage(`{"a":null,"b":1}`)}, object{"j": json.RawMessage(`{"a":null,"b":1}`)}},
		{"autodates are the server's", object{"made": "2024-01-02 03:04:05.006Z"}, object{"made": "2025-01-01"},
			object{"made": "2024-01-02 03:04:05.006Z"}, object{"made": "2024-01-02 03:04:05.006Z"}},
		{"passwords are for rules only", object{"pass": "hash"}, object{"pass": "plain"}, object{"pass": "hash"}, object{"pass": "plain"}},
		{"hidden", object{"secret": "s"}, object{"secret": "x"}, object{"secret": "s"}, object{}},
	}
	c := kinds()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stored := Blank(c)
			for name, v := range tt.stored {
				stored.Set(name, v)
			}
			before := stored.Clone()
			in, err := acceptInput(c, Input{Body: tt.body}, false)
			if err != nil {
				t.Fatal(err)
			}
			r, seen := in.resolve(stored)
			for name, want := range tt.want {
				if got := r.Get(name); !reflect.DeepEqual(got, want) {
					t.Errorf("record.%s = %#v, want %#v", name, got, want)
				}
			}
			if !reflect.DeepEqual(seen, tt.seen) {
				t.Errorf("body = %#v, want %#v", seen, tt.seen)
			}
			if !reflect.DeepEqual(stored, before) {
				t.Errorf("the stored record was changed to %v", stored.values)
			}
		})
	}
}

// Every body is resolved to values that can be validated and stored.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{
		`{"n":1,"n+":"2","n-":null}`, `{"many":["a",1,null,{}],"+many":"[\"b\"]","many-":{}}`, `{"j":{"a":[1e999]},"docs+":["x","x"]}`,
		`{"id:autogenerate":"x","code:autogenerate":{},"pass":[],"made":1,"secret":"s","":"","+":1,"-":2}`, `[]`, `null`,
	} {
		f.Add([]byte(seed))
	}
	c := kinds()
	f.Fuzz(func(t *testing.T, raw []byte) {
		var body map[string]any
		if json.Unmarshal(raw, &body) != nil {
			return
		}
		in, err := acceptInput(c, Input{Body: body}, false)
		if err != nil {
			t.Fatal(err)
		}
		r, seen := in.resolve(Blank(c))
		for i, field := range c.Fields {
			if v := r.values[i]; reflect.TypeOf(v) != reflect.TypeOf(field.Kind.Zero()) {
				t.Errorf("%s is a %T, want a %T", field.Name, v, field.Kind.Zero())
			}
			field.Kind.Validate(field, r.values[i])
			field.Value(r.values[i])
			if v, sent := seen[field.Name]; sent && field.Name == "secret" {
				t.Errorf("rules see the hidden field: %v", v)
			}
		}
	})
}

func TestResolveGenerated(t *testing.T) {
	t.Parallel()
	in, err := acceptInput(kinds(), Input{Body: map[string]any{"code:autogenerate": "x-"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	first, body := in.resolve(Blank(in.collection))
	second, _ := in.resolve(Blank(in.collection))
	code := first.Text("code")
	if len(code) != len("x-0000") || code[:2] != "x-" {
		t.Errorf("code = %q, want x- and four digits", code)
	}
	if code != second.Text("code") || code != body["code"] {
		t.Errorf("code is %q, then %q, and %q in the body: it must be drawn once", code, second.Text("code"), body["code"])
	}
}

func TestAcceptHidden(t *testing.T) {
	t.Parallel()
	c := kinds()
	c.Type = schema.Auth
	c.Fields = append(c.Fields, &schema.Field{Name: "password", Hidden: true, Kind: &schema.Password{}},
		&schema.Field{Name: "pin", Hidden: true, Kind: &schema.Password{}})
	body := map[string]any{"secret": "s", "password": "p", "pin": "1"}
	for _, tt := range []struct {
		name      string
		superuser bool
		want      []string
	}{
		{"guest", false, []string{"p"}},
		{"superuser", true, []string{"1", "p"}},
	} {
		c := &schema.Collection{ID: c.ID, Name: c.Name, Type: c.Type, Fields: c.Fields}
		in, err := acceptInput(c, Input{Body: body}, tt.superuser)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range in.passwords {
			got = append(got, p.text)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: passwords %q, want %q", tt.name, got, tt.want)
		}
		if r, _ := in.resolve(Blank(c)); (r.Text("secret") == "s") != tt.superuser {
			t.Errorf("%s: secret = %q", tt.name, r.Text("secret"))
		}
	}
}

func TestAcceptUploads(t *testing.T) {
	t.Parallel()
	file := func(name string) *blob.Upload { return &blob.Upload{Name: name} }
	type uploads = map[string][]*blob.Upload
	for _, tt := range []struct {
		name  string
		body  map[string]any
		files uploads
		want  []string
	}{
		{"replace", nil, uploads{"docs": {file("x"), file("y")}}, []string{"x", "y"}},
		{"names, then uploads", map[string]any{"docs": []any{"b", "a"}}, uploads{"docs": {file("x")}}, []string{"b", "a", "x"}},
		{"append", nil, uploads{"docs+": {file("x")}}, []string{"a", "b", "x"}},
		{"prepend", nil, uploads{"+docs": {file("x")}}, []string{"x", "a", "b"}},
		{"remove and append", map[string]any{"docs-": "a"}, uploads{"docs+": {file("x")}}, []string{"b", "x"}},
		{"both ends", nil, uploads{"docs+": {file("x")}, "+docs": {file("y")}}, []string{"y", "a", "b", "x"}},
		{"not a file field", nil, uploads{"n": {file("x")}, "nope": {file("y")}}, []string{"a", "b"}},
	} {
		c := kinds()
		stored := Blank(c)
		stored.Set("docs", []string{"a", "b"})
		in, err := acceptInput(c, Input{Body: tt.body, Files: tt.files}, false)
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := in.resolve(stored); !reflect.DeepEqual(r.Get("docs"), tt.want) {
			t.Errorf("%s: docs = %q, want %q", tt.name, r.Get("docs"), tt.want)
		}
	}
}

func TestOneCase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern string
		want    bool
	}{
		{`^[a-z0-9]+$`, true},
		{`^[a-z]{2}$`, true},
		{`^[A-Z]{3}-\d+$`, true},
		{`^\d+$`, true},
		{`^(ab|cd)_[0-9a-f]*$`, true},
		{`^[a-zA-Z0-9]+$`, false},
		{`^\w+$`, false},
		{`^.+$`, false},
		{`(?i)^[a-z]+$`, false},
		{`(?i)^ab$`, false},
		{`[a-z]+`, false},
		{`^[a-z]+`, false},
		{`[a-z]+$`, false},
		{`^[a-z]+$|x`, false},
		{`^[^A-Z]+$`, false}, // É and é
		{`(?m)^[a-z]+$`, false},
		{`(`, false},
		{``, false},
	} {
		if got := oneCase(tt.pattern); got != tt.want {
			t.Errorf("oneCase(%q) = %v, want %v", tt.pattern, got, tt.want)
		}
	}
}
