package front

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/schema"
)

// fields are the fields of the collection things, with their kinds.
var fields = map[string]schema.Kind{
	"text": &schema.Text{}, "float": &schema.Number{}, "whole": &schema.Number{OnlyInt: true}, "bool": &schema.Bool{}, "date": &schema.Date{}, "json": &schema.JSON{},
	"point": &schema.GeoPoint{}, "status": &schema.Select{Values: []string{"new", "done"}, MaxSelect: 1}, "moods": &schema.Select{Values: []string{"good", "bad"}, MaxSelect: 2},
	"file": &schema.File{MaxSelect: 1}, "prev": &schema.Relation{CollectionID: "things", MaxSelect: 1}, "others": &schema.Relation{CollectionID: "things", MaxSelect: 9},
}

// things returns the Front of a collection with a field of each kind.
func things(t testing.TB) *Front {
	t.Helper()
	open := ""
	c := &schema.Collection{ID: "things", Name: "things", Type: schema.Base, ListRule: &open, ViewRule: &open, CreateRule: &open, UpdateRule: &open, DeleteRule: &open}
	c.Fields = []*schema.Field{{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}}}
	for name, kind := range fields {
		c.Fields = append(c.Fields, &schema.Field{Name: name, Kind: kind})
	}
	f, err := New(model.Build(schema.NewSnapshot(1, []*schema.Collection{c}), false, nil))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var fuzzed = document.Limits{Tokens: 2000, Depth: 30}

// FuzzRead looks for documents and variables that break validation and coercion, and for
// operations whose fields or arguments cannot be read although they are valid.
func FuzzRead(f *testing.F) {
	front := things(f)
	for _, seed := range [][2]string{
		{"{things{items{id text}}}", "{}"},
		{"query q($f:ThingFilter,$s:[ThingSort!]=[{text:ASC}],$n:Int){things(filter:$f,sort:$s,perPage:$n){items{...a}}}fragment a on Thing{id prev{id}}", `{"f":{"or":[{"text":{"eq":"x"}},{"prev":{"whole":{"gt":3}}}]},"n":5}`},
		{"mutation($i:ThingInput!){createThing(input:$i){id} updateThing(id:7,input:{whole_inc:1,point:{lon:1,lat:2}}){id}}", `{"i":{"json":{"a":[1e400,null]},"point":{"lon":1,"lat":2},"status":"new","moods":["good"]}}`},
		{"subscription($a:[ChangeAction!]){thingChanged(actions:$a){action record{id @include(if:true)}}}", `{"a":"CREATE"}`},
		{`{__type(name:"Thing"){fields(includeDeprecated:true){name type{ofType{name}}}} things(where:"\u0041\/",first:1){edges{cursor}}}`, "{}"},
		{"{thing(id:\"\"\"x\"\"\"){... on Thing{a:id} ...{b:id}}}", "[]"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, variables string) {
		doc, errs := front.Read(text, fuzzed)
		if errs != nil {
			for _, e := range errs {
				if e.Message == "" || e.Code == "" {
					t.Fatalf("%q: an error without a message or a code: %+v", text, e)
				}
			}
			return
		}
		d := json.NewDecoder(strings.NewReader(variables))
		d.UseNumber()
		var given map[string]any
		if d.Decode(&given) != nil {
			given = nil
		}
		op, errs := doc.Operation("", given)
		if errs != nil {
			return
		}
		root := front.tree.RootOperationTypes[op.Kind()].TypeName()
		selected, err := op.Collect([]ast.SelectionSet{op.Definition.Selections}, func(name string) bool { return name == root })
		if err != nil {
			return
		}
		for _, s := range selected {
			definition := op.FieldOf(root, s.Name)
			if definition == nil {
				definition = front.IntrospectionField(s.Name)
			}
			if definition == nil && s.Name != "__typename" {
				t.Fatalf("%q is valid and has no field %s", text, s.Name)
			}
			if definition != nil {
				_, _ = op.Arguments(definition.Arguments, s.Field.Arguments) // a null variable may fail
			}
		}
	})
}

