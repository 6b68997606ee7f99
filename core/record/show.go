// What a change of a record shows to those who watch its collection: who may see it, and
// the record as JSON for each of them.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/where"
)

// Audience is those who watch records in the same way.
type Audience struct {
	// View says that they watch one record, whose view rule is asked; else the list rule is.
	View bool

	// Filter is an expression as in a list, "" for every record, and Expand a list of
	// relations. Where the filter cannot be used, those who may not use it see nothing.
	Filter, Expand string

	// Where must hold besides Filter; nil: no condition.
	Where where.Expr

	// Tree, if it is not nil, is what they are shown of a record in place of its JSON: the
	// Fields and Children of a root of Trees.
	Tree *Node

	// Request is how rules see all of them: its context, method, headers and query. Its
	// Auth is not used.
	Request Caller

	// Auth is each of them: a stored record that has signed in, or nil for guests. What rules read of it
	// is what is stored now. No one comes twice.
	Auth []*Record

	// Transitions says that an update is judged before and after it, each as the record was
	// then, whatever happened to it since: they learn what enters their sight and leaves it.
	Transitions bool
}

// The actions of an update that a member of an audience sees on one side only.
const (
	Enter change.Action = "enter"
	Leave change.Action = "leave"
)

// Shown is what one member of an audience sees of a change.
type Shown struct {
	Action change.Action // that of the change, Enter or Leave
	JSON   []byte        // the record, of Leave its id and collection; nil: nothing is seen
	Tree   *Branch       // with Audience.Tree, except of Leave, the record in place of JSON
	Err    error         // the Invalid fault of a tree that cannot be shown to this member
}

// Seen reports whether the member sees anything of the change.
func (s Shown) Seen() bool { return s.JSON != nil || s.Tree != nil || s.Err != nil }

// Show returns what the audience may see of a record that was changed, for each of Auth.
// The JSON may be shared and must not be written to. A record that was created or updated
// is judged and shown as it is stored now, without Transitions; one that is gone by now
// shows nothing. One that was deleted is judged and shown as it was. The error is
// change.ErrGone if with Transitions the states of the record are not known any more;
// others are internal.
func (s *Service) Show(ctx context.Context, a Audience, c change.Change) ([]Shown, error) {
	shown, err := s.ShowAll(ctx, []Audience{a}, c)
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// ShowAll is Show for each of several audiences, in one transaction. It fails for all of them if
// it does for one.
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

// showing is one Show at work, in one transaction.
type showing struct {
	ctx      context.Context
	rq       *readRequest
	reader   store.Reader
	audience *Audience
	table    *table
	record   *Record // as it is judged and shown
	present  bool    // it is the row of the table as it is now
	shown    []Shown
	common   []byte  // for all who are no superusers, if they see the same
	branch   *Branch // likewise, of Audience.Tree
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

// sees says of each member whether the record is for them.
func (v *showing) sees() ([]bool, error) {
	sees := make([]bool, len(v.audience.Auth))
	for collection, members := range v.classes() {
		if err := v.class(collection, members, sees); err != nil {
			return nil, err
		}
	}
	return sees, nil
}

// classes divides the audience into those who are judged together, by auth collection; ""
// is the guests. It holds places in Auth.
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

// class judges members of one class: those who may see the record are marked in sees.
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

// caller is a member as rules see it.
func (a *Audience) caller(i int) Caller {
	c := a.Request
	c.Auth = a.Auth[i]
	return c
}

// superuser reports whether a member is one.
func (a *Audience) superuser(i int) bool { return Caller{Auth: a.Auth[i]}.Superuser() }

// id is the id of a member's account, "" for a guest.
func (a *Audience) id(i int) string {
	if a.Auth[i] == nil {
		return ""
	}
	return a.Auth[i].ID()
}

// verdict says which members of a class may see the record.
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
		if c == nil { // deleted: nobody is signed in to it any more
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
	// Whoever saved such a rule was told; the filter is the client's, who gets no events.
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

// selection asks whether the record satisfies the rule and the filter.
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

// render is the record for a member. Members who see the same share it.
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
		// The rules of what is rendered read the account, which may be another one by now.
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

// stored is an account as it is now, nil if it is gone.
func (v *showing) stored(r *Record) (*Record, error) {
	in := v.rq.snapshot.ByID(r.collection.ID)
	if in == nil {
		return nil, nil
	}
	return v.rq.service.table(v.rq.snapshot, in).read(v.reader, r.ID())
}
