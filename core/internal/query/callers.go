// Many callers judged in one statement, with @request.auth of each as columns. render/callers.go
// writes the list of their ids.

package query

import (
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Callers are signed-in records of one auth collection. @request.auth refers to each of them;
// everything else of Request, whose Auth is not set, is the same for all.
type Callers struct {
	Collection *schema.Collection
	IDs        []string // none of them empty
}

// callersIdent resolves @request.auth.<p> for many callers: a column of the list of their ids, or
// of the records that the ids are joined to.
func (r *resolver) callersIdent(p pathName) (ir.Operand, error) {
	callers := r.b.callers
	if len(p.parts) == 1 {
		switch p.parts[0] {
		case "id":
			r.b.tells = true
			return single(ir.Operand{Term: ir.Item{Of: callers}, Kind: ir.KindText, NeverEmpty: true}, p)
		case "collectionId":
			return static(ir.Text(callers.Collection.ID), p)
		case "collectionName":
			return static(ir.Text(callers.Collection.Name), p)
		case "email", "emailVisibility", "verified":
			return r.callersAccount(p)
		}
	}
	c := r.b.Scope.Snapshot.ByID(callers.Collection.ID)
	if c == nil {
		return ir.ConstantOf(ir.Null), nil
	}
	r.b.tells = true
	return r.requestPath(r.b.from(callers, ir.Source{Kind: ir.ToMember, Collection: c}), p)
}

// callersAccount resolves an account field (email, verified), which is a constant for a single
// caller. Detached makes the column compare like that constant.
func (r *resolver) callersAccount(p pathName) (ir.Operand, error) {
	if p.modifier != "" && p.modifier != "lower" {
		return ir.Operand{}, misplaced(p)
	}
	callers := r.b.callers
	c := r.b.Scope.Snapshot.ByID(callers.Collection.ID)
	if c == nil || c.Field(p.parts[0]) == nil {
		return ir.ConstantOf(ir.Null), nil
	}
	r.b.tells = true
	f := c.Field(p.parts[0])
	s := r.b.from(callers, ir.Source{Kind: ir.ToMember, Collection: c})
	o := ir.Operand{Term: ir.Detached{Of: ir.Column{Of: s, Name: f.Name, Kind: f.Kind.Column()}}, Nullable: true}
	if f.Kind.Column() == store.ColumnBool {
		o.Kind = ir.KindNumber
	}
	if p.modifier == "lower" {
		return ir.LowerOf(o), nil
	}
	return o, nil
}
