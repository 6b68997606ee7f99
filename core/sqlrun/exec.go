package sqlrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Limits of the result of Exec.
const (
	programRows  = 1_000_000
	programBytes = 256 << 20
)

// ErrTooMuch is the error of a statement whose result has more than a million rows, or more than
// 256 MiB of values.
var ErrTooMuch = errors.New("sqlrun: the statement gives too many rows")

// Exec runs one SQL statement for the embedding program. Parameters are written $1, $2 … on both
// engines; an argument is nil, a bool, an int or int64, a float64, a string, a []byte as text,
// or a time.Time, which becomes the text that date fields hold. The values of the result are
// texts, nil for NULL.
//
// No rules, hooks and validation apply. A statement that only reads does not wait for writes. A
// statement that writes runs in a transaction of its own, which also checks the server's own
// tables. Its commit drops the caches, and tells the subscribers of the collections whose tables
// were written to read them again. Within the function of App.Transaction, or in a hook that
// runs in a transaction, such a statement is an error, since it would wait for itself.
func (s *Service) Exec(ctx context.Context, statement string, args ...any) (*Result, error) {
	values := make([]store.Value, 0, len(args))
	for i, arg := range args {
		v, err := value(arg)
		if err != nil {
			return nil, fmt.Errorf("sql: $%d: %w", i+1, err)
		}
		values = append(values, v)
	}
	out, took, err := s.run(ctx, store.Script{
		SQL: statement, Args: values, Rows: programRows, Bytes: programBytes, Memory: maxMemory,
		Written: func(tx store.Tx, tables []string) error { return s.written(tx, record.Root(), tables) },
	})
	if err == nil && out.Truncated {
		err = ErrTooMuch
	}
	if err != nil {
		return nil, fmt.Errorf("sql: %w", err)
	}
	return resultOf(out, took), nil
}

func value(arg any) (store.Value, error) {
	switch v := arg.(type) {
	case nil:
		return store.Value{}, nil
	case bool:
		return store.Bool(v), nil
	case int:
		return store.Int(int64(v)), nil
	case int64:
		return store.Int(v), nil
	case float64:
		return store.Float(v), nil
	case string:
		return store.Text(v), nil
	case []byte:
		return store.Text(string(v)), nil
	case time.Time:
		return store.Text(schema.FormatTime(v)), nil
	}
	return store.Value{}, fmt.Errorf("a %T is no argument", arg)
}
