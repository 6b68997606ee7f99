// Connections: opening a database file, and the settings of each role.

package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// conn is a connection with its prepared statements. It belongs to one goroutine at a time.
type conn struct {
	*binding.Conn
	stmts    *statements
	controls [controlCount]*binding.Stmt
	guard    guard
	meter    *store.Meter
	own      bool         // the text being prepared is the engine's
	script   *scriptRules // rules for the script that is being prepared; nil outside of scripts
	touched  []string     // tables, in lower case, that the running transaction may write
	reading  sync.Mutex   // held by the call that reads; see pool.endKept
	read     readTx       // read transaction of a connection for reading
	failed   bool         // the file or disk failed: the connection must not be used again
}

// role is the purpose of a connection.
type role uint8

const (
	roleRead  role = iota
	roleSpare      // for slow reads beside the others
	roleWrite
	roleCheckpoint
)

// place holds the path of a database, its file settings, and the durability of its commits.
type place struct {
	path        string
	vfs         string // empty: the system's files
	journal     string // WAL, unless Config.Scratch
	synchronous string // FULL, unless Config.Relaxed or .Scratch; a test needs less
	shrinks     bool   // see Config.Shrinks
	pageSize    int

	syncFolder func(dir string) error // makes the names of new files durable
	writeCache int                    // page cache of the writer, in KB
	readCache  int                    // page cache of a connection that is kept for reading, in KB
	cachePages int                    // in tests: pages in the cache of every connection, in place of both sizes
	meter      *store.Meter
}

// openConn opens the database file with the settings of DESIGN.md.
func openConn(at place, r role) (*conn, error) {
	c := &conn{stmts: newStatements(), meter: at.meter}
	if c.meter == nil {
		c.meter = store.NewMeter(0, nil)
	}
	b, err := binding.Open(binding.Config{
		Path: at.path, VFS: at.vfs, Progress: c.guard.proceed, ProgressSteps: guardSteps, Authorize: c.authorize,
	})
	if err != nil {
		return nil, classify(err)
	}
	c.Conn = b
	if err := c.configure(at, r); err != nil {
		_ = b.Close() // the first error says it
		return nil, fmt.Errorf("configure %s: %w", at.path, classify(err))
	}
	return c, nil
}

// busyMillis bounds the wait for a write of another process.
const busyMillis = 5000

func (c *conn) configure(at place, r role) error {
	c.own = true
	defer func() { c.own = false }()
	c.SetBusyTimeout(busyMillis)
	pragmas := []string{fmt.Sprintf("page_size = %d", at.pageSize)} // page_size and auto_vacuum are for a new file
	if at.shrinks {
		pragmas = append(pragmas, "auto_vacuum = INCREMENTAL")
	}
	pragmas = append(pragmas,
		"journal_mode = "+at.journal,
		"synchronous = "+at.synchronous,
		"mmap_size = 0",
		"foreign_keys = ON",
	)
	if r == roleWrite {
		pragmas = append(pragmas, "temp_store = MEMORY")
	} else { // the data that a read sorts is unlimited; above 2 MiB it is in a file
		pragmas = append(pragmas, "temp_store = FILE")
	}
	switch r { // the sizes are limits: a cache grows with the pages that are read
	case roleWrite:
		pragmas = append(pragmas, fmt.Sprintf("cache_size = -%d", at.writeCache))
	case roleRead:
		pragmas = append(pragmas, fmt.Sprintf("cache_size = -%d", at.readCache), "query_only = ON")
	case roleSpare:
		pragmas = append(pragmas, "cache_size = -2048", "query_only = ON")
	}
	if at.cachePages > 0 {
		pragmas = append(pragmas, fmt.Sprintf("cache_size = %d", at.cachePages))
	}
	for _, p := range pragmas {
		if err := c.Exec("PRAGMA " + p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	for _, o := range []struct {
		option binding.Option
		on     bool
	}{
		{binding.OptionDefensive, true},
		{binding.OptionTrustedSchema, false},
		// A plan must not depend on bound values, or each new value of a LIKE pattern would
		// compile its statement again.
		{binding.OptionStablePlans, true},
	} {
		if err := c.Set(o.option, o.on); err != nil {
			return err
		}
	}
	return nil
}

// authorize records which tables a statement writes, and refuses statements that would interfere
// with the engine's transactions and settings. SQLite also calls it when it recompiles a
// statement after a schema change.
func (c *conn) authorize(a binding.Access) bool {
	if c.script != nil {
		return c.script.allows(c, a)
	}
	switch a.Op {
	case binding.OpInsert, binding.OpUpdate, binding.OpDelete:
		c.touch(strings.ToLower(a.Name))
	case binding.OpTransaction, binding.OpSavepoint, binding.OpAttach, binding.OpDetach:
		return c.own
	case binding.OpPragma:
		return c.own || harmlessPragma(a.Name)
	}
	return true
}

// harmlessPragma reports whether the pragma only describes the schema.
func harmlessPragma(name string) bool {
	switch strings.ToLower(name) {
	case "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo":
		return true
	}
	return false
}

// touch records that the running transaction may write a table.
func (c *conn) touch(table string) {
	if !slices.Contains(c.touched, table) {
		c.touched = append(c.touched, table)
	}
}

// prepare returns a statement of the caller's text, ready for binding.
func (c *conn) prepare(sql string) (*statement, error) {
	if s := c.stmts.take(sql); s != nil {
		for _, table := range s.writes {
			c.touch(table)
		}
		return s, nil
	}
	before := c.touched
	c.touched = nil
	b, err := c.Prepare(sql)
	writes := c.touched
	c.touched = before
	if err != nil {
		return nil, err
	}
	for _, table := range writes {
		c.touch(table)
	}
	s := &statement{Stmt: b, writes: writes, meter: c.meter.Statement(sql), inUse: true}
	c.stmts.keep(s)
	return s, nil
}

// release gives a statement back.
func (c *conn) release(s *statement) {
	s.Reset()
	c.stmts.release(s)
}

// bind binds args to the parameters of s.
func bind(s *statement, args []store.Value) error {
	if len(args) != s.Width() {
		return &store.StatementError{Message: fmt.Sprintf("the statement takes %d parameters, not %d", s.Width(), len(args))}
	}
	for pos, n := range s.Params() {
		if err := bindOne(s, pos, args[n-1]); err != nil {
			return err
		}
	}
	return nil
}

func bindOne(s *statement, pos int, v store.Value) error {
	switch v.Kind() {
	case store.KindInt, store.KindBool:
		return s.BindInt(pos, v.AsInt())
	case store.KindFloat:
		return s.BindFloat(pos, v.AsFloat())
	case store.KindText:
		return s.BindText(pos, v.AsText())
	default:
		return s.BindNull(pos)
	}
}
