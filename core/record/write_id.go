package record

import (
	"regexp/syntax"
	"strings"
	"unicode"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// validateID judges the id of a new record; that of a stored one never changes,
// and is not asked whether a new one might still be so.
func (w *write) validateID(r store.Reader, f *schema.Field, kind *schema.Text) (*fault.Field, error) {
	id := w.record.ID()
	if w.stored != nil {
		if id != w.stored.ID() {
			return fault.Leaf("validation_pk_change", "The record primary key cannot be changed"), nil
		}
		return nil, nil
	}
	if fail := kind.Validate(f, id); fail != nil || kind.StandardID() || oneCase(kind.Pattern) || !hasLetter(id) {
		return fail, nil
	}
	// Ids name folders, and some file systems take two letter cases for one. The id
	// itself is left to the primary key, which says so under its own code.
	taken, err := matches(r, "SELECT 1 FROM "+quoteName(w.collection.Name)+
		` WHERE lower("id") = lower($1) AND "id" <> $1 LIMIT 1`, store.Text(id))
	if err != nil || !taken {
		return nil, err
	}
	return fault.Leaf("validation_pk_invalid", "The record primary key is invalid or already exists"), nil
}

func hasLetter(s string) bool { return strings.ToLower(s) != strings.ToUpper(s) }

// oneCase says whether no two texts that match the pattern differ in letter case
// alone: it holds them from end to end and has no letters in upper case, or none
// in lower case. To look for such a text in the table would be to read all of it.
func oneCase(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || len(re.Sub) < 2 ||
		re.Sub[0].Op != syntax.OpBeginText || re.Sub[len(re.Sub)-1].Op != syntax.OpEndText {
		return false
	}
	return !uses(re, unicode.IsUpper) || !uses(re, unicode.IsLower)
}

// uses says whether the expression has a character of that sort, or may have.
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
			if re.Rune[i+1] > unicode.MaxASCII { // the classes beyond are too large to be looked through
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
