// Typed: the records of a collection as values of a Go struct.

package record

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
)

// Typed reads and writes the records of one collection as structs of type T. A Typed may be
// copied, and is safe for concurrent use. core.Bind makes a Typed, and documents the types that
// T may be.
type Typed[T any] struct {
	service    *Service
	collection string
	caller     Caller
}

// NewTyped returns a Typed for the collection of that id or name. Its caller is Root.
func NewTyped[T any](s *Service, collection string) Typed[T] {
	return Typed[T]{service: s, collection: collection, caller: Root()}
}

// As returns a copy of t for another caller: its methods apply the rules to that caller.
func (t Typed[T]) As(caller Caller) Typed[T] {
	t.caller = caller
	return t
}

// In returns a copy of t that uses another service: the service of a transaction (core.Tx) or of
// the event of a hook.
func (t Typed[T]) In(s *Service) Typed[T] {
	t.service = s
	return t
}

// Check returns an error if T does not fit the collection. The error names the collection, the
// fields of T that the collection does not have, and the fields of a type that cannot hold the
// values. Every other method calls Check first. A program that calls Check at its start finds a
// mistake before its users do.
func (t Typed[T]) Check() error {
	_, err := t.mapping()
	return err
}

// errNotOpen is the error of a Typed that was made before the App was open.
var errNotOpen = errors.New("record: the App was not open when the records were bound")

func (t Typed[T]) mapping() (*mapping, error) {
	if t.service == nil {
		return nil, errNotOpen
	}
	snapshot := t.service.cfg.Snapshot()
	c := snapshot.Find(t.collection)
	if c == nil {
		q := Query{Collection: t.collection}
		return nil, q.in(missingCollection())
	}
	m := t.service.mapping(c, reflect.TypeFor[T]())
	return m, m.err
}

// query returns q with the collection of t, after a Check.
func (t Typed[T]) query(q Query) (Query, error) {
	if q.Collection != "" && q.Collection != t.collection {
		return q, fmt.Errorf("record: a query of %q by what is bound to %q", q.Collection, t.collection)
	}
	q.Collection = t.collection
	return q, t.Check()
}

// Find returns the records of a query, with the faults of Service.Find. Query.Collection may be
// empty. Related records that Query.Expand names are stored in the field of T with the tag
// json:"expand".
func (t Typed[T]) Find(ctx context.Context, q Query) ([]T, error) {
	q, err := t.query(q)
	if err != nil {
		return nil, err
	}
	list, _, err := t.find(ctx, q, listRule, nil)
	return list, err
}

// find runs a query. It fills structs directly from rows or, if the query expands relations, from
// Records.
func (t Typed[T]) find(ctx context.Context, q Query, rule ruleOf, walk *string) (list []T, next string, err error) {
	if q.Expand == "" {
		into := &structSink[T]{service: t.service, room: min(q.Limit, eachPage)}
		if next, err = t.service.find(ctx, t.caller, q, rule, walk, into); err != nil {
			return nil, "", err
		}
		return into.list, next, nil
	}
	records, next, err := t.service.findRecords(ctx, t.caller, q, rule, walk)
	if err != nil {
		return nil, "", err
	}
	list, err = t.values(records)
	return list, next, err
}

// FindOne returns the first record of a query, with the faults of Service.FindOne.
func (t Typed[T]) FindOne(ctx context.Context, q Query) (*T, error) {
	q, err := t.query(q)
	if err != nil {
		return nil, err
	}
	return t.first(ctx, q, listRule)
}

// FindByID returns the record of that id. The fault is NotFound if no such record exists or the
// view rule hides it from the caller, and Forbidden if only superusers may view.
func (t Typed[T]) FindByID(ctx context.Context, id string) (*T, error) {
	q, err := t.query(Query{IDs: []string{id}})
	if err != nil {
		return nil, err
	}
	return t.first(ctx, q, viewRule)
}

func (t Typed[T]) first(ctx context.Context, q Query, rule ruleOf) (*T, error) {
	q.Limit = 1
	list, _, err := t.find(ctx, q, rule, nil)
	if err == nil && len(list) == 0 {
		err = q.in(missing())
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// FindByIDs returns the records of those ids that the view rule shows to the caller, in the
// order of the ids. A record is returned once even if its id is repeated.
func (t Typed[T]) FindByIDs(ctx context.Context, ids ...string) ([]T, error) {
	q, err := t.query(Query{IDs: ids})
	if err != nil {
		return nil, err
	}
	records, err := t.service.findByIDs(ctx, t.caller, q)
	if err != nil {
		return nil, err
	}
	return t.values(records)
}

// Count returns the number of records that Find would return without Limit and Offset.
func (t Typed[T]) Count(ctx context.Context, q Query) (int, error) {
	q, err := t.query(q)
	if err != nil {
		return 0, err
	}
	return t.service.CountMatching(ctx, t.caller, q)
}

// Each returns an iterator over the records of a query, as Service.Each does. Every step of the
// loop gets a new T, which the loop may keep.
func (t Typed[T]) Each(ctx context.Context, q Query) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		q, err := t.query(q)
		if err != nil {
			yield(nil, err)
			return
		}
		pages := each(q, func(q Query, cursor *string) ([]T, string, error) { return t.find(ctx, q, listRule, cursor) })
		for v, err := range pages {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&v, nil) {
				return
			}
		}
	}
}

// Save creates a record from v if the id of v is empty, and updates the record of that id
// otherwise. Then v holds the record as it is stored. An update writes every field that T has, and
// leaves the other fields of the record unchanged. Autodate fields are not written, since the
// server sets them, and an empty password is not written. The faults are those of Create and
// Update. Other errors: v is nil, T has no field "id", or a value is out of the range of its
// field.
func (t Typed[T]) Save(ctx context.Context, v *T) error {
	m, err := t.mapping()
	if err != nil {
		return err
	}
	if v == nil {
		return fmt.Errorf("record: Save of a nil %s", reflect.TypeFor[T]())
	}
	body, id, err := m.body(reflect.ValueOf(v).Elem())
	if err != nil {
		return err
	}
	var saved *Record
	if id == "" {
		saved, err = t.service.Create(ctx, t.caller, t.collection, Input{Body: body})
	} else {
		saved, err = t.service.Update(ctx, t.caller, t.collection, id, Input{Body: body})
	}
	if err != nil {
		q := Query{Collection: t.collection}
		return q.in(err)
	}
	var stored T
	if err := t.service.fill(reflect.ValueOf(&stored).Elem(), saved); err != nil {
		return err
	}
	*v = stored
	return nil
}

// Delete removes the record of that id, with the faults of Service.Delete.
func (t Typed[T]) Delete(ctx context.Context, id string) error {
	q, err := t.query(Query{})
	if err != nil {
		return err
	}
	return q.in(t.service.Delete(ctx, t.caller, t.collection, id))
}

// values converts records into structs.
func (t Typed[T]) values(records []*Record) ([]T, error) {
	list := make([]T, len(records))
	for i, r := range records {
		if err := t.service.fill(reflect.ValueOf(&list[i]).Elem(), r); err != nil {
			return nil, err
		}
	}
	return list, nil
}
