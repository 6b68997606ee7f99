// Showing a change of a record to the callers who watch its collection: which of them may see the
// record, and its JSON for each of them.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/where"
)

// Audience is a set of members, callers who watch records in the same way.
type Audience struct {
	// View is set if the members watch one record, to which the view rule applies; else the list
	// rule applies.
	View bool

	// Filter is a filter expression of a list, "" for every record, and Expand a list of relations.
	// Members who may not use the filter see nothing.
	Filter, Expand string

	// Where is a further condition; nil: no condition.
	Where where.Expr

	// Tree replaces the JSON of a record by the Fields and Children of a root of Trees; nil: JSON.
	Tree *Node

	// Request holds the context, method, headers and query that rules read for all members. Its
	// Auth is not used.
	Request Caller

	// Auth are the members: stored records that have signed in, or nil for guests. Rules read their
	// present stored values. No member is repeated.
	Auth []*Record

	// Transitions asks that the states before and after an update are both judged, in the form that
	// the record had then, whatever has changed since: members learn which records become visible
	// to them and which do not stay visible.
	Transitions bool
}

// The actions of an update after which, or before which, alone a member sees the record.
const (
	Enter change.Action = "enter"
	Leave change.Action = "leave"
)

// Shown is the part of a change that one member of an audience sees.
type Shown struct {
	Action change.Action // the action of the change, Enter or Leave
	JSON   []byte        // the record; for Leave its id and collection; nil if the member sees nothing
	Tree   *Branch       // the record in place of JSON if Audience.Tree is set, except for Leave
	Err    error         // the Invalid fault of a tree that cannot be shown to this member
}

// Seen reports whether the member sees any part of the change.
func (s Shown) Seen() bool { return s.JSON != nil || s.Tree != nil || s.Err != nil }

