// Origins: the expressions that a statement was compiled from, for the advice on slow statements.

package query

import (
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// Origin names the collection and the expressions that a statement was compiled from. The texts
// are those of the first request that needed the statement; other requests may have other values
// in the same places.
type Origin struct {
	Collection         *schema.Collection
	Rule, Filter, Sort string
	By                 string   // relation field of RefBy or Parents; "" without them
	Tables             []string // tables that the statement reads, Collection's first
}

// Limits of the cache of origins.
const (
	maxOrigins    = 1000     // statements
	maxOriginText = 2000     // bytes of the rule, and of the filter
	maxOriginSQL  = 16 << 10 // bytes of the statement
)

// Origin returns the Origin of a statement. ok is false if the planner has not compiled the
// statement, if it has been dropped from the cache, or if the texts were too long to be kept.
func (p *Planner) Origin(sql string) (o Origin, ok bool) { return p.origins.Get(sql) }

// keepOrigin keeps the Origin of a statement, unless one of the texts is too long.
func (p *Planner) keepOrigin(sql string, o Origin) {
	if len(o.Rule) <= maxOriginText && len(o.Filter) <= maxOriginText && len(sql) <= maxOriginSQL {
		p.origins.Put(sql, o)
	}
}

// originText returns one expression for a text and an expression that must both hold.
func originText(text string, e lang.Expr) string {
	switch {
	case e == nil:
		return text
	case text == "":
		return e.String()
	}
	return "(" + text + ") && " + e.String()
}
