package query

import (
	"sync"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
)

// Planner compiles reads for one dialect. It is safe for concurrent use and
// remembers parsed expressions; make one for each store.
type Planner struct {
	dialect store.Dialect

	mu         sync.RWMutex // guards both generations
	young, old map[string]Expr
}

const (
	maxParsed     = 1000 // in each generation
	maxParsedText = 4096 // bytes; what is longer is parsed each time
)

// New is a planner for the dialect.
func New(d store.Dialect) *Planner { return &Planner{dialect: d} }

// parse is Parse, remembered. When a generation is full, what was not asked for
// since the last one was is forgotten.
func (p *Planner) parse(text string) (Expr, error) {
	p.mu.RLock()
	e, young := p.young[text]
	if !young {
		e = p.old[text]
	}
	p.mu.RUnlock()
	if young {
		return e, nil
	}
	if e == nil {
		var err error
		if e, err = Parse(text); err != nil || len(text) > maxParsedText {
			return e, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.young == nil || len(p.young) >= maxParsed {
		p.old, p.young = p.young, make(map[string]Expr)
	}
	p.young[text] = e
	return e, nil
}

// CheckRule says whether the text is a rule that a collection may have. The
// error is an *Error.
func CheckRule(s *schema.Snapshot, c *schema.Collection, rule string) error {
	b := newBuild(nil, &Select{Scope: Scope{Snapshot: s, Collection: c}})
	_, err := b.rule(b.base, rule)
	return err
}
