package query_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// aggregate returns the rows of an Aggregate and its plan. The error is that of the planner.
func (f *fixture) aggregate(a query.Aggregate) (rows [][]any, plan *query.AggregatePlan, err error) {
	f.t.Helper()
	if plan, err = f.planner.Aggregate(a); err != nil {
		return nil, nil, err
	}
	err = f.db.Read(context.Background(), func(r store.Reader) error {
		got, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return err
		}
		for got.Next() {
			row := make([]any, len(plan.Outputs))
			for i := range row {
				row[i] = plan.Value(got, i)
			}
			rows = append(rows, row)
		}
		return got.Close()
	})
	if err != nil {
		f.t.Fatalf("%v\n%s\n%v", err, plan.SQL, plan.Args)
	}
	return rows, plan, nil
}

// valuesOf returns the values of the paths for each record that the filter selects.
func (f *fixture) valuesOf(sel query.Select, paths []string) (rows [][]any) {
	f.t.Helper()
	sel.Columns, sel.Outputs, sel.Restricted = []string{"id"}, paths, false
	plan, err := f.planner.Compile(sel)
	if err != nil {
		f.t.Fatal(err)
	}
	err = f.db.Read(context.Background(), func(r store.Reader) error {
		got, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return err
		}
		for got.Next() {
			row := make([]any, len(paths))
			for i := range row {
				switch kind := got.Kind(i + 1); {
				case kind == store.KindNull:
				case strings.HasSuffix("."+paths[i], ".b"):
					row[i] = got.Bool(i + 1)
				case kind == store.KindInt:
					row[i] = float64(got.Int(i + 1))
				case kind == store.KindFloat:
					row[i] = got.Float(i + 1)
				default:
					row[i] = got.Text(i + 1)
				}
			}
			rows = append(rows, row)
		}
		return got.Close()
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return rows
}

// figure computes a figure from the values of a group.
func figure(fn query.Func, values []any) any {
	var numbers []float64
	var texts []string
	distinct := map[any]bool{}
	for _, v := range values {
		switch v := v.(type) {
		case float64:
			numbers = append(numbers, v)
		case string:
			texts = append(texts, v)
		}
		if v != nil {
			distinct[v] = true
		}
	}
	sum := 0.0
	for _, n := range numbers {
		sum += n
	}
	switch fn {
	case query.Count:
		return int64(len(values))
	case query.CountDistinct:
		return int64(len(distinct))
	case query.Sum:
		return sum
	}
	if fn == query.Avg && len(numbers) > 0 {
		return sum / float64(len(numbers))
	}
	switch {
	case len(numbers) > 0 && fn == query.Min:
		return slices.Min(numbers)
	case len(numbers) > 0 && fn == query.Max:
		return slices.Max(numbers)
	case len(texts) > 0 && fn == query.Min:
		return slices.Min(texts)
	case len(texts) > 0 && fn == query.Max:
		return slices.Max(texts)
	}
	return nil
}

// TestAggregatesAgreeWithPlainSums compares groups and figures with those of a loop over the
// records.
func TestAggregatesAgreeWithPlainSums(t *testing.T) {
	f := everything(t)
	n := 800
	if testing.Short() {
		n = 150
	}
	keys := map[string][]query.GroupKey{
		"node": {{Path: "t"}, {Path: "n"}, {Path: "b"}, {Path: "s1"}, {Path: "up"}, {Path: "who.n"}, {Path: "up.b"}, {Path: "d", Part: query.Year}, {Path: "d", Part: query.Hour}, {Path: "up.d", Part: query.Month}},
		"card": {{Path: "t"}, {Path: "owner"}, {Path: "owner.up.n"}, {Path: "node.n"}, {Path: "node.d", Part: query.Day}},
		"view": {{Path: "t"}, {Path: "n"}, {Path: "up.t"}},
	}
	figures := map[string][]query.Figure{
		"node": {{query.Count, ""}, {query.Sum, "n"}, {query.Avg, "n"}, {query.Min, "n"}, {query.Max, "up.n"}, {query.Min, "d"}, {query.Max, "d"}, {query.CountDistinct, "t"}, {query.CountDistinct, "who.n"}, {query.Sum, "who.n"}},
		"card": {{query.Count, ""}, {query.Sum, "node.n"}, {query.CountDistinct, "node"}, {query.Max, "node.d"}},
		"view": {{query.Count, ""}, {query.Sum, "n"}, {query.Avg, "n"}, {query.Min, "n"}, {query.CountDistinct, "n"}},
	}
	parts := map[query.DatePart][2]int{query.Year: {0, 4}, query.Month: {5, 7}, query.Day: {8, 10}, query.Hour: {11, 13}}
	for seed := range uint64(n) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 51)), f: f}
		name := g.pick("node", "card", "view")
		a := query.Aggregate{Scope: f.scope(name, nil)}
		sel := query.Select{Scope: a.Scope}
		if g.IntN(2) == 0 {
			a.Filter = g.expr(a.Collection, 1)
			sel.Filter = a.Filter
		}
		var paths []string
		for i, k := range keys[name] {
			if g.IntN(4) == 0 {
				a.GroupBy, paths = append(a.GroupBy, keys[name][i]), append(paths, k.Path)
			}
		}
		for i, v := range figures[name] {
			if g.IntN(3) == 0 {
				path := v.Path
				if path == "" {
					path = "id"
				}
				a.Values, paths = append(a.Values, figures[name][i]), append(paths, path)
			}
		}
		if len(paths) == 0 {
			continue
		}
		got, plan, err := f.aggregate(a)
		if err != nil {
			if f.run(sel) != "E" {
				t.Fatal(seed, err)
			}
			continue
		}
		want := map[string][][]any{} // values by group
		for _, r := range f.valuesOf(sel, paths) {
			key := []any{}
			for i, k := range a.GroupBy {
				v := r[i]
				if k.Part != "" {
					if s, _ := v.(string); s != "" {
						var part int64
						fmt.Sscan(strings.TrimLeft(s[parts[k.Part][0]:parts[k.Part][1]], "0")+" ", &part)
						v = part
					} else {
						v = nil
					}
				}
				key = append(key, v)
			}
			for i := range a.Values {
				if v, isText := r[len(a.GroupBy)+i].(string); isText && v == "" && a.Values[i].Path == "d" {
					r[len(a.GroupBy)+i] = nil
				}
				if a.Values[i].Path == "node.d" && r[len(a.GroupBy)+i] == "" {
					r[len(a.GroupBy)+i] = nil
				}
			}
			want[fmt.Sprint(key...)+fmt.Sprintf("%#v", key)] = append(want[fmt.Sprint(key...)+fmt.Sprintf("%#v", key)], r[len(a.GroupBy):])
		}
		if len(a.GroupBy) == 0 && len(want) == 0 {
			want[fmt.Sprintf("%#v", []any{})] = nil
		}
		if len(got) != len(want) {
			t.Fatalf("seed %d: %d groups, want %d\n%s", seed, len(got), len(want), plan.SQL)
		}
		for _, row := range got {
			key := row[:len(a.GroupBy):len(a.GroupBy)]
			group, ok := want[fmt.Sprint(key...)+fmt.Sprintf("%#v", key)]
			if !ok {
				t.Fatalf("seed %d: there is no group %#v\n%s", seed, key, plan.SQL)
			}
			for i, v := range a.Values {
				var values []any
				for _, r := range group {
					values = append(values, r[i])
				}
				is, should := row[len(a.GroupBy)+i], figure(v.Func, values)
				if x, ok := is.(float64); ok {
					y, _ := should.(float64)
					ok = math.Abs(x-y) < 1e-9
					if ok {
						continue
					}
				}
				if !reflect.DeepEqual(is, should) {
					t.Fatalf("seed %d: %s of group %v = %#v, want %#v\n%s", seed, plan.Outputs[len(a.GroupBy)+i].Name, key, is, should, plan.SQL)
				}
			}
		}
	}
}

