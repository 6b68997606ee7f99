// The plan cache: the parts of a Select that its plan depends on, and the use of a cached plan
// for another request.

package query

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
)

// plans is the plan cache of the current snapshot. The key does not contain values that differ
// between requests without changing the statement (the record, the limit, the offset): with
// replaces them in a copy of the parameters.
type plans = cache.PerSnapshot[schema.Snapshot, cache.Cache[planKey, keptPlan]]

func newPlans() *cache.Cache[planKey, keptPlan] { return cache.New[planKey, keptPlan](maxPlans) }

const (
	maxPlans = 1000
	// Longer expressions are planned each time: a client that builds ever new filters must not
	// fill the cache.
	maxPlanText = 1024 // in bytes of expressions
)

// dependence is the part of the request that a plan depends on, from nothing to everything.
type dependence uint8

const (
	onNothing  dependence = iota
	onSignedIn            // on whether the caller has an id
	onIdentity            // on the caller's record
	onRequest             // on any part: no other request can use the plan
)

// depend records that the plan depends on that part of the request.
func (b *builder) depend(on dependence) { b.depends = max(b.depends, on) }

// planKey identifies a plan. Equal expressions depend on the same part of the request: the entry
// with on == onNothing has that part, and the entries with other values of on have the plans,
// with that part of the request in their keys.
type planKey struct {
	collection *schema.Collection
	columns    selection
	cut        int
	form       form

	rule, filter, sort, flag, outputs string
	ref                               string             // field of RefBy or Parents
	callers                           *schema.Collection // collection of Callers

	on       dependence
	signedIn bool
	in       *schema.Collection // collection of the caller
	id       string
}

// form has a bit for each part of a Select that is not in the key itself but changes the
// statement.
type form uint16

const (
	formCount form = 1 << iota
	formKeys
	formRestricted
	formID
	formIDs
	formLock
	formLimit
	formOffset
	formDeep
	formParents
	formBackward
)

// selection identifies the columns of a read, by position in the collection. It is comparable, so
// that it can be part of a key, and needs no allocation for up to 24 columns.
type selection struct {
	width int
	at    [24]uint8 // position + 1
	more  string    // names of the columns that do not fit
}

// selectionOf returns the selection of the columns.
func selectionOf(c *schema.Collection, columns []string) selection {
	s := selection{width: len(columns)}
	for i, name := range columns {
		at := c.FieldIndex(name) + 1
		if i == len(s.at) || at == 0 || at > 255 {
			s.more = strings.Join(columns[i:], ",")
			break
		}
		s.at[i] = uint8(at)
	}
	return s
}

// formOf returns the form of the Select's statement.
func formOf(sel *Select, count bool) (f form) {
	set := func(on bool, bit form) {
		if on {
			f |= bit
		}
	}
	set(count, formCount)
	set(sel.Keys, formKeys)
	set(sel.Restricted, formRestricted)
	set(sel.ID != "", formID)
	set(sel.IDs != nil, formIDs)
	set(sel.ForUpdate, formLock)
	set(sel.Limit > 0, formLimit)
	set(sel.Offset > 0, formOffset)
	set(sel.Offset >= render.DeepOffset, formDeep)
	set(sel.Parents != nil, formParents)
	set(sel.Backward, formBackward)
	return f
}

// keptPlan is an entry of the cache: a plan, or only the part of the request that the plan
// depends on, if the plan itself is under the longer key.
type keptPlan struct {
	depends dependence
	plan    *Plan
}

