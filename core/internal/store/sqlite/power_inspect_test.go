package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// damage counts the effects of power cuts on a database.
type damage struct {
	lost, corrupt, torn, undead int // numbers of cuts with a missing write, an unreadable file, a part of a transaction, a refused write

	acknowledged, refused int // numbers of writes, summed over the cuts
}

func (d damage) bad() bool { return d.lost+d.corrupt+d.torn+d.undead > 0 }

func (d damage) String() string {
	return fmt.Sprintf("%d acknowledged writes looked for, %d refused ones; cuts with loss %d, corruption %d, half writes %d, refused writes %d",
		d.acknowledged, d.refused, d.lost, d.corrupt, d.torn, d.undead)
}

// known holds the facts in the notes of a run.
type known struct {
	ready   bool
	stored  map[int]int     // the last acknowledged write of each writer
	refused map[[3]int]bool // writer, write, try
	defined int             // number of the last table, -1 if there is none
	writes  int
}

func facts(notes []string) known {
	k := known{stored: map[int]int{}, refused: map[[3]int]bool{}, defined: -1}
	for _, note := range notes {
		var n [3]int
		what, rest, _ := strings.Cut(note, " ")
		_, _ = fmt.Sscan(rest, &n[0], &n[1], &n[2])
		switch what {
		case "ready":
			k.ready = true
		case "stored":
			k.stored[n[0]] = n[1]
			k.writes++
		case "refused":
			k.refused[n] = true
		case "defined":
			k.defined = n[0]
		}
	}
	return k
}

// inspect opens the files that a power cut left and compares them with the acknowledged writes.
func (d *damage) inspect(t *testing.T, dir string, notes []string) {
	t.Helper()
	k := facts(notes)
	d.acknowledged += k.writes
	d.refused += len(k.refused)
	unsynced := place{synchronous: "OFF", syncFolder: func(string) error { return nil }} // it is not used again
	db, err := Open(t.Context(), Config{Dir: dir, Serve: true, at: unsynced})
	if err != nil {
		d.corrupt++
		return
	}
	defer mustClose(t, db)
	if integrity(t, db) != "ok" {
		d.corrupt++
		return
	}
	var left remains
	err = db.Read(t.Context(), left.read)
	switch {
	case err != nil:
		d.corrupt++
	case !left.tables:
		if k.ready {
			d.lost++
		}
	case !left.whole():
		d.torn++
	case left.misses(k):
		d.lost++
	case slices.ContainsFunc(left.tries, func(n [3]int) bool { return k.refused[n] }):
		d.undead++
	}
}

func integrity(t *testing.T, db *DB) (answer string) {
	t.Helper()
	onWriter(t, db, func(c *conn) error {
		c.own = true
		defer func() { c.own = false }()
		s, err := c.prepare(`PRAGMA integrity_check`)
		if err != nil {
			return err
		}
		defer s.Close()
		if _, err := s.Step(); err == nil {
			answer = string(s.Bytes(0))
		}
		return nil
	})
	return answer
}

// remains holds the content of a database after a power cut.
type remains struct {
	tables  bool // the tables were created
	last    map[int]int
	a, b    map[int][]int // the remaining writes of each writer
	tries   [][3]int
	defined int
	dNames  []string // names of the tables that were created meanwhile, and of their indexes
}

func (m *remains) read(r store.Reader) error {
	m.last, m.a, m.b, m.defined = map[int]int{}, map[int][]int{}, map[int][]int{}, -1
	err := each(r, `SELECT "name" FROM "sqlite_schema" ORDER BY "name"`, func(rows store.Rows) {
		if name := rows.Text(0); name == "defined" {
			m.tables = true
		} else if strings.HasPrefix(name, "d") {
			m.dNames = append(m.dNames, name)
		}
	})
	if err != nil || !m.tables {
		return err
	}
	number := func(rows store.Rows, i int) int { return int(rows.Int(i)) }
	return errors.Join(
		each(r, `SELECT "w", "i" FROM "last"`, func(rows store.Rows) { m.last[number(rows, 0)] = number(rows, 1) }),
		each(r, `SELECT "w", "i" FROM "a" ORDER BY "i"`, func(rows store.Rows) {
			m.a[number(rows, 0)] = append(m.a[number(rows, 0)], number(rows, 1))
		}),
		each(r, `SELECT "w", "i", "try" FROM "b" ORDER BY "i"`, func(rows store.Rows) {
			m.b[number(rows, 0)] = append(m.b[number(rows, 0)], number(rows, 1))
			m.tries = append(m.tries, [3]int{number(rows, 0), number(rows, 1), number(rows, 2)})
		}),
		each(r, `SELECT "k" FROM "defined"`, func(rows store.Rows) { m.defined = number(rows, 0) }),
	)
}

func each(r store.Reader, sql string, fn func(store.Rows)) error {
	rows, err := r.Query(sql)
	if err != nil {
		return err
	}
	for rows.Next() {
		fn(rows)
	}
	return rows.Close()
}

// whole reports whether every transaction is there completely or not at all.
func (m *remains) whole() bool {
	for w := range powerWriters + 1 {
		var want []int
		if n, ok := m.last[w]; ok {
			for i := max(0, n-powerKept+1); i <= n; i++ {
				want = append(want, i)
			}
		}
		if !slices.Equal(m.a[w], want) || !slices.Equal(m.b[w], want) {
			return false
		}
	}
	var names []string
	if m.defined >= 0 {
		names = []string{fmt.Sprintf("d%d", m.defined), fmt.Sprintf("d%d_s", m.defined)}
	}
	return slices.Equal(m.dNames, names)
}

// misses reports whether an acknowledged write is missing.
func (m *remains) misses(k known) bool {
	for w, i := range k.stored {
		if n, ok := m.last[w]; !ok || n < i {
			return true
		}
	}
	return m.defined < k.defined
}
