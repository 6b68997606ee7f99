// Origins: which expressions a statement was made of, for those who find it slow.

package query

import (
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// Origin is what a statement was made of. The texts are those of the first request that needed
// the statement; other requests may have had other values in them.
type Origin struct {
	Collection         *schema.Collection
	Rule, Filter, Sort string
	By                 string   // the relation by which the records of others are read; "" mostly
	Tables             []string // that it reads, its own first
}

// maxOrigins bounds how many statements keep their Origin, the others the bytes of each of its texts and of
// the statement.
const (
	maxOrigins    = 1000
	maxOriginText = 2000
	maxOriginSQL  = 16 << 10
)

// Origin returns what the statement of that text was made of. ok is false if it was not made
// here, or long ago, or of very long expressions.
func (p *Planner) Origin(sql string) (o Origin, ok bool) { return p.origins.Get(sql) }

// keepOrigin keeps the Origin of a statement.
func (p *Planner) keepOrigin(sql string, o Origin) {
	if len(o.Rule) <= maxOriginText && len(o.Filter) <= maxOriginText && len(sql) <= maxOriginSQL {
		p.origins.Put(sql, o)
	}
}

// originText is a text and an expression which must both hold, as one text.
func originText(text string, e lang.Expr) string {
	switch {
	case e == nil:
		return text
	case text == "":
		return e.String()
	}
	return "(" + text + ") && " + e.String()
}
