// Prepared statements of a connection, cached by their text.

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

// The OIDs of types of PostgreSQL. Values of other types are read as text.
const (
	oidUnknown = 0
	oidBool    = 16
	oidInt8    = 20
	oidInt2    = 21
	oidInt4    = 23
	oidFloat4  = 700
	oidFloat8  = 701
	oidNumeric = 1700
)

// maxStatements is the maximum number of prepared statements of a connection.
const maxStatements = 256

// statements are the prepared statements of one connection. A text has a statement for each
// combination of the types of its parameters.
type statements struct {
	byText map[string][]*statement
	count  int
	made   int    // the number in the name of the last statement
	of     uint64 // the version of the definitions under which they were prepared
	stale  bool   // the definitions have changed since
}

// statement is a prepared statement on the server.
type statement struct {
	name   string
	given  []uint32 // the OIDs of the parameters
	fields []store.ValueKind
	meter  *store.Statement
}

// statementsOf returns the prepared statements of the connection.
func statementsOf(pg *pgconn.PgConn) *statements {
	data := pg.CustomData()
	s, ok := data["statements"].(*statements)
	if !ok {
		s = &statements{byText: map[string][]*statement{}}
		data["statements"] = s
	}
	return s
}

// follow sets the version of the definitions. Statements of another version are stale until they are
// deallocated, also if the first attempt fails.
func (s *statements) follow(version uint64) {
	s.stale = s.stale || s.of != version
	s.of = version
}

// find returns the prepared statement for the text and the types of its parameters, or nil.
func (s *statements) find(sql string, types []uint32) *statement {
	for _, st := range s.byText[sql] {
		if slices.Equal(st.given, types) {
			return st
		}
	}
	return nil
}

// findAll returns the prepared statements for texts without parameters; nil if one of them is not
// prepared.
func (s *statements) findAll(texts []string) []*statement {
	list := make([]*statement, len(texts))
	for i, sql := range texts {
		if list[i] = s.find(sql, nil); list[i] == nil {
			return nil
		}
	}
	return list
}

// prepare prepares a new statement. Errors are the driver's.
func (s *statements) prepare(ctx context.Context, pg *pgconn.PgConn, m *store.Meter, sql string, types []uint32) (*statement, error) {
	// All statements are dropped, not only the oldest: this is rare, and used statements are soon
	// prepared again.
	if s.count >= maxStatements {
		if err := s.deallocate(ctx, pg); err != nil {
			return nil, err
		}
	}
	s.made++
	st := &statement{name: "s" + strconv.Itoa(s.made), given: slices.Clone(types), meter: m.Statement(sql)}
	d, err := pg.Prepare(ctx, st.name, sql, st.given)
	if err != nil {
		return nil, err
	}
	if len(d.ParamOIDs) != len(types) {
		return nil, refuse(fmt.Sprintf("the statement has %d parameters, given are %d", len(d.ParamOIDs), len(types)))
	}
	for _, f := range d.Fields {
		st.fields = append(st.fields, kindOf(f.DataTypeOID))
	}
	s.byText[sql] = append(s.byText[sql], st)
	s.count++
	return st, nil
}

// deallocate drops all prepared statements of the connection.
func (s *statements) deallocate(ctx context.Context, pg *pgconn.PgConn) error {
	if s.count > 0 {
		if _, err := pg.Exec(ctx, "DEALLOCATE ALL").ReadAll(); err != nil {
			return err
		}
	}
	clear(s.byText)
	s.count, s.stale = 0, false
	return nil
}

// kindOf returns the kind of values of the type.
func kindOf(oid uint32) store.ValueKind {
	switch oid {
	case oidInt2, oidInt4, oidInt8:
		return store.KindInt
	case oidFloat4, oidFloat8, oidNumeric:
		return store.KindFloat
	case oidBool:
		return store.KindBool
	}
	return store.KindText
}

// verb is the kind of a statement, which follows from its first word.
type verb uint8

