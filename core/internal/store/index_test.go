package store

import "testing"

func TestIndexString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ix   Index
		want string
	}{
		{
			Index{Name: "i", Table: "t", Columns: []IndexColumn{{Name: "a"}}},
			"CREATE INDEX `i` ON `t` (`a`)",
		},
		{
			Index{
				Name: "i", Table: "t", Unique: true, IfNotExists: true, Where: "`a` != ''",
				Columns: []IndexColumn{{Name: "a", Collate: "NOCASE", Sort: "DESC"}, {Name: "lower(b)"}},
			},
			"CREATE UNIQUE INDEX IF NOT EXISTS `i` ON `t` (\n  `a` COLLATE NOCASE DESC,\n  lower(b)\n) WHERE `a` != ''",
		},
	} {
		if got := test.ix.String(); got != test.want {
			t.Errorf("Index.String(%+v) = %q, want %q", test.ix, got, test.want)
		}
	}
}
