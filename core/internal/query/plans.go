package query

import (
	"slices"
	"sync/atomic"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// plans remembers plans of the current snapshot. What differs from one request to
// the next without changing the statement (which record, how many rows, from
// where) is put into a copy of the parameters.
type plans struct {
	current atomic.Pointer[snapshotPlans]
}

type snapshotPlans struct {
	snapshot *schema.Snapshot
	made     recent[planKey, keptPlan]
}

const (
	maxPlans    = 500  // in each generation
	maxPlanText = 1024 // bytes of expressions; what is longer is planned each time
)

// dependence is what of the request a plan depends on.
type dependence uint8

const (
	onNothing  dependence = iota
	onSignedIn            // whether the caller has an id
	onIdentity            // which record the caller is
	onRequest             // anything: no other request has the plan
)

// depend notes that what is planned depends on that much of the request.
func (b *build) depend(on dependence) { b.depends = max(b.depends, on) }

// planKey is what a plan depends on. All plans of the same expressions depend on
// the same of the request: that is kept under on == onNothing, and what of the
// request it is under the others.
type planKey struct {
	collection *schema.Collection
	width      int     // how many columns
	column     string  // the only one
	columns    *string // the first of a list, which callers keep

	rule, filter, sort, flag string
	ref                      string
	count, keys, restricted  bool
	byID, byIDs, lock        bool
	limited, moved, deep     bool

	on       dependence
	signedIn bool
	in       *schema.Collection // of the caller
	id       string
}

// keptPlan is a plan, or, if that needs more of a key, no more than what it
// depends on.
type keptPlan struct {
	depends dependence
	plan    *Plan
}

// keyOf is the key of the Select, but for the request; ok is false if its plan is
// not to be kept.
func keyOf(sel *Select, count bool) (key planKey, ok bool) {
	if sel.Candidate != nil || sel.After != "" || len(sel.Flags) > 1 || sel.Snapshot == nil ||
		len(sel.Rule)+len(sel.Filter)+len(sel.Sort) > maxPlanText {
		return key, false
	}
	key = planKey{
		collection: sel.Collection, width: len(sel.Columns), rule: sel.Rule, filter: sel.Filter, sort: sel.Sort,
		count: count, keys: sel.Keys, restricted: sel.Restricted,
		byID: sel.ID != "", byIDs: sel.IDs != nil, lock: sel.ForUpdate,
		limited: sel.Limit > 0, moved: sel.Offset > 0, deep: sel.Offset >= deepOffset,
	}
	switch len(sel.Columns) {
	case 0:
	case 1:
		key.column = sel.Columns[0]
	default:
		key.columns = &sel.Columns[0]
	}
	if len(sel.Flags) > 0 {
		key.flag = sel.Flags[0]
	}
	if sel.RefBy != nil {
		key.ref = sel.RefBy.Field
	}
	return key, true
}

// of completes the key by what of the request the plan depends on.
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
		k.signedIn = true // a record without an id is no guest
	}
	return k
}

// of is what is kept for the snapshot.
func (p *plans) of(snapshot *schema.Snapshot) *recent[planKey, keptPlan] {
	known := p.current.Load()
	if known == nil || known.snapshot != snapshot {
		known = &snapshotPlans{snapshot: snapshot, made: recent[planKey, keptPlan]{size: maxPlans}}
		p.current.Store(known)
	}
	return &known.made
}

// planned is the plan of the Select, remembered.
func (p *Planner) planned(sel *Select, count bool) (*Plan, error) {
	key, ok := keyOf(sel, count)
	if !ok {
		return p.plan(*sel, count)
	}
	made := p.plans.of(sel.Snapshot)
	kept, ok := made.get(key)
	if ok && kept.depends != onNothing && kept.depends != onRequest {
		kept, ok = made.get(key.of(sel.Request, kept.depends))
	}
	if ok && kept.plan != nil {
		return kept.plan.with(sel), nil
	}
	plan, err := p.plan(*sel, count)
	if err != nil || ok { // known not to be kept
		return plan, err
	}
	switch plan.depends {
	case onNothing:
		made.put(key, keptPlan{plan: plan})
	case onRequest:
		made.put(key, keptPlan{depends: onRequest})
	default:
		made.put(key, keptPlan{depends: plan.depends})
		made.put(key.of(sel.Request, plan.depends), keptPlan{plan: plan})
	}
	return plan, nil
}

// plan makes the plan, on a copy: a Select whose plan is remembered stays off the
// heap.
func (p *Planner) plan(sel Select, count bool) (*Plan, error) {
	if count {
		return p.count(&sel)
	}
	return p.compile(&sel)
}

// with is the plan of a Select that differs from its own in these parameters.
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
		set(p.slots.id, store.Text(sel.ID))
	}
	if sel.IDs != nil {
		set(p.slots.ids, idList(sel.IDs))
	}
	if sel.RefBy != nil {
		set(p.slots.refs, idList(sel.RefBy.IDs))
	}
	set(p.slots.limit, store.Int(int64(sel.Limit)))
	set(p.slots.offset, store.Int(int64(sel.Offset)))
	if args == nil {
		return p
	}
	other := *p
	other.Args = args
	return &other
}