const (
	verbRefused verb = iota
	verbQuery        // reads or writes rows
	verbDefine       // changes definitions: is not prepared, and makes prepared statements stale
)

// verbOf returns the verb of a statement. Statements that end transactions or change settings are
// refused.
func verbOf(sql string) verb {
	switch strings.ToUpper(firstWord(sql)) {
	case "SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "EXPLAIN":
		return verbQuery
	case "CREATE", "ALTER", "DROP":
		return verbDefine
	}
	return verbRefused
}

// asks reports whether the statement is a SELECT.
func asks(sql string) bool { return strings.EqualFold(firstWord(sql), "SELECT") }

func firstWord(sql string) string {
	sql = skipSpace(sql)
	end := strings.IndexFunc(sql, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		return sql
	}
	return sql[:end]
}

// skipSpace returns the text after spaces, comments and opening parentheses.
func skipSpace(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f(")
		var ok bool
		switch {
		case strings.HasPrefix(sql, "--"):
			if _, sql, ok = strings.Cut(sql, "\n"); !ok {
				return ""
			}
		case strings.HasPrefix(sql, "/*"):
			if _, sql, ok = strings.Cut(sql, "*/"); !ok {
				return ""
			}
		default:
			return sql
		}
	}
}

// named reports whether the statement has each of the parameters $1 to $n. PostgreSQL would accept
// the type of a parameter that the statement lacks.
func named(sql string, n int) bool {
	// $1 also begins $10, so a digit after $1 makes another parameter.
	for i := n; i > 0; i-- {
		mark := "$" + strconv.Itoa(i)
		rest, found := sql, false
		for !found {
			at := strings.Index(rest, mark)
			if at < 0 {
				return false
			}
			rest = rest[at+len(mark):]
			found = rest == "" || rest[0] < '0' || rest[0] > '9'
		}
	}
	return true
}

// binding holds the parameters of one execution. Its buffers are used again for the next.
type binding struct {
	types  []uint32
	values [][]byte
	text   []byte // the texts of all values, one after the other
	ends   []int  // the end of each value in text
}

// set encodes the values as text for the server. Values other than texts have a type; the server
// derives the type of a text from its place in the statement. question is true for a statement that
// only reads.
func (b *binding) set(args []store.Value, question bool) error {
	b.types, b.values, b.text, b.ends = b.types[:0], b.values[:0], b.text[:0], b.ends[:0]
	for _, v := range args {
		oid := uint32(oidUnknown)
		switch v.Kind() {
		case store.KindNull:
		case store.KindInt:
			oid, b.text = oidInt8, strconv.AppendInt(b.text, v.AsInt(), 10)
		case store.KindFloat:
			oid, b.text = oidFloat8, strconv.AppendFloat(b.text, v.AsFloat(), 'g', -1, 64)
		case store.KindBool:
			oid, b.text = oidBool, strconv.AppendBool(b.text, v.AsBool())
		default:
			text, err := storable(v.AsText(), question)
			if err != nil {
				return err
			}
			b.text = append(b.text, text...)
		}
		b.types, b.ends = append(b.types, oid), append(b.ends, len(b.text))
	}
	from := 0 // now the buffer no longer moves
	for i, to := range b.ends {
		value := b.text[from:to:to]
		if args[i].Kind() == store.KindNull {
			value = nil
		} else if value == nil { // the value is an empty text, and so are all others
			value = []byte{}
		}
		b.values, from = append(b.values, value), to
	}
	return nil
}

// storable returns a text that PostgreSQL can hold. Bytes that are not UTF-8 become U+FFFD, as in
// JSON. A text with U+0000 cannot be stored, and is refused; in a question it is replaced by a
// character that no stored text has, so that nothing is found.
func storable(text string, question bool) (string, error) {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	if strings.IndexByte(text, 0) < 0 {
		return text, nil
	}
	if !question {
		return "", refuse("a text with U+0000 in it")
	}
	return strings.ReplaceAll(text, "\x00", "\uffff"), nil
}

func refuse(message string) error { return &store.StatementError{Message: message} }