// FuzzCoerce coerces a value as JSON and as a literal: if the literal is valid, the JSON is valid
// too, and both become the same value.
func FuzzCoerce(f *testing.F) {
	front := things(f)
	types := []string{"Int", "BigInt!", "Float", "String", "ID", "Boolean", "DateTime", "JSON", "Upload", "[Int!]", "[[String]]", "GeoPointInput", "ThingFilter", "ThingInput", "[ThingPatch!]!"}
	for i, text := range []string{`1`, `9007199254740992`, `-1.5e3`, `"x"`, `null`, `true`, `[1,null]`, `[["a"],null]`, `{"lon":1,"lat":2}`, `{"text":{"in":["a"]},"and":[{"bool":{"eq":true}}]}`, `{"json":{"a":[1]},"whole":2}`} {
		f.Add(text, uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, of uint8) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		literal, ok := literalOf(v)
		if !ok {
			return
		}
		name := types[int(of)%len(types)]
		doc, errs := document.Parse("query($v:"+name+"="+literal+"){__typename}", document.Limits{Tokens: 5000, Depth: 200})
		if errs != nil {
			return // nested too deep, or invalid UTF-8
		}
		variable := doc.Operations[0].Vars[0]
		c := &coercer{front: front}
		written, refused := c.value(variable.Type, variable.Default)
		told, wrong := c.value(variable.Type, v)
		if refused == nil && (wrong != nil || !reflect.DeepEqual(written, told)) {
			t.Fatalf("%s as %s: the literal is %#v, JSON is %#v, %v", literal, name, written, told, wrong)
		}
	})
}

// TestWrongNames checks that errors suggest a similar name, except for very many or very long wrong
// names, because the search for similar names takes long.
func TestWrongNames(t *testing.T) {
	t.Parallel()
	front, err := New(model.Build(twoHundred(), true, nil))
	if err != nil {
		t.Fatal(err)
	}
	limits := document.Limits{Tokens: 15_000, Depth: 100}
	many := func(n int, format string) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, format, i)
		}
		return s.String()
	}
	long := strings.Repeat("long", 10_000)
	for text, want := range map[string]string{
		"{things1xAggregate{count}}":                  `Cannot query field "things1xAggregate" on type "Query". Did you mean`,
		"{things1(pages:1){page}}":                    `Did you mean "page"?`,
		"{" + many(7000, "thinks%d ") + "}":           `Cannot query field "thinks0" on type "Query".`,
		"{" + long + "}":                              "Cannot query field \"" + long[:200] + "…\" on type \"Query\".",
		"{things1(" + long + ":1){page}}":             `Unknown argument "`,
		"{things1(sort:{" + long + ":ASC}){page}}":    `is not defined by type "Things1Sort".`,
		"{things1(sort:{f1:" + long + "}){page}}":     `does not exist in "SortDirection" enum.`,
		"{things1(sort:{f1:\"" + long + "\"}){page}}": `does not exist in "SortDirection" enum.`,
	} {
		_, errs := front.Read(text, limits)
		if errs == nil {
			t.Errorf("%.50s is taken", text)
			continue
		}
		message := errs[0].Message
		if !strings.Contains(message, want) || !strings.Contains(want, "Did you mean") && strings.Contains(message, "Did you mean") {
			t.Errorf("%.50s: %.300s", text, message)
		}
	}
}

// literalOf writes a value as a literal. ok is false if a key is not a name.
func literalOf(v any) (text string, ok bool) {
	switch v := v.(type) {
	case []any:
		var items []string
		for _, item := range v {
			text, ok := literalOf(item)
			if !ok {
				return "", false
			}
			items = append(items, text)
		}
		return "[" + strings.Join(items, ",") + "]", true
	case map[string]any:
		var members []string
		for key, item := range v {
			text, ok := literalOf(item)
			if !ok || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
				return "", false
			}
			members = append(members, key+":"+text)
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}", true
	}
	encoded, err := json.Marshal(v)
	return string(encoded), err == nil
}

