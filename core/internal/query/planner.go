package query

import (
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Planner compiles reads for one dialect. It is safe for concurrent use and
// caches parsed expressions and plans; make one for each store.
type Planner struct {
	dialect store.Dialect
	parsed  recent[string, lang.Expr]
	plans   plans
}

const (
	maxParsed     = 1000 // in each generation
	maxParsedText = 4096 // bytes; what is longer is parsed each time
)

// New is a planner for the dialect.
func New(d store.Dialect) *Planner {
	return &Planner{dialect: d, parsed: recent[string, lang.Expr]{size: maxParsed}}
}

// parse is lang.Parse with a cache.
func (p *Planner) parse(text string) (lang.Expr, error) {
	if e, ok := p.parsed.get(text); ok {
		return e, nil
	}
	e, err := lang.Parse(text)
	if err == nil && len(text) <= maxParsedText {
		p.parsed.put(text, e)
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
