// Reading of a database file that another program made (import).

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// Source is a database file that another program has made, open for reading. Nothing in it is
// trusted: its schema cannot call functions with side effects, and no statement writes. It
// belongs to one goroutine.
type Source struct{ c *conn }

var _ store.Source = (*Source)(nil)

// OpenSource opens the file with its log. SQLite writes files beside it and empties the log into
// the file: path must be a copy that no other program uses. For a file that is not a database the
// error is a *store.StatementError or store.ErrUnavailable.
func OpenSource(path string) (*Source, error) {
	return openSourceFile(path, false)
}

// openSourceFile opens the file with the safeguards of a Source. immutable opens only the file,
// without its log.
func openSourceFile(path string, immutable bool) (*Source, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err // SQLite would create an empty file
	}
	c := &conn{stmts: newStatements(), meter: store.NewMeter(0, nil)}
	b, err := binding.Open(binding.Config{
		Path: path, Immutable: immutable, Progress: c.guard.proceed, ProgressSteps: guardSteps, Authorize: c.authorizeSource,
	})
	if err != nil {
		return nil, classify(err)
	}
	c.Conn = b
	if err := c.configureSource(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, classify(err)), b.Close())
	}
	return &Source{c: c}, nil
}

// configureSource sets the connection up so that a malicious file cannot exploit it: no memory
// mapping, checks of pages when they are read, no writes.
func (c *conn) configureSource() error {
	c.own = true
	defer func() { c.own = false }()
	// Defensive keeps SQL from writing to the tables of the schema. The views, indexes and
	// defaults of an untrusted schema may not call functions with side effects.
	for option, on := range map[binding.Option]bool{binding.OptionDefensive: true, binding.OptionTrustedSchema: false} {
		if err := c.Set(option, on); err != nil {
			return err
		}
	}
	for _, p := range []string{"mmap_size = 0", "cell_size_check = ON", "cache_size = -65536", "query_only = ON"} {
		if err := c.Exec("PRAGMA " + p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// authorizeSource refuses all statements that write, attach another file or begin a transaction.
// The binding does not call it for reads.
func (c *conn) authorizeSource(a binding.Access) bool {
	switch a.Op {
	case binding.OpTransaction:
		return c.own
	case binding.OpPragma:
		return c.own || harmlessPragma(a.Name)
	}
	return false
}

// Read implements store.Source.
func (s *Source) Read(ctx context.Context, fn func(store.Reader) error) error {
	// No time limit: an import may take any time.
	s.c.guard.arm(ctx, 0)
	r := &reader{session: session{c: s.c}, stamps: &stamps{}}
	defer r.finish()
	if _, err := s.c.do(controlBeginRead); err != nil {
		return r.fail(err)
	}
	return fn(r)
}

// untidy matches the complaints of quick_check about values in well-formed pages: such values can
// be read.
var untidy = regexp.MustCompile(`^(NULL|NUMERIC|TEXT|non-\w+) value (in|missing) |^CHECK constraint failed in `)

// Check implements store.Source.
func (s *Source) Check(ctx context.Context) (notes []string, err error) {
	err = s.Read(ctx, func(r store.Reader) error {
		s.c.own = true
		defer func() { s.c.own = false }()
		rows, err := r.Query("PRAGMA quick_check")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			switch text := rows.Text(0); {
			case text == "ok":
			case untidy.MatchString(text):
				notes = append(notes, text)
			default:
				return &store.DamageError{Message: text}
			}
		}
		return rows.Close()
	})
	return notes, err
}

// pageSize returns the size of a page of the file in bytes.
func (s *Source) pageSize() (size int64, err error) {
	err = s.Read(context.Background(), func(r store.Reader) error {
		s.c.own = true
		defer func() { s.c.own = false }()
		rows, err := r.Query("PRAGMA page_size")
		if err != nil {
			return err
		}
		if rows.Next() {
			size = rows.Int(0)
		}
		return rows.Close()
	})
	return size, err
}

// Close implements store.Source.
func (s *Source) Close() error { return s.c.Close() }
