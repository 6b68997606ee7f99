package alter

import (
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/sqlindex"
)

func TestIndexesFollowFieldsEverywhere(t *testing.T) {
	old := decodeNew(t, `{"name":"t","fields":[{"id":"1","name":"a","type":"text"},{"id":"2","name":"b","type":"text"}],
		"indexes":["create index i on t (a, lower(b)) where b != 'a'","create index j on t (b)"]}`)
	c := decodeOver(t, old, `{"fields":[{"id":"1","name":"b","type":"text"},{"id":"2","name":"a","type":"text"}],
		"indexes":["create index i on t (a, lower(b)) where b != 'a'","create index j on t (b) where a = ''"]}`)
	want := []string{"CREATE INDEX `i` ON `t` (\n  `b`,\n  lower(a)\n) WHERE a != 'a'", "create index j on t (b) where a = ''"}
	if !slices.Equal(c.Indexes, want) {
		t.Errorf("indexes = %q, want the stored one rewritten and the new one as it is: %q", c.Indexes, want)
	}
}

func TestTableOfAScaffold(t *testing.T) {
	ix, err := sqlindex.Parse("CREATE UNIQUE INDEX `i` ON `` (`email`) WHERE `email` != ''")
	if err != nil || ix.Table != "" || ix.Name != "i" || len(ix.Columns) != 1 {
		t.Errorf("ParseIndex = %+v, %v", ix, err)
	}
	if _, err := sqlindex.Parse("CREATE INDEX i ON  (a)"); err == nil {
		t.Error("an index on nothing was read")
	}
	c := decodeNew(t, `{"name":"t","fields":[{"name":"a","type":"text"}],"indexes":["create index i on `+"``"+` (a)"]}`)
	if got := c.Indexes[0]; got != "CREATE INDEX `i` ON `t` (`a`)" {
		t.Errorf("index = %q", got)
	}
}

func TestDiffAll(t *testing.T) {
	field := func(id, name, kind string) string {
		return `{"id":"` + id + `","name":"` + name + `","type":` + kind + `}`
	}
	list := `"select","values":["a","b"],"maxSelect":2`
	a := decodeNew(t, `{"name":"a","id":"a_id","fields":[`+field("1", "v", `"text"`)+`,`+field("2", "w", `"text"`)+`],"indexes":["create index i on a (v)"]}`)
	b := decodeNew(t, `{"name":"b","id":"b_id","fields":[`+field("1", "v", `"select","values":["a","b"]`)+`],"indexes":["create index j on b (v)"]}`)
	c := decodeNew(t, `{"name":"c","id":"c_id"}`)
	swapped := []Change{
		{a, decodeOver(t, a, `{"name":"b"}`)}, {b, decodeOver(t, b, `{"name":"a"}`)}, {c, nil}, {nil, decodeNew(t, `{"name":"c","id":"d_id"}`)},
	}
	want := "drop index i\ndrop index j\ndrop table c\nrename table a ~1\nrename table b ~2\nrename table ~1 b\nrename table ~2 a\ncreate c id\nindex 0 i on b\nindex 0 j on a"
	if got := script(DiffAll(swapped)); got != want {
		t.Errorf("swapped names =\n%s\nwant\n%s", got, want)
	}
	for name, ch := range map[string]struct {
		change Change
		want   string
	}{
		"several": {Change{b, decodeOver(t, b, `{"fields":[`+field("1", "v", list)+`]}`)},
			"drop index j\nconvert b v to ~1\nrename b ~1 v\nindex 0 j on b"},
		"several, renamed":   {Change{b, decodeOver(t, b, `{"fields":[`+field("1", "u", list)+`]}`)}, "drop index j\nconvert b v to ~1\nrename b ~1 u\nindex 0 j on b"},
		"in the same column": {Change{a, decodeOver(t, a, `{"fields":[`+field("1", "v", `"date"`)+`,`+field("2", "u", `"text"`)+`]}`)}, "drop index i\nconvert a v to v\nrename a w u\nindex 0 i on a"},
		"as it is":           {Change{a, decodeOver(t, a, `{"fields":[`+field("1", "v", `"email"`)+`,`+field("2", "w", `"url"`)+`]}`)}, ""},
		"converted, swapped": {Change{a, decodeOver(t, a, `{"fields":[`+field("1", "w", `"number"`)+`,`+field("2", "v", `"text"`)+`]}`)},
			"drop index i\nconvert a v to ~1\nrename a w ~2\nrename a ~1 w\nrename a ~2 v\nindex 0 i on a"},
	} {
		if got := script(DiffAll([]Change{ch.change})); got != ch.want {
			t.Errorf("%s =\n%s\nwant\n%s", name, got, ch.want)
		}
	}
	if !strings.HasPrefix(temporary("v"), "_tmp_") {
		t.Error("temporary names have another form")
	}
}