// shop returns a fixture with orders of customers whose addresses may be hidden.
func shop(t testing.TB) *fixture {
	f := open(t,
		authCollection("customers", rule("verified = true"), field("country", &schema.Text{}), hidden(field("credit", &schema.Number{}))),
		collection("orders", rule(""), field("customer", one("customers")), field("status", &schema.Select{Values: []string{"new", "paid"}, MaxSelect: 1}),
			field("price", &schema.Number{}), field("at", &schema.Date{}), field("tags", &schema.Select{Values: []string{"x", "y"}, MaxSelect: 2}),
			field("j", &schema.JSON{}), hidden(field("cost", &schema.Number{}))))
	f.insert("customers", row{"id": "a", "email": "a@x.org", "verified": true, "country": "DE"}, row{"id": "b", "email": "b@x.org", "country": "FR"})
	f.insert("orders",
		row{"id": "1", "customer": "a", "status": "new", "price": 10.0, "at": "2024-01-02 10:00:00.000Z", "tags": []string{"x"}},
		row{"id": "2", "customer": "a", "status": "paid", "price": 2.5, "at": "2024-02-02 11:00:00.000Z", "tags": []string{"x"}},
		row{"id": "3", "customer": "b", "status": "paid", "price": 7.5, "at": "2023-02-03 00:00:00.000Z", "tags": []string{"x", "y"}},
		row{"id": "4", "status": "paid"})
	return f
}

