package viewquery

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	sqlite "github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// engine is a database with the tables of these tests, and one table that no view may read. Each
// cell contains its own place, "table.column#row".
type engine struct {
	t     *testing.T
	conn  *sqlite.Conn
	roots map[int64]string // tables by the root pages of their own and of their indexes
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	conn, err := sqlite.Open(sqlite.Config{Path: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	e := &engine{t: t, conn: conn, roots: map[int64]string{}}
	for _, name := range []string{"posts", "users", "Mixed", "stats"} {
		e.table(tables(name))
	}
	e.table(&Table{Name: "secrets", Columns: []string{"id", "title"}})
	for _, row := range e.rows(`SELECT "rootpage", "tbl_name" FROM "sqlite_schema" WHERE "rootpage" > 0`, 2, 100) {
		var root int64
		if _, err := fmt.Sscan(row[0], &root); err != nil {
			t.Fatal(err)
		}
		e.roots[root] = row[1]
	}
	e.roots[1] = "sqlite_schema"
	return e
}

func (e *engine) table(table *Table) {
	e.t.Helper()
	var columns []string
	for _, c := range table.Columns {
		columns = append(columns, store.Quote(c)+" TEXT")
	}
	e.exec(`CREATE TABLE ` + store.Quote(table.Name) + ` (` + strings.Join(columns, ", ") + `)`)
	for row := range 2 {
		var values []string
		for _, c := range table.Columns {
			values = append(values, fmt.Sprintf("'%s.%s#%d'", table.Name, c, row))
		}
		e.exec(`INSERT INTO ` + store.Quote(table.Name) + ` VALUES (` + strings.Join(values, ", ") + `)`)
	}
	e.exec(`CREATE INDEX ` + store.Quote("i_"+table.Name) + ` ON ` + store.Quote(table.Name) + ` ("id")`)
}

func (e *engine) exec(sql string) {
	e.t.Helper()
	if err := e.conn.Exec(sql); err != nil {
		e.t.Fatalf("%s: %v", sql, err)
	}
}

// rows returns the first columns of the first rows of a statement as texts; nil if it cannot be
// compiled or fails.
func (e *engine) rows(sql string, width, limit int) [][]string {
	stmt, err := e.conn.Prepare(sql)
	if err != nil {
		return nil
	}
	defer stmt.Close()
	list := [][]string{}
	for len(list) < limit {
		more, err := stmt.Step()
		if err != nil {
			return nil
		}
		if !more {
			break
		}
		row := make([]string, width)
		for i := range row {
			row[i] = string(stmt.Bytes(i))
		}
		list = append(list, row)
	}
	return list
}

// check compares the results of this package for an accepted query with SQLite. It returns false
// if one of the two refuses the query.
func (e *engine) check(query string, run bool) bool {
	e.t.Helper()
	q, err := Parse(query)
	if err != nil {
		return false
	}
	columns, err := q.Columns(tables)
	if err != nil {
		return false
	}
	if e.conn.Exec(`CREATE VIEW "v" AS `+q.String()) != nil {
		return false
	}
	defer e.exec(`DROP VIEW "v"`)
	program := e.rows(`EXPLAIN SELECT * FROM "v"`, 5, 1<<20)
	if program == nil { // SQLite resolves the names of a view when it is read
		return false
	}
	e.reads(q, program)
	e.names(q, columns)
	if run {
		e.values(q, columns)
	}
	return true
}

// reads fails the test if SQLite writes, or opens a table that is not in Tables of the query.
func (e *engine) reads(q *Query, program [][]string) {
	e.t.Helper()
	for _, op := range program {
		switch op[1] {
		case "OpenRead", "ReopenIdx":
			var root, db int64
			_, _ = fmt.Sscan(op[3], &root)
			_, _ = fmt.Sscan(op[4], &db)
			table := e.roots[root]
			known := slices.ContainsFunc(q.Tables(), func(name string) bool { return strings.EqualFold(name, table) })
			if db != 0 || !known {
				e.t.Fatalf("%q opens %q (page %d of database %d), but Tables are %q", q, table, root, db, q.Tables())
			}
		case "OpenWrite", "Destroy", "CreateBtree", "ParseSchema", "Vacuum", "JournalMode", "Checkpoint", "SetCookie", "Pagecount":
			e.t.Fatalf("%q has the operation %s", q, op[1])
		case "VOpen":
			if text := strings.ToLower(q.String()); !strings.Contains(text, "json") {
				e.t.Fatalf("%q opens a virtual table", q)
			}
		}
	}
}

// names compares the names of the columns. SQLite makes up names for unnamed columns and for
// duplicates.
func (e *engine) names(q *Query, columns []Column) {
	e.t.Helper()
	info := e.rows(`PRAGMA table_info("v")`, 2, 1000)
	if len(info) != len(columns) {
		e.t.Fatalf("%q has %d columns, to SQLite %d", q, len(columns), len(info))
	}
	seen := map[string]bool{}
	for i, c := range columns {
		if c.Name == "" || seen[fold(c.Name)] {
			continue
		}
		seen[fold(c.Name)] = true
		if fold(info[i][1]) != fold(c.Name) && !strings.Contains(info[i][1], ":") {
			e.t.Fatalf("%q: column %d is %q, to SQLite %q", q, i, c.Name, info[i][1])
		}
	}
}

// values fails the test if a column shows a value of a field that is not in its Origins.
func (e *engine) values(q *Query, columns []Column) {
	e.t.Helper()
	for _, row := range e.rows(`SELECT * FROM "v"`, len(columns), 40) {
		for i, c := range columns {
			place, _, found := strings.Cut(row[i], "#")
			table, column, _ := strings.Cut(place, ".")
			is := func(o Origin) bool { return o == Origin{table, column} }
			if !found {
				continue
			}
			if len(c.Origins) > 0 && !slices.ContainsFunc(c.Origins, is) {
				e.t.Fatalf("%q: column %q shows %s, but its origins are %v", q, c.Name, place, c.Origins)
			}
			if c.Source != nil && c.Everywhere && !is(*c.Source) && !slices.ContainsFunc(c.Also, is) {
				e.t.Fatalf("%q: column %q shows %s, but is said to be of %v and %v", q, c.Name, place, c.Source, c.Also)
			}
		}
	}
}

// writer makes random queries from the parts of the grammar with names and scopes.
type writer struct {
	*rand.Rand
	depth int
}

func (w *writer) one(choices ...string) string { return choices[w.IntN(len(choices))] }

func (w *writer) query() string {
	w.depth++
	defer func() { w.depth-- }()
	with := ""
	if w.depth < 3 && w.IntN(6) == 0 {
		with = "WITH " + w.one("c", "posts", "x") + w.one("", "(id, title)") + " AS (" + w.selects(2) + ") "
	}
	text := with + w.selects(2)
	for w.IntN(5) == 0 {
		text += w.one(" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT ") + w.selects(2)
	}
	return text + w.one("", "", " ORDER BY 1", " ORDER BY id", " LIMIT 3")
}

func (w *writer) selects(columns int) string {
	w.depth++
	defer func() { w.depth-- }()
	var items []string
	for range columns {
		items = append(items, w.item())
	}
	if w.depth > 2 && w.IntN(5) == 0 {
		items = []string{w.one("*", "p.*", "*, "+w.item())}
	}
	return "SELECT " + w.one("", "DISTINCT ") + strings.Join(items, ", ") + " FROM " + w.from() + w.one("", "", " WHERE "+w.expression()+" IS NOT NULL")
}

func (w *writer) item() string {
	return w.expression() + w.one("", " AS id", " title", ` AS "name"`, " AS n")
}

func (w *writer) column() string {
	return w.one("id", "title", "n", "name", "tokenKey", "Value", "[order]", "`total`", `"title"`, "authorId", "user") + ""
}

func (w *writer) expression() string {
	if w.depth < 4 && w.IntN(12) == 0 {
		return "(" + w.selects(1) + " LIMIT 1)"
	}
	switch w.IntN(10) {
	case 0:
		return w.one("1", "'title'", "NULL", "count(*)", "max("+w.column()+")")
	case 1, 2, 3, 4, 5:
		return w.one("p", "q", "posts", "users", "Mixed", "c", "x") + "." + w.column()
	}
	return w.column()
}

func (w *writer) from() string {
	text := w.source()
	for w.IntN(3) == 0 {
		switch w.IntN(4) {
		case 0:
			text += ", " + w.source()
		case 1:
			text += " JOIN " + w.source() + " USING (id)"
		case 2:
			text += " LEFT JOIN " + w.source() + " ON " + w.expression() + " = " + w.expression()
		default:
			text += " NATURAL JOIN " + w.source()
		}
	}
	return text
}

func (w *writer) source() string {
	if w.depth < 4 && w.IntN(4) == 0 {
		return "(" + w.query() + ")" + w.one(" p", " AS q", " x", "")
	}
	return w.one("posts", "users", "Mixed", "stats", "POSTS", `"users"`, "c", "secrets", "main.secrets", "sqlite_schema") + w.one("", " p", " AS q", " x", " posts")
}

func TestSQLiteAgrees(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	w := &writer{Rand: rand.New(rand.NewPCG(1, 2))}
	accepted := 0
	const total = 3000
	for range total {
		if e.check(w.query(), true) {
			accepted++
		}
	}
	if accepted < total/100 {
		t.Errorf("both accept %d of %d queries: the test shows too little", accepted, total)
	}
}

func FuzzSQLiteAgrees(f *testing.F) {
	w := &writer{Rand: rand.New(rand.NewPCG(3, 4))}
	for range 50 {
		f.Add(w.query())
	}
	for _, query := range []string{
		"select id, count(*) over (partition by n order by title) c from posts natural join (users u cross join stats) union select 1, 2",
		"select id, (select max(date) from posts) m from posts, json_each(title) x",
		`select "id", ` + "`title`" + `, [n] from posts -- c` + "\n" + ` /* d */ ;`,
		"with A(X) as (select id from posts union select X from A) select X as id from A",
		"select id from posts where exists (select 1 from secrets)",
		"select 'a''b' as id, \"secrets\".title from posts as \"secrets\"",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) { newEngine(t).check(query, false) })
}
