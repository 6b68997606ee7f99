// Planner: the entry point of the package, with the cache of parsed expressions; CheckRule
// validates a rule without generating SQL.

package query

import (
	"sync/atomic"

	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
)

// Planner compiles reads for one dialect. It is safe for concurrent use and caches parsed
// expressions and plans, so there should be one for each store.
type Planner struct {
	dialect store.Dialect
	parsed  *cache.Cache[string, lang.Expr]
	plans   plans
	origins *cache.Cache[string, Origin] // by the SQL of a statement
	seal    atomic.Pointer[render.Seal]  // the last one used
}

const (
	// Limits of the cache of parsed expressions: entries, and bytes of one text. Longer texts are
	// parsed each time.
	maxParsed     = 2000
	maxParsedText = 4096 // in bytes
)

// New returns a planner for the dialect, with empty caches.
func New(d store.Dialect) *Planner {
	return &Planner{dialect: d, parsed: cache.New[string, lang.Expr](maxParsed), plans: plans{New: newPlans}, origins: cache.New[string, Origin](maxOrigins)}
}

// Caches returns the usage of the caches, by "expressions" and "plans". Each change of the
// collections begins a new cache of plans.
func (p *Planner) Caches(current *schema.Snapshot) map[string]cache.Usage {
	return map[string]cache.Usage{"expressions": p.parsed.Usage(), "plans": p.plans.Of(current).Usage()}
}

// parse is lang.Parse with a cache. Expressions are immutable and shared.
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

// sealOf returns the seal of cursors. Its secret is the secret that signs the tokens of
// superusers: all nodes have it, no client has it, and cursors are valid as long as it.
func (p *Planner) sealOf(s *schema.Snapshot) *render.Seal {
	secret := ""
	if s != nil {
		if c := s.Find(schema.Superusers); c != nil && c.Auth != nil {
			secret = c.Auth.AuthToken.Secret
		}
	}
	if kept := p.seal.Load(); kept != nil && kept.Of(secret) {
		return kept
	}
	made := render.NewSeal(secret)
	p.seal.Store(made)
	return made
}

// CheckRule returns nil if the collection may have the rule, otherwise an *Error with the reason.
// It resolves the rule for a guest and generates no SQL.
func CheckRule(s *schema.Snapshot, c *schema.Collection, rule string) error {
	b := newBuilder(nil, &Select{Scope: Scope{Snapshot: s, Collection: c}})
	_, err := b.rule(b.base, rule)
	return err
}
