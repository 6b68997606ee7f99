package record_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// shown formats a tree of clauses. + and - mean that a part holds or fails, ! that it decides.
func shown(c *record.Clause) string {
	mark := map[bool]string{true: "+", false: "-"}[c.Holds]
	if !c.Known {
		mark = "?"
	}
	if c.Decides {
		mark += "!"
	}
	if c.Join == "" {
		return mark + c.Text
	}
	var parts []string
	for _, p := range c.Parts {
		parts = append(parts, shown(p))
	}
	return mark + "(" + strings.Join(parts, " "+c.Join+" ") + ")"
}

// An explanation has the result of the operation, and marks the parts that decide.
func TestExplain(t *testing.T) {
	t.Parallel()
	b, public, private := newRuled(t)
	user := b.add("users", object{"email": "a@example.com", "password": secret, "passwordConfirm": secret, "name": "Ann"})
	signedIn := b.as("users", user)
	row := b.add("q2", object{"n": "x", "num": 3.0, "r": public, "rm": []any{public, private}, "must": true})
	rule := func(s string) *string { return &s }
	for _, tt := range []struct {
		op      record.Operation
		caller  record.Caller
		rule    *string
		id      string
		body    object
		allowed bool
		clauses string
	}{
		{record.OpView, guest, nil, row, nil, false, ""},
		{record.OpView, b.as("_superusers", b.add("_superusers", object{"email": "s@example.com", "password": secret, "passwordConfirm": secret})), nil, row, nil, true, ""},
		{record.OpList, guest, rule(""), row, nil, true, ""},
		{record.OpView, guest, rule("@request.auth.id != '' && n = 'x'"), row, nil, false, "-(-!@request.auth.id != '' && +n = 'x')"},
		{record.OpView, signedIn, rule("@request.auth.id != '' && (num > 5 || r.pub = true)"), row, nil, true, "+(+!@request.auth.id != '' && +(-num > 5 || +!r.pub = true))"},
		{record.OpDelete, signedIn, rule("num > 5 || n = 'y'"), row, nil, false, "-(-!num > 5 || -!n = 'y')"},
		// Each part holds for some related record, but no record satisfies both.
		{record.OpView, guest, rule("rm.n ?= 'A' && rm.pub ?= false"), row, nil, false, "-!(+rm.n ?= 'A' && +rm.pub ?= false)"},
		{record.OpUpdate, guest, rule("@request.body.num > num"), row, object{"num": 4.0}, true, "+!@request.body.num > num"},
		{record.OpUpdate, guest, rule("@request.body.num:isset = false"), row, object{"num": 4.0}, false, "-!@request.body.num:isset = false"},
		{record.OpCreate, guest, rule("r.pub = true && num = 1"), "", object{"r": private, "num": 1.0}, false, "-(-!r.pub = true && +num = 1)"},
		{record.OpView, guest, rule("num = 7"), "", object{"num": 7.0}, true, "+!num = 7"},
		{record.OpView, guest, rule("hid = 'x'"), "", object{"hid": "x"}, true, "+!hid = 'x'"}, // as if it was stored
		{record.OpCreate, guest, rule("hid = 'x'"), "", object{"hid": "x"}, false, "-!hid = 'x'"},
		{record.OpCreate, guest, rule("1 = 2"), "", nil, false, "-!1 = 2"},
	} {
		got, err := b.Records().Explain(t.Context(), record.Root(), tt.caller, record.Question{Collection: "q2", Operation: tt.op, Rule: tt.rule, ID: tt.id, Body: tt.body})
		if err != nil {
			t.Fatalf("%s: %v", text(tt.rule), err)
		}
		clauses := ""
		if got.Clause != nil {
			clauses = shown(got.Clause)
		}
		if got.Allowed != tt.allowed || clauses != tt.clauses {
			t.Errorf("%s %s: allowed %v, %s\nwant %v, %s", tt.op, text(tt.rule), got.Allowed, clauses, tt.allowed, tt.clauses)
		}
		if got.SQL != "" && len(got.Plan) == 0 {
			t.Errorf("%s: no plan of %s", text(tt.rule), got.SQL)
		}
	}
	if n, num := b.count("q2"), b.value("q2", row, "num"); n != 1 || num != 3.0 {
		t.Errorf("%d records, of which one has the number %v: an explanation has written", n, num)
	}
}

