package sheet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/coretest"
)

// The kind of a field is guessed from all values of a column, not from the first value.
func TestKind(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coretest.Collection(t, b.App, `{"name":"plants","fields":[{"name":"name","type":"text"},{"name":"Cost_EUR","type":"number"}]}`)
	for values, want := range map[string]string{
		"1;2.5;-3":                   "number",
		"1.234,50;2,5":               "number",
		"1;2;many":                   "text",
		"007;8":                      "text", // an article number keeps its zeros
		"true;false;":                "bool",
		"2027-03-15;2027-03-16":      "date",
		"31.1.2027;1.2.2027":         "date",
		"a@example.com;b@example.se": "email",
		"https://example.com;http://example.com/a": "url",
		`{"a":1};[1,2]`: "json",
		";;":            "text",
	} {
		file := "name\tvalue\n"
		for value := range strings.SplitSeq(values, ";") {
			file += "x\t" + value + "\n"
		}
		job := b.open("plants", file, nil)
		if got := job.Kind(1); got != want {
			t.Errorf("Kind of %s = %s, want %s", values, got, want)
		}
	}
	in := b.Snapshot().Find("plants")
	for column, want := range map[string]string{"Seed weight (g)": "Seed_weight__g", "Größe": "Gr__e", "2 nd": "column_2_nd", "…": "column", "name": "name_2", "Cost EUR": "Cost_EUR_2", "id": "id_2"} {
		if got := sheet.FieldName(in, column); got != want {
			t.Errorf("FieldName(%q) = %q, want %q", column, got, want)
		}
	}
}

// The plan of an earlier file fits a file with the same columns, in any order, and no file with
// other columns.
func TestLike(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coretest.Collection(t, b.App, `{"name":"plants","fields":[{"name":"name","type":"text"},{"name":"price","type":"number"}]}`)
	earlier := b.open("plants", "Variety;Cost\nA;1,5\n", nil).View().Plan
	earlier.Columns[0].Field = "name"
	earlier.Columns[1] = sheet.Column{Name: "Cost", Field: "price", As: "comma", Empty: sheet.AsDefault}
	plan, fits := b.open("plants", "Cost;Variety\n2;B\n", nil).Like(earlier)
	if !fits || plan.Columns[0] != earlier.Columns[1] || plan.Columns[1] != earlier.Columns[0] {
		t.Errorf("Like = %+v, %v", plan, fits)
	}
	if plan, _ := b.open("plants", "Variety;Cost\nA;1.5\n", nil).Like(earlier); plan.Columns[1].As != "dot" {
		t.Errorf("1.5 is read as %s", plan.Columns[1].As)
	}
	for _, file := range []string{"Cost\n2\n", "Cost;Sort\n2;B\n", "Cost;Variety;Sort\n2;B;C\n"} {
		if _, fits := b.open("plants", file, nil).Like(earlier); fits {
			t.Errorf("the plan fits %q", file)
		}
	}
	earlier.Columns[1].Field = "gone"
	if _, fits := b.open("plants", "Cost;Variety\n2;B\n", nil).Like(earlier); fits {
		t.Error("a plan fits whose field is gone")
	}
}

// The title of a record is a presentable text, else a text with a usual name, else the id.
func TestTitleField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, test := range []struct{ fields, want string }{
		{`{"name":"code","type":"text"}`, "id"},
		{`{"name":"label","type":"text"},{"name":"name","type":"text"}`, "label"},
		{`{"name":"title","type":"number"},{"name":"name","type":"text"}`, "name"},
		{`{"name":"name","type":"text"},{"name":"secret","type":"password","presentable":true},{"name":"code","type":"text","presentable":true}`, "code"},
	} {
		in := coretest.Collection(t, b.App, fmt.Sprintf(`{"name":"c%d","fields":[%s]}`, i, test.fields))
		if got := sheet.TitleField(in).Name; got != test.want {
			t.Errorf("%s: the title is %s, want %s", test.fields, got, test.want)
		}
	}
}
