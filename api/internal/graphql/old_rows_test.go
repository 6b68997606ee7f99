package graphql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

// typeRef is a type in an answer to introspection.
type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

func (r *typeRef) named() *typeRef {
	for r.OfType != nil {
		r = r.OfType
	}
	return r
}

// members returns the fields or the keys of a type.
func (b *blog) members(as, typeName string) (list []struct {
	Name string
	Args []any
	Type *typeRef
}) {
	b.t.Helper()
	const of = "name args{name} type{kind name ofType{kind name ofType{kind name ofType{kind name}}}}"
	answer := b.ask(as, `query ($n: String!) { __type(name: $n) { fields {`+of+`} inputFields {`+strings.Replace(of, "args{name}", "", 1)+`} } }`, object{"n": typeName})
	var got struct {
		Data struct {
			Type struct {
				Fields, InputFields []struct {
					Name string
					Args []any
					Type *typeRef
				}
			} `json:"__type"`
		}
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		b.t.Fatalf("%s: %v %s", typeName, err, answer)
	}
	return append(got.Data.Type.Fields, got.Data.Type.InputFields...)
}

// everything returns a selection of all fields of a type, and of its relations to the depth.
func (b *blog) everything(as, typeName string, depth int) string {
	var s strings.Builder
	s.WriteString("{ __typename")
	for _, f := range b.members(as, typeName) {
		switch of := f.Type.named(); {
		case of.Kind == "SCALAR" || of.Kind == "ENUM":
			s.WriteString(" " + f.Name)
		case strings.HasSuffix(of.Name, "Connection"):
			if depth > 0 {
				s.WriteString(" " + f.Name + "(first: 5)" + b.everything(as, of.Name, depth-1))
			}
		case depth > 0:
			s.WriteString(" " + f.Name + b.everything(as, of.Name, depth-1))
		}
	}
	return s.String() + " }"
}

// TestOldRowsNeverBreakAnAnswer fills a collection and then tightens every option. Every caller
// still gets all records. A value that does not fit its new type is null, and an error names
// the path of the value.
func TestOldRowsNeverBreakAnAnswer(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	people := b.app.Snapshot().Find("people")
	tags := b.app.Snapshot().Find("tags")
	define := func(fields ...string) string {
		return `{"name":"olds","type":"base","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"","fields":[` + strings.Join(fields, ",") + `]}`
	}
	field := func(name, kind, options string) string {
		return fmt.Sprintf(`{"id":"f_%s","name":%q,"type":%q%s}`, name, name, kind, options)
	}
	relation := func(name, to, options string) string {
		return field(name, "relation", fmt.Sprintf(`,"collectionId":%q%s`, to, options))
	}
	coretest.Collection(t, b.app, define(field("text", "text", ""), field("body", "editor", ""), field("mail", "email", ""), field("link", "url", ""), field("fraction", "number", ""),
		field("large", "number", `,"onlyInt":true`), field("flag", "bool", ""), field("when", "date", ""), field("made", "autodate", `,"onCreate":true`), field("state", "select", `,"values":["a","b","c"],"maxSelect":1`),
		field("states", "select", `,"values":["a","b","c"],"maxSelect":3`), field("free", "select", `,"values":["a-b","a b"],"maxSelect":1`), field("data", "json", ""), field("place", "geoPoint", ""), field("paper", "file", ""),
		field("papers", "file", `,"maxSelect":3`), relation("person", people.ID, ""), relation("tags", tags.ID, `,"maxSelect":5`), relation("owner", people.ID, `,"maxSelect":5`)))
	full := object{"text": "a long text", "body": "<b>x</b>", "mail": "a@example.com", "link": "https://example.com", "fraction": 1.5, "large": 5e9, "flag": true, "when": "2024-05-06", "state": "b", "states": []string{"c", "b", "a"},
		"free": "a b", "data": object{"a": []int{1}}, "place": object{"lon": 170, "lat": -80}, "person": "ann000000000000", "tags": []string{"t10000000000000", "t20000000000000"}, "owner": []string{"bob000000000000", "ann000000000000"}}
	for i := range 3 {
		body := object{"id": fmt.Sprintf("old%012d", i)}
		if i > 0 { // the first record is empty
			for key, v := range full {
				body[key] = v
			}
		}
		b.create("olds", body)
	}
	tightened := define(field("text", "text", `,"max":3,"pattern":"^z$","required":true`), field("body", "editor", `,"maxSize":1,"required":true`), field("mail", "email", `,"onlyDomains":["other.com"],"required":true`),
		field("link", "url", `,"exceptDomains":["example.com"],"required":true`), field("fraction", "number", `,"onlyInt":true,"min":0,"max":1,"required":true`), field("large", "number", `,"onlyInt":true,"min":0,"max":100`),
		field("flag", "bool", `,"required":true`), field("when", "date", `,"min":"2030-01-01 00:00:00.000Z","required":true`), field("made", "autodate", `,"onCreate":true`), field("state", "select", `,"values":["a","x"],"maxSelect":1,"required":true`),
		field("states", "select", `,"values":["a","x"],"maxSelect":2,"required":true`), field("free", "select", `,"values":["a","c"],"maxSelect":1,"required":true`), field("data", "json", `,"maxSize":1,"required":true`),
		field("place", "geoPoint", `,"required":true`), field("paper", "file", `,"maxSize":1,"mimeTypes":["image/png"],"required":true`), field("papers", "file", `,"maxSelect":2,"required":true`),
		relation("person", people.ID, `,"required":true`), relation("tags", tags.ID, `,"maxSelect":2,"minSelect":2,"required":true`), relation("owner", people.ID, `,"maxSelect":1,"required":true`))
	if status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/collections/olds", tightened); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	b.rule("people", `"nick != 'shy'"`, "") // the people to whom the records relate may be invisible too
	for _, as := range []string{"", "ann", "bob", "root"} {
		var got struct {
			Data   struct{ Olds struct{ Items []object } }
			Errors []struct {
				Path       []any
				Extensions struct{ Code string }
			}
		}
		answer := b.ask(as, `{ olds(sort: {id: ASC}) { items `+b.everything(as, "Old", 2)+` } }`, nil)
		if err := json.Unmarshal([]byte(answer), &got); err != nil || len(got.Data.Olds.Items) != 3 {
			t.Fatalf("as %q: %v %s", as, err, answer)
		}
		unfit := map[string]bool{}
		for _, e := range got.Errors {
			if len(e.Path) < 4 || e.Extensions.Code != "INTERNAL_SERVER_ERROR" {
				t.Errorf("as %q: %v", as, e)
				continue
			}
			unfit[e.Path[3].(string)] = true
			at := any(got.Data.Olds.Items[int(e.Path[2].(float64))][e.Path[3].(string)])
			if len(e.Path) == 5 {
				at = at.([]any)[int(e.Path[4].(float64))]
			}
			if at != nil {
				t.Errorf("as %q: %v is an error and not null: %v", as, e.Path, at)
			}
		}
		for _, name := range []string{"fraction", "large", "state", "states", "free"} {
			if !unfit[name] {
				t.Errorf("as %q: no error about %s: %s", as, name, answer)
			}
		}
		if len(unfit) != 5 {
			t.Errorf("as %q: errors about %v", as, unfit)
		}
		b.askedByEverything(as)
	}
}

