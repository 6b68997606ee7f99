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

// Types of PostgreSQL by number. What has none of them is text to us.
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

// maxStatements is how many prepared statements a connection keeps.
const maxStatements = 256

// statements are what one connection has prepared. A text is prepared once for
// each combination of its parameters' kinds.
type statements struct {
	byText map[string][]*statement
	count  int
	made   int    // for their names
	of     uint64 // the version of the definitions that they are made for
	stale  bool   // definitions have changed under them
}

// statement is a prepared statement on the server.
type statement struct {
	name   string
	given  []uint32 // types that the parameters were given
	fields []store.ValueKind
	meter  *store.Statement
}

// statementsOf is what the connection has prepared.
func statementsOf(pg *pgconn.PgConn) *statements {
	data := pg.CustomData()
	s, ok := data["statements"].(*statements)
	if !ok {
		s = &statements{byText: map[string][]*statement{}}
		data["statements"] = s
	}
	return s
}

// find is a statement that was prepared before, nil if it was not.
func (s *statements) find(sql string, types []uint32) *statement {
	for _, st := range s.byText[sql] {
		if slices.Equal(st.given, types) {
			return st
		}
	}
	return nil
}

// findAll returns the prepared statements of texts without parameters, nil if one is not prepared.
func (s *statements) findAll(texts []string) []*statement {
	list := make([]*statement, len(texts))
	for i, sql := range texts {
		if list[i] = s.find(sql, nil); list[i] == nil {
			return nil
		}
	}
	return list
}

// prepare makes a new one. Errors are the driver's.
func (s *statements) prepare(ctx context.Context, pg *pgconn.PgConn, m *store.Meter, sql string, types []uint32) (*statement, error) {
	// All are dropped rather than the oldest: it happens rarely, and those in use are prepared
	// again soon.
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

// kindOf returns the kind in which values of the type are read.
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

// verb is what a statement begins with.
type verb uint8

const (
	verbRefused verb = iota
	verbQuery        // reads or writes rows
	verbDefine       // changes definitions: is not kept prepared, and ends what is
)

// verbOf looks at the first word. Callers cannot end transactions or change
// settings.
func verbOf(sql string) verb {
	switch strings.ToUpper(firstWord(sql)) {
	case "SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "EXPLAIN":
		return verbQuery
	case "CREATE", "ALTER", "DROP":
		return verbDefine
	}
	return verbRefused
}

// asks says whether a statement writes nothing.
func asks(sql string) bool { return strings.EqualFold(firstWord(sql), "SELECT") }

func firstWord(sql string) string {
	sql = skipSpace(sql)
	end := strings.IndexFunc(sql, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		return sql
	}
	return sql[:end]
}

// skipSpace is sql after spaces, comments and opening parentheses.
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

// named says whether each of n parameters stands in the statement. PostgreSQL would accept
// the type of a parameter that the statement does not have.
func named(sql string, n int) bool {
	// $1 is also the beginning of $10: a digit after it makes it another parameter.
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

// binding is the parameters of one execution, kept from one to the next.
type binding struct {
	types  []uint32
	values [][]byte
	text   []byte // of all values
	ends   []int  // of each in text
}

// set puts the values in the form that the server reads: text, with the type of
// what is no text. That of a text follows from where it stands. question says that
// the statement only asks.
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
	from := 0 // only now does the text stay where it is
	for i, to := range b.ends {
		// The buffer has its final place now; before, each append may have moved it.
		value := b.text[from:to:to]
		if args[i].Kind() == store.KindNull {
			value = nil
		} else if value == nil { // all texts are empty
			value = []byte{}
		}
		b.values, from = append(b.values, value), to
	}
	return nil
}

// storable is a text as PostgreSQL can hold it. What is no UTF-8 becomes U+FFFD,
// which is how JSON shows it. U+0000 cannot be stored. Asking for a text with it
// finds nothing: it is asked for with a character that stands in no text.
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
