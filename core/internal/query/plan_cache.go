package query

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/cache"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// plans is the cache of the plans of the current snapshot. What differs from one request to
// the next without changing the statement (which record, how many rows, from
// where) is put into a copy of the parameters.
type plans = cache.PerSnapshot[schema.Snapshot, cache.Cache[planKey, keptPlan]]

func newPlans() *cache.Cache[planKey, keptPlan] { return cache.New[planKey, keptPlan](maxPlans) }

const (
	maxPlans    = 1000
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
func (b *builder) depend(on dependence) { b.depends = max(b.depends, on) }

// planKey is what a plan depends on. Equal expressions depend on the same parts of the
// request: the entry with on == onNothing says which, the entries with other values
// hold the plans themselves, keyed by those parts.
type planKey struct {
	collection *schema.Collection
	columns    selection
	form       form

	rule, filter, sort, flag, outputs string
	ref                               string             // of RefBy or Parents
	callers                           *schema.Collection // of Callers

	on       dependence
	signedIn bool
	in       *schema.Collection // of the caller
	id       string
}

// form is which of the parts are there that change the statement.
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

// selection is which fields are read, by their positions in the collection, so that
// equal selections are equal whoever makes them.
type selection struct {
	width int
	at    [24]uint8 // position + 1
	more  string    // what does not fit: names
}

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

// formOf is the form of the Select's statement.
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

// keptPlan is a plan; or, if that needs more of a key, no more than what it depends
// on.
type keptPlan struct {
	depends dependence
	plan    *Plan
}

// keyOf is the key of the Select, but for the request; ok is false if its plan is
// not to be kept.
func keyOf(sel *Select, count bool) (key planKey, ok bool) {
	if sel.Candidate != nil || sel.After != "" || sel.Before != "" || len(sel.Flags) > 1 || sel.Snapshot == nil {
		return key, false
	}
	key = planKey{
		collection: sel.Collection, columns: selectionOf(sel.Collection, sel.Columns), form: formOf(sel, count),
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
	switch {
	case sel.RefBy != nil:
		key.ref = sel.RefBy.Field
	case sel.Parents != nil:
		key.ref = sel.Parents.Field
	}
	if sel.Callers != nil {
		key.callers = sel.Callers.Collection
	}
	return key, true
}

// keyText is what a text and an expression, which both must hold, are known by. A NUL,
// which no text may have, tells an expression from a text.
func keyText(text string, e lang.Expr) string {
	if e == nil {
		return text
	}
	return text + "\x00" + e.String()
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

// planned is the plan of the Select, from the cache if it is there.
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
	if err != nil || ok { // known not to be kept
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
