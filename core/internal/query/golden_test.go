package query_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/postgres"
	"github.com/loambase/loam/core/internal/store/sqlite"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldenPlans renders each file of testdata/plan for both engines. A file has lines of "name:
// value", then, after "--", the SQL of SQLite and of PostgreSQL with their parameters.
func TestGoldenPlans(t *testing.T) {
	f := chat(t)
	files, err := filepath.Glob("testdata/plan/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(string(data), "--\n")
			got := head
			for _, d := range []store.Dialect{sqlite.Dialect{}, postgres.Dialect{}} {
				got += "--\n" + golden(t, f, query.New(d), head)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(data) {
				t.Errorf("plan is\n%s\nwant\n%s", got, data)
			}
		})
	}
}

// built has expressions that only code builds, by their names in the golden files.
var built = map[string]lang.Expr{
	"in":     &lang.In{Left: lang.Ident{Name: "name"}, Values: []any{"a", "b"}},
	"not in": &lang.Not{Of: &lang.In{Left: lang.Ident{Name: "owner.role"}, Values: []any{"admin", "", 5}}},
	"contains all": &lang.And{List: []lang.Expr{
		&lang.Related{Path: "owner.teams", In: is("id", "T1")}, &lang.Related{Path: "owner.teams", In: is("id", "T2")}}},
	"some":       &lang.Related{Path: "room_members_via_room", In: &lang.And{List: []lang.Expr{is("user", "ann"), is("user.role", "admin")}}},
	"none":       &lang.Related{Which: lang.None, Path: "room_members_via_room", In: is("user.role", "admin")},
	"every":      &lang.Related{Which: lang.Every, Path: "room_members_via_room", In: is("user.role", "admin")},
	"any record": &lang.Related{Path: "owner"},
	"like case":  &lang.Compare{Op: lang.LikeCase, Left: lang.Ident{Name: "name"}, Right: lang.Value{V: "A*%"}},
	"null": &lang.Or{List: []lang.Expr{&lang.Compare{Left: lang.Ident{Name: "name"}, Right: lang.Value{}},
		&lang.Compare{Op: lang.NotEqual, Left: lang.Ident{Name: "owner.role"}, Right: lang.Value{}}}},
	"empty": &lang.And{List: []lang.Expr{&lang.And{}, &lang.Not{Of: &lang.Or{}}}},
}

func is(field, value string) lang.Expr {
	return &lang.Compare{Left: lang.Ident{Name: field}, Right: lang.Value{V: value}}
}

// golden plans the Select that the head of a file describes, and returns its SQL.
func golden(t *testing.T, f *fixture, p *query.Planner, head string) string {
	t.Helper()
	sel := query.Select{Columns: []string{"id"}}
	collection, count, request := "rooms", false, &query.Request{}
	var aggregate *query.Aggregate
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "about":
		case "collection":
			collection = value
		case "caller":
			if value != "guest" {
				request.Auth = f.user(value)
			}
		case "body":
			if err := json.Unmarshal([]byte(value), &request.Body); err != nil {
				t.Fatal(err)
			}
		case "rule":
			sel.Rule = value
		case "filter":
			sel.Filter = value
		case "sort":
			sel.Sort = value
		case "restricted":
			sel.Restricted = true
		case "id":
			sel.ID = value
		case "ids":
			sel.IDs = strings.Fields(value)
		case "refby":
			words := strings.Fields(value)
			sel.RefBy = &query.Ref{Field: words[0], IDs: words[1:]}
		case "group":
			aggregate = &query.Aggregate{}
			for _, key := range strings.Fields(value) {
				path, part, _ := strings.Cut(key, ":")
				aggregate.GroupBy = append(aggregate.GroupBy, query.GroupKey{Path: path, Part: query.DatePart(part)})
			}
		case "figures":
			for _, word := range strings.Fields(value) {
				fn, path, _ := strings.Cut(word, ":")
				aggregate.Values = append(aggregate.Values, query.Figure{Func: query.Func(fn), Path: path})
			}
		case "having":
			aggregate.Having = value
		case "parents":
			words := strings.Fields(value)
			sel.Parents = &query.Parents{Field: words[0], IDs: words[1:]}
		case "outputs":
			sel.Outputs = strings.Fields(value)
		case "built":
			sel.FilterExpr = built[value]
		case "backward":
			sel.Backward = true
		case "callers":
			sel.Callers = &query.Callers{Collection: f.snapshot.Find("users"), IDs: strings.Fields(value)}
		case "flag":
			sel.Flags = append(sel.Flags, value)
		case "page":
			if _, err := fmt.Sscan(value, &sel.Limit, &sel.Offset); err != nil {
				t.Fatal(err)
			}
		case "after":
			_, cursor, err := f.page(query.Select{Scope: f.scope(collection, request), Sort: sel.Sort, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			sel.After, sel.Keys = cursor, true
		case "before":
			_, cursor, err := f.page(query.Select{Scope: f.scope(collection, request), Sort: sel.Sort, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			sel.Before, sel.Keys, sel.Backward = cursor, true, true
		case "columns":
			sel.Columns = strings.Fields(value)
		case "cut":
			if _, err := fmt.Sscan(value, &sel.Cut); err != nil {
				t.Fatal(err)
			}
		case "count":
			count = true
		case "candidate":
			var r row
			if err := json.Unmarshal([]byte(value), &r); err != nil {
				t.Fatal(err)
			}
			sel.Candidate = f.values(f.snapshot.Find(collection), r)
		case "lock":
			sel.ForUpdate = true
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	sel.Scope = f.scope(collection, request)
	if a := aggregate; a != nil {
		a.Scope, a.Rule, a.Filter, a.Sort, a.Restricted = sel.Scope, sel.Rule, sel.Filter, sel.Sort, sel.Restricted
		plan, err := p.Aggregate(*a)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return statement(plan.SQL, plan.Args)
	}
	plan, err := p.Compile(sel)
	if count {
		plan, err = p.Count(sel)
	}
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return statement(plan.SQL, plan.Args)
}

// statement returns SQL with its parameters, a line each.
func statement(sql string, args []store.Value) string {
	out := sql + "\n"
	for i, v := range args {
		out += fmt.Sprintf("$%d = %s\n", i+1, param(v))
	}
	return out
}

func param(v store.Value) string {
	switch v.Kind() {
	case store.KindText:
		return fmt.Sprintf("%q", v.AsText())
	case store.KindFloat:
		return fmt.Sprintf("%v (float)", v.AsFloat())
	case store.KindInt:
		return fmt.Sprint(v.AsInt())
	case store.KindBool:
		return fmt.Sprint(v.AsBool())
	}
	return "NULL"
}
