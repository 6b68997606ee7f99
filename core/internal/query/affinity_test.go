package query_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// TestConstantsAreConvertedAsSQLiteWould: the planner converts a constant to the kind of the
// column; SQLite with the value bound unconverted must find the same rows, and so must PostgreSQL
// with its plan.
func TestConstantsAreConvertedAsSQLiteWould(t *testing.T) {
	c := collection("c", nil, field("t", &schema.Text{}), field("n", &schema.Number{}),
		field("b", &schema.Bool{}), field("l", &schema.Select{Values: []string{"x"}, MaxSelect: 2}))
	f, lite := open(t, c), reference(t, c)
	texts := []string{"", "0", "0.0", "5", "5.0", " 5", "05", "1e3", "1000.0", "-3.5", "x", "5x", "0.30000000000000004",
		"0.3333333333333333", "0.000981", "1.0e-05", "1.0e+15", "1.0e+20", "100000000000000000000", "9007199254740993", "true", "Inf", "+5", ".5", "5.", "0x10", "ü", "é"}
	numbers := []float64{0, 5, -3.5, 0.1 + 0.2, 1e-5, 1e15, 1e20, 1000, 1, 0.5, 123456789.125}
	for i, text := range texts {
		r := row{"id": fmt.Sprint(i), "t": text, "n": numbers[i%len(numbers)], "b": i%2 == 0,
			"l": [][]string{{}, {"x"}, {"5"}, {"x", "y"}}[i%4]}
		f.insert("c", r)
		lite.insert("c", r)
	}
	var literals []string
	var bound []store.Value
	for _, text := range texts {
		literals, bound = append(literals, "'"+text+"'"), append(bound, store.Text(text))
	}
	for _, n := range numbers {
		literals, bound = append(literals, strings.TrimSuffix(fmt.Sprintf("%.25f", n), ".")), append(bound, store.Float(n))
	}
	for _, column := range []string{"t", "n", "b", "l"} {
		for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
			for i, literal := range literals {
				sign := map[string]string{"!=": "IS NOT"}[op]
				if sign == "" {
					sign = op
				}
				native := `SELECT t."id" FROM "c" AS t WHERE t."` + column + `" ` + sign + ` $1 ORDER BY t._rowid_`
				var want []string
				for _, r := range lite.query(&query.Plan{SQL: native, Args: bound[i : i+1]}, 1) {
					want = append(want, r[0])
				}
				for _, expr := range []string{column + op + literal, literal + flip(op) + column} {
					got := f.run(query.Select{Scope: f.scope("c", nil), Filter: expr})
					if got != strings.Join(want, " ") {
						t.Errorf("%s = %q, want %q", expr, got, want)
					}
				}
			}
		}
	}
}

func flip(op string) string {
	return strings.NewReplacer("<", ">", ">", "<").Replace(op)
}

// TestConstantsCompareAsInSQLite: a comparison that the planner folds has the result of SQLite.
func TestConstantsCompareAsInSQLite(t *testing.T) {
	c := collection("c", nil)
	f, lite := open(t, c), reference(t, c)
	f.insert("c", row{"id": "only"})
	literals := []string{"'x'", "'X'", "5", "'5'", "'5.0'", "5.5", "-1", "'abc'", "'%b%'", "'a_c'", `'a\\%c'`, "'a%c'", `'\\'`, `'a\\\\%'`, `'ab\\'`,
		"'%'", "'_'", "'a%b%c'", "'üü'", "'_ü'", "'%bc%c'", "'aabcc'", `'%\\'`, `'a\\'`, "true", "'1'"}
	values := func(literal string) store.Value {
		switch {
		case literal == "true":
			return store.Int(1)
		case literal[0] == '\'':
			return store.Text(strings.ReplaceAll(literal[1:len(literal)-1], `\\`, `\`))
		}
		var n float64
		if _, err := fmt.Sscan(literal, &n); err != nil {
			t.Fatal(err)
		}
		return store.Float(n)
	}
	for _, a := range literals {
		for _, b := range literals {
			for _, op := range []string{"=", "!=", "<", ">=", "~", "!~"} {
				args := []store.Value{values(a), values(b)}
				sql := "SELECT $1 " + op + " $2"
				if strings.HasSuffix(op, "~") {
					pattern, ok := query.LikePattern(args[1])
					if !ok {
						pattern = args[1].AsText() // SQLite finds that it matches nothing
					}
					args[1] = store.Text(pattern)
					sql = map[string]string{"~": `SELECT $1 LIKE $2 ESCAPE '\'`, "!~": `SELECT $1 NOT LIKE $2 ESCAPE '\'`}[op]
				}
				want := lite.query(&query.Plan{SQL: sql, Args: args}, 1)[0][0] == "1"
				got := f.run(query.Select{Scope: f.scope("c", nil), Filter: a + op + b}) != ""
				if got != want {
					t.Errorf("%s %s %s = %v, want %v", a, op, b, got, want)
				}
			}
		}
	}
}

// TestTextsOfNumbers: a number in a filter is compared with texts in the form that a client would
// write. SQLite would compare 0.33333333333333332 and 0.0009810000000000001.
func TestTextsOfNumbers(t *testing.T) {
	texts := []string{"0.3333333333333333", "0.000981", "0.0001", "-12.5", "1.0e-05", "1.25e+20", "1000000000000000.0", "123456789012345.6"}
	f := open(t, collection("c", nil, field("t", &schema.Text{})))
	for _, text := range texts {
		f.insert("c", row{"id": text, "t": text})
	}
	for i, number := range []string{"0.3333333333333333", "0.000981", "0.0001", "-12.5", "0.00001", "125000000000000000000",
		"1000000000000000", "123456789012345.6"} {
		if got := f.run(query.Select{Scope: f.scope("c", nil), Filter: "t = " + number}); got != texts[i] {
			t.Errorf("t = %s finds %q, want %q", number, got, texts[i])
		}
	}
}

// TestTextsOfStoredNumbers: ~ matches the same digits of a number on every engine.
func TestTextsOfStoredNumbers(t *testing.T) {
	numbers := map[string]float64{"0.333333333333333": 1.0 / 3, "0.000981": 0.000981, "0.3": 0.1 + 0.2, "1e-05": 1e-5, "5": 5, "-2.5": -2.5,
		"123456789012346": 123456789012345.6, "1000000000000000": 1e15, "9007199254740992": 1 << 53, "1e+20": 1e20, "0": 0}
	f := open(t, collection("c", nil, field("n", &schema.Number{}), field("j", &schema.JSON{})))
	for text, n := range numbers {
		f.insert("c", row{"id": text, "n": n, "j": json.RawMessage(fmt.Sprintf(`{"n":%v}`, n))})
	}
	for text := range numbers {
		for _, filter := range []string{"n ~ '%" + text + "' && n !~ '_%" + text + "'"} {
			if got := f.run(query.Select{Scope: f.scope("c", nil), Filter: filter}); got != text {
				t.Errorf("%s finds %q, want %q", filter, got, text)
			}
		}
	}
}
