package query

import (
	"github.com/loambase/loam/core/cache"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Planner compiles reads for one dialect. It is safe for concurrent use and
// caches parsed expressions and plans; make one for each store.
type Planner struct {
	dialect store.Dialect
	parsed  *cache.Cache[string, lang.Expr]
	plans   plans
}

const (
	maxParsed     = 2000
	maxParsedText = 4096 // bytes; what is longer is parsed each time
)

// New is a planner for the dialect.
func New(d store.Dialect) *Planner {
	return &Planner{dialect: d, parsed: cache.New[string, lang.Expr](maxParsed), plans: plans{New: newPlans}}
}

// parse is lang.Parse with a cache.
func (p *Planner) parse(text string) (lang.Expr, error) {
	if e, ok := p.parsed.Get(text); ok {
		return e, nil
	}
	e, err := lang.Parse(text)
	if err == nil && len(text) <= maxParsedText {
		p.parsed.Put(text, e)
	}
	return e, err
}

// CheckRule says whether the text is a rule that a collection may have. The
// error is an *Error.
func CheckRule(s *schema.Snapshot, c *schema.Collection, rule string) error {
	b := newBuilder(nil, &Select{Scope: Scope{Snapshot: s, Collection: c}})
	_, err := b.rule(b.base, rule)
	return err
}