// Show returns for each member of Auth the part of a change that the member may see. The JSON may
// be shared and must not be changed. Without Transitions, a record that was created or updated is
// judged and shown in its present state; if it no longer exists, nothing is shown. A record that
// was deleted is judged and shown in its last state. The error is change.ErrGone if, with
// Transitions, the states of the record are no longer known; other errors are internal.
func (s *Service) Show(ctx context.Context, a Audience, c change.Change) ([]Shown, error) {
	shown, err := s.ShowAll(ctx, []Audience{a}, c)
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// ShowAll does the work of Show for several audiences, in one transaction. If it fails for one
// audience, it fails for all.
func (s *Service) ShowAll(ctx context.Context, audiences []Audience, c change.Change) (shown [][]Shown, err error) {
	nobody := true
	for i := range audiences {
		nobody = nobody && len(audiences[i].Auth) == 0
	}
	if nobody {
		return make([][]Shown, len(audiences)), nil
	}
	err = s.readWithRetry(Root(), func(rq *readRequest) error {
		shown = make([][]Shown, len(audiences))
		for i := range audiences {
			shown[i] = make([]Shown, len(audiences[i].Auth))
		}
		collection := rq.snapshot.ByID(c.Collection)
		if collection == nil || collection.IsView() || c.Kind != change.Record {
			return nil
		}
		return rq.read(ctx, store.Work{}, func(r store.Reader) error {
			table := s.table(rq.snapshot, collection)
			for i := range audiences {
				if len(shown[i]) == 0 {
					continue
				}
				v := &showing{ctx: ctx, rq: rq, reader: r, audience: &audiences[i], table: table, shown: shown[i]}
				if err := v.run(&c); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return shown, err
}

// showing is the work of one Show, in one transaction.
type showing struct {
	ctx      context.Context
	rq       *readRequest
	reader   store.Reader
	audience *Audience
	table    *table
	record   *Record // the state that is judged and shown
	present  bool    // record is the present row of the table
	shown    []Shown
	common   []byte  // shared by all members who are not superusers, if they see the same
	branch   *Branch // likewise, for Audience.Tree
}

func (v *showing) run(c *change.Change) (err error) {
	switch {
	case c.Action == change.Delete:
		v.record, err = v.table.undo(nil, c)
	case v.audience.Transitions:
		return v.transitions(c)
	default:
		v.present = true
		v.record, err = v.table.read(v.reader, c.Record)
	}
	if err != nil || v.record == nil {
		return err
	}
	v.record = v.table.withoutSecrets(v.record)
	sees, err := v.sees()
	if err != nil {
		return err
	}
	for i := range sees {
		if sees[i] {
			if err := v.show(i, c.Action); err != nil {
				return err
			}
		}
	}
	return nil
}

// show renders the record for a member.
func (v *showing) show(i int, action change.Action) (err error) {
	v.shown[i].Action = action
	if v.audience.Tree != nil {
		v.shown[i].Tree, v.shown[i].Err, err = v.tree(i, v.audience.superuser(i))
		return err
	}
	v.shown[i].JSON, err = v.render(i, v.audience.superuser(i))
	return err
}

// sees reports for each member whether they may see the record.
func (v *showing) sees() ([]bool, error) {
	sees := make([]bool, len(v.audience.Auth))
	for collection, members := range v.classes() {
		if err := v.class(collection, members, sees); err != nil {
			return nil, err
		}
	}
	return sees, nil
}

// classes divides the audience into classes that are judged together, by auth collection; "" is the
// class of guests. The lists hold positions in Auth.
func (v *showing) classes() map[string][]int {
	classes := map[string][]int{}
	for i, auth := range v.audience.Auth {
		id := ""
		if auth != nil {
			id = auth.collection.ID
		}
		classes[id] = append(classes[id], i)
	}
	return classes
}

// class judges the members of one class, and sets sees for members who may see the record.
func (v *showing) class(collection string, members []int, sees []bool) error {
	superuser := v.audience.superuser(members[0])
	rule := v.table.collection.ListRule
	if v.audience.View {
		rule = v.table.collection.ViewRule
	}
	var expression string
	switch {
	case superuser:
	case rule == nil:
		return nil
	default:
		expression = *rule
		if forbidSuperuserWords(v.audience.Filter) != nil {
			return nil
		}
	}
	may := verdict{all: true}
	if expression != "" || v.audience.Filter != "" || v.audience.Where != nil {
		var err error
		if may, err = v.judge(collection, members, expression, superuser); err != nil {
			return err
		}
	}
	for _, i := range members {
		sees[i] = may.all || may.ids[v.audience.id(i)]
	}
	return nil
}

// caller returns the caller that rules read for a member.
func (a *Audience) caller(i int) Caller {
	c := a.Request
	c.Auth = a.Auth[i]
	return c
}

// superuser reports whether the member is a superuser.
func (a *Audience) superuser(i int) bool { return Caller{Auth: a.Auth[i]}.Superuser() }

// id returns the id of a member's account, "" for a guest.
func (a *Audience) id(i int) string {
	if a.Auth[i] == nil {
		return ""
	}
	return a.Auth[i].ID()
}

// verdict holds the members of a class who may see the record.
type verdict struct {
	all bool            // every member may
	ids map[string]bool // ids of the members who may, unless all
}

// judge judges the members of a class with one statement. If the rule and the filter do not depend
// on the account (plan.Alike), the statement judges the first member for all members.
func (v *showing) judge(collection string, members []int, rule string, superuser bool) (verdict, error) {
	sel := v.selection(rule, superuser)
	if collection != "" {
		c := v.rq.snapshot.ByID(collection)
		if c == nil { // deleted: its accounts no longer exist
			return verdict{}, nil
		}
		sel.Callers = &query.Callers{Collection: c, IDs: []string{v.audience.id(members[0])}}
	} else if v.present {
		sel.Columns, sel.Limit = []string{"id"}, 1
	}
	plan, err := v.rq.service.planner.Compile(sel)
	if err == nil && collection != "" && !plan.Alike && len(members) > 1 {
		for _, i := range members[1:] {
			sel.Callers.IDs = append(sel.Callers.IDs, v.audience.id(i))
		}
		plan, err = v.rq.service.planner.Compile(sel)
	}
	var invalid *query.Error
	switch {
	// The author of such a rule was warned when it was saved; the filter is the client's, who gets
	// no events.
	case errors.As(err, &invalid):
		return verdict{}, nil
	case err != nil || plan.Empty:
		return verdict{}, err
	case collection == "" || plan.Alike:
		all, err := hasRow(v.reader, plan.SQL, plan.Args...)
		return verdict{all: all}, err
	}
	ids, err := store.Texts(v.reader, plan.SQL, plan.Args...)
	may := verdict{ids: map[string]bool{}}
	for _, id := range ids {
		may.ids[id] = true
	}
	return may, err
}

// selection selects the record if it satisfies the rule and the filter.
func (v *showing) selection(rule string, superuser bool) query.Select {
	everybody := v.audience.Request
	everybody.Auth = nil
	sel := query.Select{Scope: v.rq.scope(v.table.collection, nil), Rule: rule, Filter: v.audience.Filter, FilterExpr: v.audience.Where, Restricted: !superuser}
	sel.Request = everybody.request(nil)
	if v.present {
		sel.ID = v.record.ID()
	} else {
		sel.Candidate = v.table.parameters(v.record)
	}
	return sel
}

// render returns the JSON of the record for a member. Members who see the same share the JSON.
func (v *showing) render(i int, superuser bool) (json []byte, err error) {
	if v.common != nil && !superuser {
		return v.common, nil
	}
	rq := *v.rq
	rq.caller, rq.superuser, rq.enricher = v.audience.caller(i), superuser, nil
	defer rq.close()
	view := rq.renderOf(v.ctx, v.record, v.audience.Expand)
	shared := !superuser && len(view.nodes) == 0 && !view.projection.guarded && view.projection.enrich == nil
	if !shared && !superuser && rq.caller.Auth != nil {
		// The rules of rendering read the account, which may have changed since.
		if rq.caller.Auth, err = v.stored(rq.caller.Auth); err != nil || rq.caller.Auth == nil {
			return nil, err
		}
		view = rq.renderOf(v.ctx, v.record, v.audience.Expand)
	}
	if json, err = view.json(v.reader); err != nil {
		return nil, err
	}
	if shared {
		v.common = json
	}
	return json, nil
}

// stored returns the present state of an account, nil if it no longer exists.
func (v *showing) stored(r *Record) (*Record, error) {
	in := v.rq.snapshot.ByID(r.collection.ID)
	if in == nil {
		return nil, nil
	}
	return v.rq.service.table(v.rq.snapshot, in).read(v.reader, r.ID())
}