func text(rule *string) string {
	if rule == nil {
		return "no rule"
	}
	return *rule
}

// An explanation shows the compared values except passwords, and the place of an error in a rule.
func TestExplainShows(t *testing.T) {
	t.Parallel()
	b, public, private := newRuled(t)
	user := b.add("users", object{"email": "a@example.com", "password": secret, "passwordConfirm": secret, "name": "Ann"})
	row := b.add("q2", object{"n": "x", "num": 3.0, "r": public, "rm": []any{public, private}, "must": true})
	ask := func(asks, caller record.Caller, collection, rule, id string) (*record.Explanation, error) {
		return b.Records().Explain(t.Context(), asks, caller, record.Question{Collection: collection, Operation: record.OpView, Rule: &rule, ID: id})
	}
	for rule, want := range map[string]string{
		"num = 4":                        `3 4`,
		"r.n = @request.auth.name":       `"A" "Ann"`,
		"@request.auth.id = n":           fmt.Sprintf(`%q "x"`, user),
		"r.pub = null":                   `true null`,
		"sel:length > 1":                 `0 1`,
		"r.n:lower = 'a'":                `"a" "a"`,
		"rm.n:lower = 'a'":               `["a" "b"!] "a"`,
		"rm.n ?= 'A'":                    `["A"! "B"] "A"`,
		"rm.n = 'A'":                     `["A" "B"!] "A"`,
		"rm.n ?= 'C'":                    `["A" "B"] "C"`,
		"'B' ?= rm.n":                    `"B" ["A" "B"!]`,
		"rm.n != 'C'":                    `["A" "B"] "C"`,
		"@collection.q1.n ?= n":          `["A" "B"] "x"`,
		"rm.q2_via_rm.num ?> 2":          `[3!] 2`,
		"@request.headers.x_token = 'a'": `null "a"`,
	} {
		got, err := ask(record.Root(), b.as("users", user), "q2", rule, row)
		if err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		if values := side(got.Clause.Left) + " " + side(got.Clause.Right); values != want {
			t.Errorf("%s compares %s, want %s", rule, values, want)
		}
	}
	bare := b.add("q2", object{"n": "y", "must": true})
	if got, err := ask(record.Root(), guest, "q2", "r.n = 'a'", bare); err != nil || side(got.Clause.Left) != "null" {
		t.Errorf("a field of no record: %+v, %v", got, err)
	}
	got, err := ask(record.Root(), guest, "users", "tokenKey != 'a'", user)
	if err == nil && got.Clause != nil && len(got.Clause.Left.Values) > 0 {
		t.Errorf("the key of tokens is shown: %s", got.Clause.Left.Values)
	}
	got, err = ask(record.Root(), guest, "q2", "n = 'x' && none = 1", row)
	if err != nil || got.Problem == nil || got.Problem.Pos != 11 || !strings.Contains(got.Problem.Message, "none") {
		t.Errorf("a wrong rule: %+v, %v", got, err)
	}
	for want, err := range map[fault.Kind]error{
		fault.Forbidden: second(ask(b.as("users", user), guest, "q2", "n = 'x'", row)),
		fault.NotFound:  second(ask(record.Root(), guest, "q2", "n = 'x'", "nothing")),
		fault.Invalid:   second(b.Records().Explain(t.Context(), record.Root(), guest, record.Question{Collection: "q2", Operation: record.OpAggregate, Rule: new(string)})),
	} {
		if fault.KindOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// If the time limit is reached before the parts of a rule are judged, Explain returns the answer of
// the whole rule. A rule without an answer at the limit is a fault of Explain and of Who.
func TestExplainAtTheLimit(t *testing.T) {
	t.Parallel()
	b, public, _ := newRuled(t)
	row := ""
	for range 150 {
		row = b.add("q2", object{"n": "x", "num": 3.0, "r": public, "must": true})
	}
	user := b.add("users", object{"email": "a@example.com", "password": secret, "passwordConfirm": secret, "name": "Ann"})
	// The engine compares 150 to the power of four pairs for endless. The first pair suffices for known.
	endless := "@collection.q2:a.r.q2_via_r.n ?= @collection.q2:b.r.q2_via_r.num"
	known := "n = 'x' || " + endless
	ask := func(rule string) record.Question {
		return record.Question{Collection: "q2", Operation: record.OpView, Rule: &rule, ID: row}
	}
	explain := func(limit time.Duration, rule string) (*record.Explanation, error) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		return b.Records().Explain(ctx, record.Root(), b.as("users", user), ask(rule))
	}
	limit := 50 * time.Millisecond // enough for an answer on an idle machine
	got, err := explain(limit, known)
	for ; errors.Is(err, record.ErrTimeLimit) && limit < 10*time.Second; got, err = explain(limit, known) {
		limit *= 2
	}
	if err != nil || !got.Whole || !got.Allowed || shown(got.Clause) != "+!"+known || len(got.Plan) == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, explained := explain(50*time.Millisecond, endless)
	_, whoErr := b.Records().Who(ctx, record.Root(), guest, ask(endless+" && @request.auth.id != ''"), "users", 1)
	for _, err := range []error{explained, whoErr} {
		if !errors.Is(err, record.ErrTimeLimit) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("a rule without an answer: %v", err)
		}
	}
}