// TestCoercion checks which values types accept, as JSON and as literals.
func TestCoercion(t *testing.T) {
	t.Parallel()
	coercer := &coercer{front: things(t)}
	for _, c := range []struct{ of, value, literal, want string }{ // literal "": the same as value; want "": valid
		{"Int", "2147483647", "", ""}, {"Int", "2147483648", "", "Int cannot represent"}, {"Int", "1.5", "", "Int cannot represent"}, {"Int", `"1"`, "", "Int cannot represent"},
		{"Int", "1.0", "1", ""}, {"Int", `"1"`, "1.0", "Int cannot represent"}, {"BigInt", "9007199254740991", "", ""}, {"BigInt", "9007199254740994", "", "BigInt cannot represent"},
		{"Float", "1e400", "", "Float cannot represent"}, {"Float", "true", "", "Float cannot represent"}, {"ID", "7", "", ""}, {"ID", "1e2", `"100"`, ""}, {"ID", "1.5", "", "ID cannot represent"},
		{"Boolean", "0", "", "Boolean cannot represent"}, {"DateTime", "5", "", "DateTime cannot represent"}, {"Upload", "5", "", "Upload cannot represent"},
		{"SortDirection", `"ASC"`, "ASC", ""}, {"SortDirection", `"UP"`, "UP", "does not exist"}, {"SortDirection", `"UP"`, `"ASC"`, "does not exist"},
		{"[Int!]", "5", "", ""}, {"[Int!]", "[null]", "", "null"}, {"Int!", "null", "", "null"}, {"[[Int]]", "[1,null,[2]]", "", ""},
		{"GeoPointInput", `{"lon":1,"lat":2}`, "{lon:1,lat:2}", ""}, {"GeoPointInput", `{"lon":1}`, "{lon:1}", `"lat" of required type`}, {"GeoPointInput", `{}`, "", `"lon" of required type`},
		{"GeoPointInput", `{"lon":1,"lat":null}`, "{lon:1,lat:null}", "null"}, {"GeoPointInput", `{"lon":1,"lat":2,"x":3}`, "{lon:1,lat:2,x:3}", "not defined"}, {"GeoPointInput", "[]", "", "to be an object"},
		{"GeoPointInput", `{"lon":1}`, "{lon:1,lon:2,lat:3}", "l"}, {"ThingFilter", `{"text":{"eq":"x"}}`, `{text:{eq:"x"}}`, ""}, {"ThingFilter", `{"text":"x"}`, `{text:"x"}`, "to be an object"},
		{"JSON", `{"a":[1e400,null,"word"]}`, "{a:[1e400,null,word]}", ""},
	} {
		if c.literal == "" {
			c.literal = c.value
		}
		doc, err := document.Parse("query($v:"+c.of+"="+c.literal+"){a}", fuzzed)
		if err != nil {
			t.Fatal(c.literal, err)
		}
		var given any
		d := json.NewDecoder(strings.NewReader(c.value))
		d.UseNumber()
		if err := d.Decode(&given); err != nil {
			t.Fatal(c.value, err)
		}
		variable := doc.Operations[0].Vars[0]
		told, wrong := coercer.value(variable.Type, given)
		written, refused := coercer.value(variable.Type, variable.Default)
		for text, err := range map[string]error{c.value: wrong, c.literal: refused} {
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s as %s: %v, want %q", text, c.of, err, c.want)
			}
		}
		if c.want == "" && !reflect.DeepEqual(told, written) {
			t.Errorf("%s: %#v as JSON, %#v as a literal", c.value, told, written)
		}
	}
}
