// Warnings about rules that compile but probably do not mean what was intended.

package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// Warnings returns sentences about parts of a rule that compile but were probably not intended. A
// rule that does not compile has no warnings; CheckRule reports its error.
func Warnings(snapshot *schema.Snapshot, c *schema.Collection, rule string) []string {
	e, err := lang.Parse(rule)
	if err != nil {
		return nil
	}
	b := newBuilder(nil, &Select{Scope: Scope{Snapshot: snapshot, Collection: c}})
	r := &resolver{b: b, base: b.base, guards: new([]ir.Cond)}
	return r.warnings(e, nil)
}

// warnings appends the warnings about an expression to the list, at most one for each comparison.
func (r *resolver) warnings(e lang.Expr, list []string) []string {
	switch e := e.(type) {
	case *lang.And:
		for _, part := range e.List {
			list = r.warnings(part, list)
		}
	case *lang.Or:
		for _, part := range e.List {
			list = r.warnings(part, list)
		}
	case *lang.Compare:
		for _, side := range []lang.Operand{e.Left, e.Right} {
			if hint, ok := r.unknownOfAccount(side); ok {
				return append(list, hint)
			}
		}
		if e.Op > lang.NotEqual {
			return list
		}
		if hint, ok := r.bareList(e.Left, e.Right); ok {
			return append(list, hint)
		}
		if hint, ok := r.bareList(e.Right, e.Left); ok {
			return append(list, hint)
		}
	}
	return list
}

// bareList warns of a field with several values that is compared as text, the JSON of its list. A
// comparison with the empty text, a list or NULL may be intended, and has no warning.
func (r *resolver) bareList(side, other lang.Operand) (hint string, ok bool) {
	id, isIdent := side.(lang.Ident)
	if !isIdent {
		return "", false
	}
	o, err := r.operand(id)
	if err != nil || o.Kind != ir.KindList {
		return "", false
	}
	if text, isText := other.(lang.Text); isText && (text.Value == "" || strings.HasPrefix(text.Value, "[")) {
		return "", false
	}
	if with, err := r.operand(other); err != nil || with.Kind == ir.KindList || with.Constant() != nil && with.Constant().Kind == ir.ValueNull && !isRequest(other) {
		return "", false
	}
	return id.Name + " has several values and is compared as the text of a list: write " + id.Name + ":each, or " + id.Name + ".id for a relation", true
}

// unknownOfAccount warns of a field of @request.auth that no auth collection has. Such a field is
// null for every caller.
func (r *resolver) unknownOfAccount(side lang.Operand) (hint string, ok bool) {
	id, _ := side.(lang.Ident)
	name, isAuth := strings.CutPrefix(id.Name, "@request.auth.")
	if !isAuth {
		return "", false
	}
	name, _, _ = strings.Cut(name, ".")
	name, _, _ = strings.Cut(name, ":")
	if name == "collectionId" || name == "collectionName" || strings.Contains(name, "_via_") {
		return "", false
	}
	for _, c := range r.b.Scope.Snapshot.All() {
		if c.IsAuth() && c.Field(name) != nil {
			return "", false
		}
	}
	return id.Name + " is always null: no auth collection has the field " + name, true
}

// isRequest reports whether the value of the operand depends on the request.
func isRequest(o lang.Operand) bool {
	id, ok := o.(lang.Ident)
	return ok && strings.HasPrefix(id.Name, "@request.")
}
