// Ids of new records: form, and uniqueness in any letter case.

package record

import (
	"context"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// validateID checks the id of a new record. The id of a stored record never changes, and is not
// validated again.
func (w *writeRequest) validateID(r store.Reader, f *schema.Field, kind *schema.Text) (*fault.Field, error) {
	id := w.record.ID()
	if w.stored != nil {
		if id != w.stored.ID() {
			return fault.Leaf("validation_pk_change", "The record primary key cannot be changed"), nil
		}
		return nil, nil
	}
	if fail := kind.Validate(f, id); fail != nil || !w.table.mixedCase || !hasLetter(id) {
		return fail, nil
	}
	taken, err := hasRow(r, w.table.otherCase, store.Text(id))
	if err != nil || !taken {
		return nil, err
	}
	return fault.Leaf("validation_pk_invalid", "The record primary key is invalid or already exists"), nil
}

// Ids name folders, and some file systems treat names that differ in letter case alone as the same
// name. So if the pattern of the ids allows both cases, a create looks for an id that differs in
// case alone. The index that serves this look-up is made when the first record is created after a
// start or a change of collections: in this way the tables of older databases, and tables that the
// engine has rebuilt, get the index too.

// otherCaseSQL returns a query for an id that differs from $1 in letter case alone. An equal id is
// left to the primary key, which reports it under its own code.
func otherCaseSQL(c *schema.Collection) string {
	return "SELECT 1 FROM " + store.Quote(c.Name) + ` WHERE lower("id") = lower($1) AND "id" <> $1 LIMIT 1`
}

// indexIDs makes the index for otherCaseSQL if one of the writes may need it. Inside of a
// transaction the index is not made: after a rollback the index would be missing, but be taken for
// made.
func (s *Service) indexIDs(ctx context.Context, writes []*writeRequest) error {
	if s.outer != nil {
		return nil
	}
	for _, w := range writes {
		t := w.table
		if w.earlyFault != nil || !t.mixedCase || w.op.Action == ActionUpdate || w.op.Action == ActionDelete || t.indexed.Load() {
			continue
		}
		err := s.cfg.Store.Exclusive(ctx, func(tx store.Tx) error {
			if s.cfg.Snapshot() != w.rq.snapshot {
				return errStale
			}
			return s.cfg.Store.Catalog().CreateIndex(tx, store.Index{
				Name: "_idcase_" + w.collection.ID, Table: w.collection.Name, IfNotExists: true,
				Columns: []store.IndexColumn{{Name: `lower("id")`}},
			})
		})
		if err != nil {
			return fmt.Errorf("index the ids of %s: %w", w.collection.Name, err)
		}
		t.indexed.Store(true)
	}
	return nil
}

// mixedCase reports whether two ids of the collection may differ in letter case alone.
func mixedCase(id *schema.Field) bool {
	kind, ok := id.Kind.(*schema.Text)
	return ok && !kind.StandardID() && !oneCase(kind.Pattern)
}

func hasLetter(s string) bool { return strings.ToLower(s) != strings.ToUpper(s) }

// oneCase reports whether no two texts that match the pattern differ in letter case alone: the
// pattern is anchored at both ends and has no upper-case letters, or no lower-case letters.
func oneCase(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || len(re.Sub) < 2 ||
		re.Sub[0].Op != syntax.OpBeginText || re.Sub[len(re.Sub)-1].Op != syntax.OpEndText {
		return false
	}
	return !uses(re, unicode.IsUpper) || !uses(re, unicode.IsLower)
}

// uses reports whether the expression may match a character of that class.
func uses(re *syntax.Regexp, sort func(rune) bool) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return true
		}
		for _, c := range re.Rune {
			if sort(c) {
				return true
			}
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i+1] > unicode.MaxASCII { // larger classes take too long to search
				return true
			}
			for c := re.Rune[i]; c <= re.Rune[i+1]; c++ {
				if sort(c) {
					return true
				}
			}
		}
	}
	for _, sub := range re.Sub {
		if uses(sub, sort) {
			return true
		}
	}
	return false
}
