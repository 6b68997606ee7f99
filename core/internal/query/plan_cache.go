// The plan cache: the parts of a Select that its plan depends on, and the use of a cached plan for
// another request.

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

// plans is the plan cache of the current snapshot. The key lacks values that do not change the
// statement, such as the record, the limit and the offset: Plan.with sets them in a copy of the
// parameters.
type plans = cache.PerSnapshot[schema.Snapshot, cache.Cache[planKey, keptPlan]]

func newPlans() *cache.Cache[planKey, keptPlan] { return cache.New[planKey, keptPlan](maxPlans) }

const (
	maxPlans = 1000
	// Longer expressions are planned each time, so that a client with ever new filters cannot fill
	// the cache.
	maxPlanText = 1024 // bytes of the rule, the filter and the sort
)

// dependence is the part of the request that a plan depends on, from nothing to everything.
type dependence uint8

const (
	onNothing  dependence = iota
	onSignedIn            // whether the caller has an id
	onIdentity            // the record of the caller
	onRequest             // everything: no other request has the plan
)

// depend records that the plan depends on this part of the request.
func (b *builder) depend(on dependence) { b.depends = max(b.depends, on) }

// planKey is the key of an entry. A Select has two: the entry with on == onNothing has the
// dependence of the plan, and the entry with this dependence as on, and with the values of the
// request, has the plan.
type planKey struct {
	collection *schema.Collection
	columns    selection
	cut        int
	form       form

	rule, filter, sort, flag, outputs string
	ref                               string             // the field of RefBy or Parents
	callers                           *schema.Collection // the collection of Callers

	on       dependence
	signedIn bool
	in       *schema.Collection // the collection of the caller
	id       string
}

// form has a bit for each part of a Select that changes the statement and is not in the key.
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

// selection identifies the columns by their positions in the collection. It is comparable, as a
// part of a key, and needs no allocation for up to 24 columns.
type selection struct {
	width int
	at    [24]uint8 // position + 1
	more  string    // the names of the other columns
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

// keptPlan is the value of an entry: the plan, or only its dependence.
type keptPlan struct {
	depends dependence
	plan    *Plan
}

// keyOf returns the part of the key that does not depend on the request. ok is false if the plan is
// not cached: if the Select has a candidate or a cursor, or if its texts are too long.
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

// keyText returns the key of a text and an expression that must both hold. A NUL, which texts
// cannot have, separates them.
func keyText(text string, e lang.Expr) string {
	if e == nil {
		return text
	}
	return text + "\x00" + e.String()
}

// of adds the values of the request that the plan depends on to the key.
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
		k.signedIn = true // a record without an id is signed in too
	}
	return k
}

// planned returns the plan of the Select, from the cache if it is there. It reads two entries: the
// dependence of the plan, and the plan.
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
	if err != nil || ok { // the plan is not kept
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

// plan makes the plan. It takes a copy, so that a Select with a cached plan stays off the heap.
func (p *Planner) plan(sel Select, count bool) (*Plan, error) {
	if count {
		return p.count(&sel)
	}
	return p.compile(&sel)
}

// with returns the plan with the parameters of another Select: p itself if they are equal, else a
// copy.
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
