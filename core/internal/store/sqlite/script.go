// Scripts of an administrator.

package sqlite

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// Run implements store.Store. SQLite tells of each compiled statement whether it writes. If no
// statement does, the script runs on a read-only connection, concurrently with other reads;
// otherwise the whole script runs in an Exclusive.
func (db *DB) Run(ctx context.Context, s store.Script) (store.ScriptResult, error) {
	result, writes, err := db.runReading(ctx, &s)
	if err == nil && writes && s.Row != nil {
		err = store.ErrScriptWrites
	}
	if err != nil || !writes {
		return result, err
	}
	err = db.Exclusive(ctx, func(st store.Tx) error {
		t := st.(*tx)
		if result, err = t.runScript(&s); err != nil {
			return err
		}
		// Prepared statements have noted the tables that they write; new triggers may write others.
		if slices.Contains(t.c.touched, schemaTable) {
			t.c.stmts.clear()
		}
		return s.Written(t, slices.Clone(t.c.touched))
	})
	return result, err
}

// runReading runs a script that only reads. A script that writes is not run, and writes is true.
func (db *DB) runReading(ctx context.Context, s *store.Script) (result store.ScriptResult, writes bool, err error) {
	l, err := db.readers.acquireSlow(ctx)
	if err != nil {
		return result, false, err
	}
	defer db.readers.release(l)
	c := l.c
	c.reading.Lock()
	defer c.reading.Unlock()
	// Sorting of other reads uses files of any size. Sorting of a script uses memory, whose size is
	// limited.
	if err := c.setTempStore("MEMORY"); err != nil {
		return result, false, err
	}
	defer func() {
		if c.setTempStore("FILE") != nil {
			c.failed = true // the connection is not used again
		}
	}()
	c.guard.arm(ctx, 0) // ctx has the limit of the caller
	r := &reader{session: session{c: c}, stamps: &db.stamps}
	defer r.finish()
	if err := c.beginRead(l.era); err != nil {
		return result, false, r.fail(err)
	}
	// All statements are compiled before the first one runs. A statement that cannot be compiled is
	// an error, unless an earlier statement writes and may create what is missing.
	n := 0
	err = r.eachStatement(s, func(b *binding.Stmt) error {
		if !b.Reads() {
			writes = true
			return errStop
		}
		n++
		return nil
	})
	switch {
	case err != nil || writes:
	case s.Row != nil:
		result, err = r.runLast(s, n)
	default:
		result, err = r.runScript(s)
	}
	return result, writes, err
}

// runLast runs only the last of the n statements of a script that only reads: the other statements
// change nothing, and their results would be dropped.
func (s *session) runLast(script *store.Script, n int) (result store.ScriptResult, err error) {
	err = s.eachStatement(script, func(b *binding.Stmt) (err error) {
		if n--; n == 0 {
			result, err = s.runOne(b, script)
		}
		return err
	})
	return result, err
}

// setTempStore sets the place of temporary data of sorting and grouping: MEMORY or FILE. No
// transaction may be open.
func (c *conn) setTempStore(where string) error {
	c.own = true
	defer func() { c.own = false }()
	return classify(c.Exec("PRAGMA temp_store = " + where))
}

// errStop ends eachStatement early, without an error.
var errStop = errors.New("stop")

// runScript runs the statements in their order and returns the result of the last.
func (s *session) runScript(script *store.Script) (result store.ScriptResult, err error) {
	total := int64(0)
	err = s.eachStatement(script, func(b *binding.Stmt) (err error) {
		result, err = s.runOne(b, script)
		total += result.Changed
		return err
	})
	result.Total = total
	return result, err
}

// eachStatement compiles the statements one by one, under the rules for scripts, and calls fn with
// each.
func (s *session) eachStatement(script *store.Script, fn func(*binding.Stmt) error) error {
	meter := s.c.Meter(script.Memory)
	s.c.script = &scriptRules{}
	defer func() {
		s.c.script = nil
		s.c.Unmeter(meter)
	}()
	found := false
	begin := 0 // of the statement that is compiled
	next, rest, err := s.c.PrepareNext(script.SQL)
	for err == nil && next != nil {
		found = true
		if err = bindScript(next, script.Args); err == nil {
			err = fn(next)
		}
		next.Close()
		if err == nil {
			begin = len(script.SQL) - len(rest)
			next, rest, err = s.c.PrepareNext(rest)
		}
	}
	switch {
	case err == nil && !found:
		return &store.StatementError{Message: "there is no statement"}
	case err == nil, errors.Is(err, errStop):
		return nil
	case meter.Spent():
		// SQLite goes on after a lack of memory, but may have rolled the transaction back.
		if s.tx && s.c.Autocommit() {
			s.lost = store.ErrScriptMemory
		}
		return store.ErrScriptMemory
	}
	return s.scriptError(err, begin)
}

// bindScript binds the arguments of a script to the parameters of its statement. Without
// arguments a parameter is an error.
func bindScript(b *binding.Stmt, args []store.Value) error {
	switch {
	case args != nil:
		if err := b.NameParameters(); err != nil {
			return err
		}
		return bind(&statement{Stmt: b}, args)
	case b.TakesParameters():
		return &store.StatementError{Message: "a parameter, which has no value here"}
	}
	return nil
}