func TestAggregates(t *testing.T) {
	f := shop(t)
	count, sum := query.Figure{Func: query.Count}, query.Figure{Func: query.Sum, Path: "price"}
	by := func(paths ...string) (keys []query.GroupKey) {
		for _, p := range paths {
			path, part, _ := strings.Cut(p, ":")
			keys = append(keys, query.GroupKey{Path: path, Part: query.DatePart(part)})
		}
		return keys
	}
	for name, c := range map[string]struct {
		a    query.Aggregate
		want string
	}{
		"all":              {query.Aggregate{Values: []query.Figure{count, sum, {query.Avg, "price"}, {query.Min, "at"}, {query.Max, "at"}}}, `[[4,20,5,"2023-02-03 00:00:00.000Z","2024-02-02 11:00:00.000Z"]]`},
		"of nothing":       {query.Aggregate{Filter: "price > 100", Values: []query.Figure{count, sum, {query.Avg, "price"}, {query.Min, "price"}, {query.CountDistinct, "status"}}}, `[[0,0,null,null,0]]`},
		"groups":           {query.Aggregate{GroupBy: by("status"), Values: []query.Figure{count, sum}}, `[["new",1,10],["paid",3,10]]`},
		"no groups":        {query.Aggregate{Filter: "price > 100", GroupBy: by("status"), Values: []query.Figure{count}}, `[]`},
		"keys alone":       {query.Aggregate{GroupBy: by("status")}, `[["new"],["paid"]]`},
		"having":           {query.Aggregate{GroupBy: by("status"), Values: []query.Figure{count, sum}, Having: "count > 1 && sum_price >= 10 || status = 'x'"}, `[["paid",3,10]]`},
		"having a date":    {query.Aggregate{GroupBy: by("at"), Values: []query.Figure{count}, Having: "at = '2024-02-02T12:00:00+01:00'"}, `[["2024-02-02 11:00:00.000Z",1]]`},
		"having a time":    {query.Aggregate{GroupBy: by("status"), Values: []query.Figure{{Func: query.Max, Path: "at"}}, Having: "max_at <= '2024-01-02T10:00:00Z' && max_at ?= '2024-01-02 10:00'"}, `[["new","2024-01-02 10:00:00.000Z"]]`},
		"having times":     {query.Aggregate{GroupBy: by("status"), Values: []query.Figure{{Func: query.Max, Path: "at"}}, HavingExpr: &lang.In{Left: lang.Ident{Name: "max_at"}, Values: []any{"2024-02-02T11:00:00Z"}}}, `[["paid","2024-02-02 11:00:00.000Z"]]`},
		"having built":     {query.Aggregate{GroupBy: by("status"), Values: []query.Figure{count}, HavingExpr: &lang.Not{Of: &lang.In{Left: lang.Ident{Name: "status"}, Values: []any{"paid"}}}}, `[["new",1]]`},
		"having null":      {query.Aggregate{GroupBy: by("at:year"), Values: []query.Figure{count}, Having: "at_year != null"}, `[[2023,1],[2024,2]]`},
		"sort":             {query.Aggregate{GroupBy: by("status"), Values: []query.Figure{count, sum}, Sort: "-sum_price,-status"}, `[["paid",3,10],["new",1,10]]`},
		"a page":           {query.Aggregate{GroupBy: by("status"), Sort: "-count", Values: []query.Figure{count}, Limit: 1, Offset: 1}, `[["new",1]]`},
		"parts of dates":   {query.Aggregate{GroupBy: by("at:year", "at:month"), Values: []query.Figure{count}}, `[[null,null,1],[2023,2,1],[2024,1,1],[2024,2,1]]`},
		"hours":            {query.Aggregate{GroupBy: by("at:hour", "at:day")}, `[[null,null],[0,3],[10,2],[11,2]]`},
		"a relation":       {query.Aggregate{GroupBy: by("customer.country"), Values: []query.Figure{sum}, Sort: "-customer_country"}, `[["FR",7.5],["DE",12.5],[null,0]]`},
		"listable only":    {query.Aggregate{GroupBy: by("customer.country"), Values: []query.Figure{count}, Restricted: true}, `[[null,1],["DE",2]]`},
		"a list field":     {query.Aggregate{GroupBy: by("tags"), Values: []query.Figure{count}}, `[[["x","y"],1],[["x"],2],[[],1]]`},
		"rule and filter":  {query.Aggregate{Rule: "status = 'paid'", Filter: "price > 3", Restricted: true, Values: []query.Figure{count}}, `[[1]]`},
		"hidden":           {query.Aggregate{Values: []query.Figure{{query.Sum, "cost"}}, Restricted: true}, "E"},
		"hidden, crossed":  {query.Aggregate{GroupBy: by("customer.credit"), Restricted: true}, "E"},
		"hidden, root":     {query.Aggregate{Values: []query.Figure{{query.Sum, "cost"}}}, `[[0]]`},
		"addresses":        {query.Aggregate{GroupBy: by("customer.email"), Restricted: true}, "E"},
		"addresses, count": {query.Aggregate{Values: []query.Figure{{query.CountDistinct, "customer.email"}}, Restricted: true}, "E"},
		"addresses, root":  {query.Aggregate{Values: []query.Figure{{query.CountDistinct, "customer.email"}}}, `[[2]]`},
		"a sum of texts":   {query.Aggregate{Values: []query.Figure{{query.Sum, "status"}}}, "E"},
		"a sum of dates":   {query.Aggregate{Values: []query.Figure{{query.Sum, "at"}}}, "E"},
		"documents":        {query.Aggregate{GroupBy: by("j.a")}, "E"},
		"several values":   {query.Aggregate{GroupBy: by("orders_via_customer.id")}, "E"},
		"a foreign path":   {query.Aggregate{GroupBy: by("@request.auth.id")}, "E"},
		"an attack":        {query.Aggregate{GroupBy: by(`status" --`)}, "E"},
		"no such part":     {query.Aggregate{GroupBy: by("at:week")}, "E"},
		"no date":          {query.Aggregate{GroupBy: by("status:year")}, "E"},
		"no function":      {query.Aggregate{Values: []query.Figure{{"median", "price"}}}, "E"},
		"nothing":          {query.Aggregate{}, "E"},
		"twice":            {query.Aggregate{Values: []query.Figure{count, count}}, "E"},
		"having a field":   {query.Aggregate{Values: []query.Figure{count}, Having: "price > 1"}, "E"},
		"having a caller":  {query.Aggregate{Values: []query.Figure{count}, Having: "@request.auth.id != ''"}, "E"},
		"having changed":   {query.Aggregate{Values: []query.Figure{count}, Having: "@request.body.price:changed = true"}, "E"},
		"having related":   {query.Aggregate{Values: []query.Figure{count}, HavingExpr: &lang.Related{Path: "customer"}}, "E"},
		"sort by a field":  {query.Aggregate{Values: []query.Figure{count}, Sort: "price"}, "E"},
	} {
		c.a.Scope = f.scope("orders", nil)
		rows, _, err := f.aggregate(c.a)
		got := "E"
		if err == nil {
			if rows == nil {
				rows = [][]any{}
			}
			b, _ := json.Marshal(rows)
			got = string(b)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s (%v)", name, got, c.want, err)
		}
	}
}