// keyOf returns the key of the Select without the request. ok is false if the plan is not cached: a
// key has no candidate and no cursor, and only texts of limited length.
func keyOf(sel *Select, count bool) (key planKey, ok bool) {
	if sel.Candidate != nil || sel.After != "" || sel.Before != "" || len(sel.Flags) > 1 || sel.Snapshot == nil {
		return key, false
	}
	key = planKey{
		collection: sel.Collection, columns: selectionOf(sel.Collection, sel.Columns), cut: sel.Cut, form: formOf(sel, count),
		rule: keyText(sel.Rule, sel.RuleExpr), filter: keyText(sel.Filter, sel.FilterExpr), sort: sel.Sort,
	}
	if len(key.rule)+len(key.filter)+len(key.sort) > maxPlanText {
		return key, false
	}
	if len(sel.Outputs) > 0 {
		key.outputs = strings.Join(sel.Outputs, ",")
	}
	if len(sel.Flags) > 0 {
		key.flag = sel.Flags[0]
	}
	key.ref = refField(sel)
	if sel.Callers != nil {
		key.callers = sel.Callers.Collection
	}
	return key, true
}

// keyText identifies a text and an expression which must both hold. A NUL, which texts cannot
// contain, separates them.
func keyText(text string, e lang.Expr) string {
	if e == nil {
		return text
	}
	return text + "\x00" + e.String()
}

// of completes the key by the part of the request that the plan depends on.
func (k planKey) of(r *Request, on dependence) planKey {
	k.on = on
	if r == nil || r.Auth == nil {
		return k
	}
	switch on {
	case onSignedIn:
		k.signedIn = r.Auth.ID() != ""
	case onIdentity:
		k.in, k.id = r.Auth.Collection(), r.Auth.ID()
		k.signedIn = true // a record without an id is not a guest
	}
	return k
}

// planned returns the plan of the Select, from the cache if it is there. It makes two lookups:
// the entry of the short key has the part of the request that matters, the entry of the long key
// has the plan.
func (p *Planner) planned(sel *Select, count bool) (*Plan, error) {
	if err := checkSelect(sel); err != nil {
		return nil, err
	}
	key, ok := keyOf(sel, count)
	if !ok {
		return p.plan(*sel, count)
	}
	made := p.plans.Of(sel.Snapshot)
	kept, ok := made.Get(key)
	if ok && kept.depends != onNothing && kept.depends != onRequest {
		kept, ok = made.Get(key.of(sel.Request, kept.depends))
	}
	if ok && kept.plan != nil {
		return kept.plan.with(sel), nil
	}
	plan, err := p.plan(*sel, count)
	if err != nil || ok { // the entry says that the plan is not cached
		return plan, err
	}
	switch plan.depends {
	case onNothing:
		made.Put(key, keptPlan{plan: plan})
	case onRequest:
		made.Put(key, keptPlan{depends: onRequest})
	default:
		made.Put(key, keptPlan{depends: plan.depends})
		made.Put(key.of(sel.Request, plan.depends), keptPlan{plan: plan})
	}
	return plan, nil
}

// plan compiles the plan. It takes a copy of the Select, so that a Select whose plan is cached is
// not allocated on the heap.
func (p *Planner) plan(sel Select, count bool) (*Plan, error) {
	if count {
		return p.count(&sel)
	}
	return p.compile(&sel)
}

// with returns the plan with the parameters of another Select: p itself if they are equal,
// otherwise a copy with its own arguments.
func (p *Plan) with(sel *Select) *Plan {
	var args []store.Value
	set := func(slot int, v store.Value) {
		if slot == 0 || p.Args[slot-1] == v {
			return
		}
		if args == nil {
			args = slices.Clone(p.Args)
		}
		args[slot-1] = v
	}
	if sel.ID != "" {
		set(p.slots.ID, store.Text(sel.ID))
	}
	if sel.IDs != nil {
		set(p.slots.IDs, render.IDList(sel.IDs))
	}
	if sel.RefBy != nil {
		set(p.slots.Refs, render.IDList(sel.RefBy.IDs))
	}
	if sel.Parents != nil {
		set(p.slots.Parents, render.IDList(sel.Parents.IDs))
	}
	if sel.Callers != nil {
		set(p.slots.Callers, render.IDList(sel.Callers.IDs))
	}
	set(p.slots.Limit, store.Int(int64(sel.Limit)))
	set(p.slots.Offset, store.Int(int64(sel.Offset)))
	if args == nil {
		return p
	}
	other := *p
	other.Args = args
	return &other
}