// scriptError converts an error of SQLite to an error of the store. The error of a refused
// statement has the reason. begin is the number of bytes of the script before the statement.
func (s *session) scriptError(err error, begin int) error {
	var b *binding.Error
	if !errors.As(err, &b) {
		return err
	}
	refused := s.c.script.refused
	if refused == "" && strings.Contains(b.Message, "cannot VACUUM") {
		refused = "VACUUM is not allowed here: it may number rows anew, and the order of lists rests on their numbers"
	}
	if refused != "" {
		return &store.StatementError{Message: refused}
	}
	err = s.fail(err)
	var statement *store.StatementError
	if b.At > 0 && errors.As(err, &statement) {
		return &store.StatementError{Message: statement.Message, At: begin + b.At}
	}
	return err
}

// blobPrefix comes before the hexadecimal digits of a BLOB, as in a bytea of PostgreSQL.
const blobPrefix = `\x`

// runOne runs a statement to its end; a statement that only reads ends when its result is full.
func (s *session) runOne(b *binding.Stmt, script *store.Script) (result store.ScriptResult, err error) {
	defer b.Reset()
	columns := b.Columns()
	for _, c := range columns {
		result.Columns = append(result.Columns, store.ScriptColumn{Name: c.Name, Type: c.Type, Nullable: c.Null})
	}
	types := make([]binding.Type, len(columns))
	before := s.c.TotalChanges()
	room, full := script.Bytes, false
	for {
		row, err := b.Step()
		if err != nil {
			return result, err
		}
		if !row {
			break
		}
		if full {
			continue
		}
		var size int64
		for i := range columns {
			types[i] = b.Type(i) // Bytes makes a text of any value
			n := int64(len(b.Bytes(i)))
			if types[i] == binding.TypeBlob {
				n = int64(len(blobPrefix)) + 2*n
			}
			size += n
		}
		more, err := result.Add(script, &room, size, func(col int) *string {
			var text string
			switch types[col] {
			case binding.TypeNull:
				return nil
			case binding.TypeBlob: // its bytes need not be UTF-8
				text = blobPrefix + hex.EncodeToString(b.Bytes(col))
			default:
				text = string(b.Bytes(col))
			}
			return &text
		})
		if err != nil {
			return result, err
		}
		if full = !more; full && b.Reads() {
			break
		}
	}
	// A statement that changes no rows, such as CREATE TABLE, leaves Changes at the number of an
	// earlier statement.
	if s.c.TotalChanges() != before {
		result.Changed = s.c.Changes()
	}
	return result, nil
}

// scriptRules are the rules of a connection while it compiles and runs a script.
type scriptRules struct {
	refused string // the reason why the last statement was refused
}

// allows reports whether a statement of a script may do an operation. All operations that it does
// not list are refused. These include temporary tables, which would hide tables of the database
// from later statements of the connection, and virtual tables, whose code may do anything.
func (r *scriptRules) allows(c *conn, a binding.Access) bool {
	switch a.Op {
	case binding.OpInsert, binding.OpUpdate, binding.OpDelete:
		c.touch(strings.ToLower(a.Name))
		return true
	}
	// CREATE TABLE temp.t has the same operation as CREATE TABLE t.
	if strings.EqualFold(a.Schema, "temp") {
		r.refused = cmp.Or(r.refused, refusal(binding.Access{}))
		return false
	}
	switch a.Op {
	case binding.OpAlterTable, binding.OpCreateIndex, binding.OpDropIndex, binding.OpCreateTrigger, binding.OpDropTrigger:
		c.touch(strings.ToLower(a.More)) // the table of the index or trigger
		return true
	case binding.OpCreateTable, binding.OpCreateView, binding.OpDropTable, binding.OpDropView, binding.OpReindex, binding.OpAnalyze:
		return true
	case binding.OpPragma:
		if describes(a.Name, a.More) {
			return true
		}
	}
	r.refused = cmp.Or(r.refused, refusal(a))
	return false
}

// describes reports whether a pragma with this argument only reads. A pragma that sets a value with
// an argument only reads without it.
func describes(name, argument string) bool {
	switch strings.ToLower(name) {
	case "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "function_list", "module_list",
		"collation_list", "compile_options", "page_count", "freelist_count", "data_version":
		return true
	case "journal_mode", "synchronous", "page_size", "cache_size", "encoding", "user_version", "application_id",
		"schema_version", "foreign_keys", "auto_vacuum", "max_page_count":
		return argument == ""
	}
	return harmlessPragma(name)
}

// refusal returns the reason of a refused operation, as a sentence.
func refusal(a binding.Access) string {
	switch a.Op {
	case binding.OpAttach, binding.OpDetach:
		return "ATTACH and DETACH are not allowed here: a statement reaches this database and nothing else"
	case binding.OpTransaction, binding.OpSavepoint:
		return "statements of transactions are not allowed here: all statements together are one"
	case binding.OpPragma:
		if a.More != "" {
			return fmt.Sprintf("PRAGMA %s with a value is not allowed here", a.Name)
		}
		return fmt.Sprintf("PRAGMA %s is not allowed here", a.Name)
	}
	return "temporary and virtual tables are not allowed here"
}
