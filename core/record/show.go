// What a change of a record shows to those who watch its collection: who may see it, and
// the record as JSON for each of them.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// Audience is those who watch records in the same way.
type Audience struct {
	// View says that they watch one record, whose view rule is asked; else the list rule is.
	View bool

	// Filter is an expression as in a list, "" for every record, and Expand a list of
	// relations. Where the filter cannot be used, those who may not use it see nothing.
	Filter, Expand string

	// Request is how rules see all of them: its context, method, headers and query. Its
	// Auth is not used.
	Request Caller

	// Auth is each of them: a stored record that has signed in, or nil for guests. What rules read of it
	// is what is stored now. No one comes twice.
	Auth []*Record
}

// Show returns what the audience may see of a record that was changed: its JSON for each
// of Auth, nil for those who see nothing. The JSON may be shared and must not be written
// to. A record that was created or updated is judged and shown as it is stored now; one
// that is gone by now shows nothing. One that was deleted is judged and shown as it was.
// Its errors are internal.
func (s *Service) Show(ctx context.Context, a Audience, c change.Change) (shown [][]byte, err error) {
	if len(a.Auth) == 0 {
		return nil, nil
	}
	err = s.readWithRetry(Root(), func(rq *readRequest) error {
		shown = make([][]byte, len(a.Auth))
		collection := rq.snapshot.ByID(c.Collection)
		if collection == nil || collection.IsView() || c.Kind != change.Record {
			return nil
		}
		return rq.read(ctx, store.Work{}, func(r store.Reader) error {
			v := &showing{ctx: ctx, rq: rq, reader: r, audience: &a, table: s.table(rq.snapshot, collection), shown: shown}
			return v.run(&c)
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
	deleted  bool
	shown    [][]byte
	common   []byte // for all who are no superusers, if they see the same
}

func (v *showing) run(c *change.Change) (err error) {
	if v.deleted = c.Action == change.Delete; v.deleted {
		v.record, err = v.table.undo(nil, c)
	} else {
		v.record, err = v.table.read(v.reader, c.Record)
	}
	if err != nil || v.record == nil {
		return err
	}
	v.record = v.table.withoutSecrets(v.record)
	for i, sees := range v.classes() {
		if err := v.class(i, sees); err != nil {
			return err
		}
	}
	return nil
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

// class judges members of one class and renders the record for those who may see it.
func (v *showing) class(collection string, members []int) error {
	superuser := collection != "" && v.audience.caller(members[0]).Superuser()
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
	var may map[string]bool
	if expression != "" || v.audience.Filter != "" {
		var err error
		if may, err = v.judge(collection, members, expression, superuser); err != nil {
			return err
		}
	}
	for _, i := range members {
		if may != nil && !may[v.audience.id(i)] {
			continue
		}
		json, err := v.render(i, superuser)
		if err != nil {
			return err
		}
		v.shown[i] = json
	}
	return nil
}

// caller is a member as rules see it.
func (a *Audience) caller(i int) Caller {
	c := a.Request
	c.Auth = a.Auth[i]
	return c
}

// id is the id of a member's account, "" for a guest.
func (a *Audience) id(i int) string {
	if a.Auth[i] == nil {
		return ""
	}
	return a.Auth[i].ID()
}

// judge returns the ids of those members of a class who may see the record, in one
// statement for all of them; a guest's is "".
func (v *showing) judge(collection string, members []int, rule string, superuser bool) (map[string]bool, error) {
	sel := v.selection(rule, superuser)
	if collection != "" {
		c := v.rq.snapshot.ByID(collection)
		if c == nil { // deleted: nobody is signed in to it any more
			return map[string]bool{}, nil
		}
		sel.Callers = &query.Callers{Collection: c}
		for _, i := range members {
			sel.Callers.IDs = append(sel.Callers.IDs, v.audience.id(i))
		}
	} else if !v.deleted {
		sel.Columns, sel.Limit = []string{"id"}, 1
	}
	may := map[string]bool{}
	plan, err := v.rq.service.planner.Compile(sel)
	var invalid *query.Error
	switch {
	// Whoever saved such a rule was told; the filter is the client's, who gets no events.
	case errors.As(err, &invalid):
		return may, nil
	case err != nil || plan.Empty:
		return may, err
	case collection == "":
		may[""], err = hasRow(v.reader, plan.SQL, plan.Args...)
		return may, err
	}
	ids, err := queryTexts(v.reader, plan.SQL, plan.Args...)
	for _, id := range ids {
		may[id] = true
	}
	return may, err
}

// selection asks whether the record satisfies the rule and the filter.
func (v *showing) selection(rule string, superuser bool) query.Select {
	everybody := v.audience.Request
	everybody.Auth = nil
	sel := query.Select{Scope: v.rq.scope(v.table.collection, nil), Rule: rule, Filter: v.audience.Filter, Restricted: !superuser}
	sel.Request = everybody.request(nil)
	if v.deleted {
		sel.Candidate = v.table.parameters(v.record)
	} else {
		sel.ID = v.record.ID()
	}
	return sel
}

// render is the record for a member. Members who see the same share it.
func (v *showing) render(i int, superuser bool) (json []byte, err error) {
	rq := *v.rq
	rq.caller, rq.superuser, rq.enricher = v.audience.caller(i), superuser, nil
	defer rq.close()
	view := rq.renderOf(v.ctx, v.record, v.audience.Expand)
	shared := !superuser && len(view.nodes) == 0 && !view.projection.guarded && view.projection.enrich == nil
	if shared && v.common != nil {
		return v.common, nil
	}
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
