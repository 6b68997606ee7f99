package alter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// script returns the steps as short lines, with temporary names as ~1, ~2 …
func script(steps []Step) string {
	var lines []string
	for _, s := range steps {
		line := fmt.Sprintf("%T%+v", s, s)
		switch s := s.(type) {
		case CreateTable:
			var names []string
			for _, c := range s.Columns {
				names = append(names, c.Name)
			}
			line = "create " + s.Table + " " + strings.Join(names, ",")
		case DropTable:
			line = "drop table " + s.Table
		case ConvertColumn:
			line = "convert " + s.Table + " " + s.From.Name + " to " + s.To.Name
		case RenameTable:
			line = "rename table " + s.From + " " + s.To
		case AddColumn:
			line = "add " + s.Table + " " + s.Column.Name
		case RenameColumn:
			line = "rename " + s.Table + " " + s.From + " " + s.To
		case DropColumn:
			line = "drop " + s.Table + " " + s.Column
		case CreateIndex:
			line = fmt.Sprintf("index %d %s on %s", s.Position, s.Index.Name, s.Index.Table)
		case DropIndex:
			line = "drop index " + s.Name
		}
		lines = append(lines, line)
	}
	text := strings.Join(lines, "\n")
	for n := 1; ; n++ {
		name := regexp.MustCompile(`_tmp_\w+`).FindString(text)
		if name == "" {
			return text
		}
		text = strings.ReplaceAll(text, name, fmt.Sprintf("~%d", n))
	}
}

func TestDiff(t *testing.T) {
	field := func(id, name string) string { return `{"id":"` + id + `","name":"` + name + `","type":"text"}` }
	old := decodeNew(t, `{"name":"t","fields":[`+field("1", "b")+`,`+field("2", "a")+`,`+field("3", "c")+`],
		"indexes":["create index i on t (a)","create index j on t (b)"]}`)
	for name, c := range map[string]struct{ body, want string }{
		"nothing": {`{"listRule":""}`, ""},
		"options": {`{"fields":[{"id":"1","name":"b","type":"text","max":3},` + field("2", "a") + `,` + field("3", "c") + `]}`, ""},
		"order":   {`{"fields":[` + field("3", "c") + `,` + field("1", "b") + `,` + field("2", "a") + `]}`, ""},
		"add":     {`{"fields":[` + field("1", "b") + `,` + field("2", "a") + `,` + field("3", "c") + `,` + field("4", "d") + `]}`, "add t d"},
		"another id under the same name": {`{"fields":[` + field("1", "b") + `,` + field("2", "a") + `,` + field("9", "c") + `]}`,
			""},
		"rename": {`{"fields":[` + field("1", "b") + `,` + field("2", "a") + `,` + field("3", "z") + `]}`,
			"drop index i\ndrop index j\nrename t c z\nindex 0 i on t\nindex 1 j on t"},
		"swap": {`{"fields":[` + field("1", "a") + `,` + field("2", "b") + `,` + field("3", "c") + `]}`,
			"drop index i\ndrop index j\nrename t b ~1\nrename t a ~2\nrename t ~1 a\nrename t ~2 b\nindex 0 i on t\nindex 1 j on t"},
		"chain": {`{"fields":[` + field("1", "c") + `,` + field("2", "a") + `,` + field("3", "d") + `]}`,
			"drop index i\ndrop index j\nrename t b ~1\nrename t c d\nrename t ~1 c\nindex 0 i on t\nindex 1 j on t"},
		"letter case": {`{"fields":[` + field("1", "B") + `,` + field("2", "a") + `,` + field("3", "c") + `]}`,
			"drop index i\ndrop index j\nrename t b ~1\nrename t ~1 B\nindex 0 i on t\nindex 1 j on t"},
		"take a dropped name": {`{"fields":[` + field("1", "c") + `,` + field("2", "a") + `]}`,
			"drop index i\ndrop index j\ndrop t c\nrename t b c\nindex 0 i on t\nindex 1 j on t"},
		"one index more, one less": {`{"indexes":["CREATE INDEX i ON t (` + "`a`" + `)","create unique index k on t (c)"]}`, "drop index j\nindex 1 k on t"},
		"index changed":            {`{"indexes":["create index i on t (a desc)","create index j on t (b)"]}`, "drop index i\nindex 0 i on t"},
		"table":                    {`{"name":"u"}`, "drop index i\ndrop index j\nrename table t u\nindex 0 i on u\nindex 1 j on u"},
		"letter case of the table": {`{"name":"T"}`, "drop index i\ndrop index j\nrename table t T\nindex 0 i on T\nindex 1 j on T"},
		"table and column": {`{"name":"u","fields":[` + field("1", "b") + `,` + field("2", "a") + `]}`,
			"drop index i\ndrop index j\nrename table t u\ndrop u c\nindex 0 i on u\nindex 1 j on u"},
	} {
		draft := decodeOver(t, old, c.body)
		if got := script(Diff(old, draft)); got != c.want {
			t.Errorf("%s: Diff =\n%s\nwant\n%s", name, got, c.want)
		}
	}
	if got, want := script(Diff(nil, old)), "create t a,b,c,id\nindex 0 i on t\nindex 1 j on t"; got != want {
		t.Errorf("Diff of a new collection =\n%s\nwant\n%s", got, want)
	}
}

func TestColumnsOfKinds(t *testing.T) {
	c := decodeNew(t, `{"name":"t","fields":[{"name":"m","type":"select","values":["a","b"],"maxSelect":2},{"name":"g","type":"geoPoint"}]}`)
	create := Diff(nil, c)[0].(CreateTable)
	var got []string
	for _, col := range create.Columns {
		got = append(got, fmt.Sprintf("%s %d %v", col.Name, col.Kind, col.PrimaryKey))
	}
	if want := []string{"g 5 false", "id 0 true", "m 4 false"}; !slices.Equal(got, want) {
		t.Errorf("columns = %q, want %q", got, want)
	}
}
