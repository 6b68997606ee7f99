// Mutations: fields are turned into writes of one transaction, and trees that read the results
// afterwards.

package graphql

import (
	"net/http"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxWrites is the maximum number of records of one field of Mutation, whatever the settings allow.
const maxWrites = 1000

// write is an operation on records, with its path in the answer and in the input.
type write struct {
	record.Op
	at     []any    // the path of its errors
	within []string // the path of its input in the input of the record: keys of nested inputs
}

// result is the result of a field of Mutation.
type result struct {
	writes []int // positions of the writes whose records are shown
	many   bool
	gap    bool // a record that no longer exists is null; else it is left out
	delete bool // the ids are shown

	ids []string // set after the writes
}

// mutation plans the fields of Mutation.
func (p *planner) mutation() (*plan, *front.Error) {
	selected, err := p.operation.Collect([]ast.SelectionSet{p.operation.Definition.Selections}, func(name string) bool { return name == "Mutation" })
	if err != nil {
		return nil, err
	}
	out := &plan{}
	before := p.fields
	for _, s := range selected {
		field, err := p.mutationField(s, out)
		if err != nil {
			if err.Path == nil {
				err.Path = []any{s.Key}
			}
			return nil, err
		}
		out.fields = append(out.fields, field)
	}
	if out.auth != nil && p.fields > before+1 {
		return nil, front.Bad(nil, "A mutation about accounts stands alone in its operation.")
	}
	return out, nil
}

// mutationField plans a field of Mutation: its writes, and the selected fields of the records.
func (p *planner) mutationField(s *front.Selected, to *plan) (rootField, *front.Error) {
	if s.Name == "__typename" {
		return rootField{key: s.Key, text: schema.AppendString(nil, "Mutation")}, nil
	}
	if err := p.count(1); err != nil {
		return rootField{}, err
	}
	if err := p.deeper(); err != nil {
		return rootField{}, err
	}
	defer p.shallower()
	args, err := p.operation.Arguments(p.operation.FieldOf("Mutation", s.Name).Arguments, s.Field.Arguments)
	if err != nil {
		return rootField{}, err
	}
	mutation := p.model.Mutations[s.Name]
	if mutation.Kind == model.Auth {
		return p.authField(s, args, to)
	}
	w := &writer{planner: p, to: to, mutation: mutation, at: []any{s.Key}, result: &result{}}
	if err := w.plan(args); err != nil {
		return rootField{}, err
	}
	field := rootField{key: s.Key, result: w.result}
	if w.result.delete {
		return field, nil
	}
	return field, p.shown(s, w, &field, to)
}

// shown plans the selected fields of the records that are written.
func (p *planner) shown(s *front.Selected, w *writer, field *rootField, to *plan) *front.Error {
	l, err := p.newLevel(w.mutation.Record, &record.Node{Collection: w.mutation.Record.Collection.ID, Limit: w.most, Written: true}, 0)
	if err != nil {
		return err
	}
	if err := p.read(w.most); err != nil {
		return err
	}
	if field.out, err = p.records(s.Selections, l, w.most, 0); err != nil {
		return err
	}
	field.root = l
	to.add(l, s.Key)
	return nil
}

// writer plans the writes of one field of Mutation.
type writer struct {
	planner  *planner
	to       *plan
	mutation *model.Mutation
	at       []any
	result   *result
	most     int // maximum number of records of the result
}

// plan plans the writes from the arguments.
func (w *writer) plan(args map[string]any) *front.Error {
	r := w.mutation.Record
	switch w.mutation.Kind {
	case model.CreateOne, model.UpsertOne:
		action := record.ActionCreate
		if w.mutation.Kind == model.UpsertOne {
			action = record.ActionUpsert
		}
		return w.one(record.Op{Action: action}, r.Input, args["input"])
	case model.UpdateOne:
		return w.one(record.Op{Action: record.ActionUpdate, ID: args["id"].(string)}, r.Change, args["input"])
	case model.DeleteOne:
		w.result.delete = true
		return w.one(record.Op{Action: record.ActionDelete, ID: args["id"].(string)}, nil, nil)
	case model.CreateMany:
		return w.each(args["inputs"].([]any))
	case model.UpdateMany:
		return w.matching(record.ActionUpdate, args)
	}
	w.result.delete = true
	return w.matching(record.ActionDelete, args)
}

// one plans a mutation of a single record. The answer shows that record.
func (w *writer) one(op record.Op, keys *model.Input, input any) *front.Error {
	if op.ID == "" && (op.Action == record.ActionUpdate || op.Action == record.ActionDelete) {
		return front.Bad(nil, "The id is empty.")
	}
	w.most++
	if w.most > maxWrites {
		return front.Complex("A mutation writes at most %d records.", maxWrites)
	}
	object, _ := input.(map[string]any)
	at, err := w.record(w.mutation.Record, op, keys, object, nil)
	w.result.writes = append(w.result.writes, at)
	return err
}

// each plans a create for each input.
func (w *writer) each(inputs []any) *front.Error {
	w.result.many, w.result.gap = true, true
	field := w.at
	for i, input := range inputs {
		w.at = append(field[:len(field):len(field)], i)
		if err := w.one(record.Op{Action: record.ActionCreate}, w.mutation.Record.Input, input); err != nil {
			if err.Path == nil {
				err.Path = w.at
			}
			return err
		}
	}
	return nil
}

// matching plans a write of each record that matches a filter. An empty filter, by a mistake or
// because of an unset variable, must not select all records.
func (w *writer) matching(action record.Action, args map[string]any) *front.Error {
	r := w.mutation.Record
	filter, _ := args["filter"].(map[string]any)
	where, err := compileFilter(r, filter)
	if err != nil {
		return err
	}
	if !narrows(r, filter) {
		return front.Bad(nil, "The filter compares with nothing: what would match everything is no filter of a mutation.")
	}
	most := args["atMost"].(int64)
	if most < 1 || most > maxWrites {
		return front.Bad(nil, "atMost must be from 1 to %d.", maxWrites)
	}
	w.result.many, w.most = true, int(most)
	object, _ := args["set"].(map[string]any)
	op := record.Op{Action: action, Where: where, AtMost: int(most)}
	if err := onlyValues(r.Change, object); err != nil {
		return err
	}
	at, err := w.record(r, op, r.Change, object, nil)
	w.result.writes = []int{at}
	return err
}

// onlyValues returns an error for keys that cannot be set in several records: each record would
// need its own related records, files or password.
func onlyValues(keys *model.Input, object map[string]any) *front.Error {
	for name := range object {
		k := keys.Key(name)
		if k.Kind == model.KeyTo || k.Kind == model.KeyFrom || k.Field == nil || k.Field.Kind == model.File || k.Field.Kind == model.Files {
			return front.Bad(nil, "%s cannot be set in many records at once.", name)
		}
	}
	return nil
}

// record plans the write of a record and, before and after it, the creates of its input for
// relations. It returns the position of the write.
func (w *writer) record(r *model.Record, op record.Op, keys *model.Input, object map[string]any, within []string) (int, *front.Error) {
	in, err := w.input(keys, object, within)
	if err != nil {
		return 0, err
	}
	for _, n := range in.before {
		at, err := w.record(n.key.Target, record.Op{Action: record.ActionCreate}, n.key.Target.Input, n.object, n.within)
		if err != nil {
			return 0, err
		}
		op.Links = append(op.Links, record.Link{Field: n.key.Body, Op: at})
	}
	op.Collection, op.Input = r.Collection.ID, in.Input
	at, err := w.add(r, write{Op: op, at: w.at, within: within})
	if err != nil {
		return 0, err
	}
	for _, n := range in.after {
		link := record.Op{Action: record.ActionCreate, Links: []record.Link{{Field: n.key.Body, Op: at}}}
		if _, err := w.record(n.key.Target, link, n.key.Target.Input, n.object, n.within); err != nil {
			return 0, err
		}
	}
	return at, nil
}

// add adds a write to the plan. It counts with the maximum number of records that it may write.
func (w *writer) add(r *model.Record, one write) (int, *front.Error) {
	p := w.planner
	if p.writes += max(1, one.AtMost); p.writes > p.limits.Mutations {
		return 0, front.Complex("The operation may write %d records, which are more than %d.", p.writes, p.limits.Mutations)
	}
	tags := map[record.Action][]string{record.ActionCreate: {"create"}, record.ActionUpdate: {"update"}, record.ActionDelete: {"delete"}}[one.Action]
	if one.Action == record.ActionUpsert {
		if tags = []string{"create"}; one.Input.Body["id"] != nil {
			tags = append(tags, "update")
		}
	}
	if one.Where != nil {
		tags = append(tags, "list")
	}
	for _, tag := range tags {
		if err := p.pay(r, tag); err != nil {
			return 0, err
		}
	}
	one.Caller = p.caller
	one.Caller.Method = map[record.Action]string{record.ActionCreate: http.MethodPost, record.ActionUpdate: http.MethodPatch,
		record.ActionUpsert: http.MethodPut, record.ActionDelete: http.MethodDelete}[one.Action]
	w.to.writes = append(w.to.writes, one)
	return len(w.to.writes) - 1, nil
}
