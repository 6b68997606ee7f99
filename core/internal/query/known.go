// Values of operands that are known before a row is read.

package query

import (
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
)

// Known returns the value of an operand that depends on no row: a literal, a macro, a part of the
// request. ok is false for every other operand, and for one that cannot be resolved.
func Known(s Scope, o lang.Operand) (v store.Value, ok bool) {
	b := newBuilder(nil, &Select{Scope: s})
	r := &resolver{b: b, base: b.base, scope: b.newScope(), guards: new([]ir.Cond)}
	operand, err := r.operand(o)
	if err != nil {
		return store.Null, false
	}
	constant := operand.Constant()
	if constant == nil {
		return store.Null, false
	}
	return constant.Param(), true
}