// askedByEverything filters, sorts and groups the records of olds by each field: no answer has an
// error.
func (b *blog) askedByEverything(as string) {
	b.t.Helper()
	var fields []string
	add := func(format string, args ...any) {
		fields = append(fields, fmt.Sprintf("a%d: ", len(fields))+fmt.Sprintf(format, args...))
	}
	for _, f := range b.members(as, "OldFilter") {
		comparison := "{isNull: false}"
		switch of := f.Type.named().Name; {
		case f.Name == "and" || f.Name == "or" || f.Name == "not" || strings.HasPrefix(of, "People") || strings.HasPrefix(of, "Tag"):
			continue
		case of == "BooleanFilter":
			comparison = "{ne: true}"
		case of == "FloatFilter" || of == "IntFilter" || of == "BigIntFilter":
			comparison = "{gt: 3, notIn: [1, 2]}"
		case strings.HasSuffix(of, "ManyFilter"):
			comparison = "{length: {gte: 0}}"
		}
		add("olds(filter: {%s: %s}) { totalItems items { id } }", f.Name, comparison)
	}
	for _, f := range b.members(as, "OldSort") {
		if f.Type.named().Kind == "ENUM" {
			add("olds(sort: {%s: DESC}, first: 2) { edges { cursor node { id } } pageInfo { endCursor } }", f.Name)
		}
	}
	keys := 0
	for _, f := range b.members(as, "OldAggregate") {
		switch name, _, _ := strings.Cut(f.Name, "_"); {
		case f.Name == "count" || slices.Contains([]string{"countDistinct", "sum", "avg", "min", "max"}, name):
			add("oldsAggregate { %s }", f.Name)
		default:
			add("oldsAggregate(groupBy: [%s], sort: {%s: DESC}) { %s count }", f.Name, f.Name, f.Name)
			keys++
		}
	}
	if len(fields) < 80 || keys < 15 {
		b.t.Errorf("%d questions, %d keys", len(fields), keys)
	}
	for part := range slices.Chunk(fields, 40) {
		if answer := b.ask(as, "{"+strings.Join(part, " ")+"}", nil); strings.Contains(answer, `"data":null`) || !strings.Contains(answer, `"data"`) || strings.Contains(answer, `:null,"a`) {
			b.t.Errorf("%s as %q: %s", part, as, answer)
		}
	}
}