// side formats a Side. Brackets mean that there may be several values, and ! follows a deciding
// value.
func side(s record.Side) string {
	if !s.Many {
		return s.One()
	}
	var list []string
	for i, v := range s.Values {
		if len(s.Decides) > 0 && s.Decides[i] {
			v += "!"
		}
		list = append(list, v)
	}
	return "[" + strings.Join(list, " ") + "]"
}

// Who and Explain agree about each account.
func TestWho(t *testing.T) {
	t.Parallel()
	b, public, _ := newRuled(t)
	row := b.add("q2", object{"n": "Cid", "num": 3.0, "r": public, "must": true})
	ids := []string{}
	for _, name := range []string{"Ann", "Bob", "Cid"} {
		ids = append(ids, b.add("users", object{"email": name + "@example.com", "password": secret, "passwordConfirm": secret, "name": name}))
	}
	for _, tt := range []struct {
		op   record.Operation
		rule string
		body object
	}{
		{record.OpView, "@request.auth.name = n", nil}, {record.OpList, "@request.auth.name ~ 'b' || num > 5", nil}, {record.OpDelete, "num = 3", nil},
		{record.OpUpdate, "@request.body.n = @request.auth.name && @request.auth.id != ''", object{"n": "Ann"}},
		{record.OpCreate, "n = @request.auth.name", object{"n": "Bob"}}, {record.OpView, "1 = 2", nil},
	} {
		q := record.Question{Collection: "q2", Operation: tt.op, Rule: &tt.rule, ID: row, Body: tt.body}
		if tt.op == record.OpCreate {
			q.ID = ""
		}
		var want []string
		for _, id := range ids {
			e, err := b.Records().Explain(t.Context(), record.Root(), b.as("users", id), q)
			if err != nil {
				t.Fatal(err)
			}
			if e.Allowed {
				want = append(want, id)
			}
		}
		got, err := b.Records().Who(t.Context(), record.Root(), guest, q, "users", 2)
		if err != nil || got.Count != len(want) || got.Judged != 3 || got.More || !slices.Equal(got.IDs, want[:min(2, len(want))]) {
			t.Errorf("%s %s: %+v, %v, want %v", tt.op, tt.rule, got, err, want)
		}
	}
	rule := "none = 1"
	q := record.Question{Collection: "q2", Operation: record.OpView, Rule: &rule, ID: row}
	for want, err := range map[fault.Kind]error{
		fault.Invalid:   second(b.Records().Who(t.Context(), record.Root(), guest, q, "users", 2)),
		fault.NotFound:  second(b.Records().Who(t.Context(), record.Root(), guest, q, "nothing", 2)),
		fault.Forbidden: second(b.Records().Who(t.Context(), b.as("users", ids[0]), guest, q, "users", 2)),
	} {
		if fault.KindOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func second[T any](_ T, err error) error { return err }
