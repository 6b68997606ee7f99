// Running a mutation: the writes in one transaction, then a read of the results.

package graphql

import (
	"context"
	"errors"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// write runs the writes of a plan and returns their results. The error is
// record.ErrCollectionsChanged or nil: an operation that has written is never run again.
func (x *execution) write(ctx context.Context, p *plan, snapshot *schema.Snapshot) (*Result, error) {
	ops := make([]record.Op, len(p.writes))
	for i, w := range p.writes {
		ops[i] = w.Op
	}
	limited, cancel := context.WithTimeout(ctx, x.service.cfg.WriteLimit())
	defer cancel()
	ids, err := x.service.cfg.Records().WriteAll(limited, snapshot, ops)
	if errors.Is(err, record.ErrCollectionsChanged) {
		return nil, err
	}
	if err != nil {
		return &Result{Data: p.nulls(), Errors: []*front.Error{x.refused(limited, p, err)}}, nil
	}
	p.fill(ids)
	read, err := x.read(ctx, p)
	if err != nil {
		told := x.told(ctx, err)
		told.Message = "The records were written, but cannot be shown: " + told.Message
		return &Result{Data: p.nulls(), Errors: []*front.Error{told}}, nil
	}
	return x.answer(ctx, p, read), nil
}

// refused returns the error of writes that have failed, with the path of the failed write in the
// answer and, for an error in a nested input, the path in the input.
func (x *execution) refused(ctx context.Context, p *plan, err error) *front.Error {
	told := x.told(ctx, err)
	if errors.Is(err, record.ErrTooManyMatch) {
		told.Code = front.Conflict
	}
	at := (*record.OpError)(nil)
	if !errors.As(err, &at) {
		return told
	}
	w := p.writes[at.Op]
	told.Path = w.at
	if len(told.Fields) > 0 && len(w.within) > 0 {
		inner := &fault.Field{Fields: told.Fields}
		told.Fields = fault.Fields{}
		told.Fields.Set(inner, w.within...)
	}
	return told
}

// nulls returns the data of an operation that has written nothing.
func (p *plan) nulls() []byte {
	nothing := &plan{}
	for _, f := range p.fields {
		if f.result != nil || f.auth != nil {
			f = rootField{key: f.key, text: null}
		}
		nothing.fields = append(nothing.fields, f)
	}
	opened, _ := encode(nothing, nil, nil, &memory{})
	return opened[len(opening):]
}

// fill sets the ids of the written records in the results, and in the trees that read them.
func (p *plan) fill(ids [][]string) {
	var roots []*level
	var paths [][]any
	for _, f := range p.fields {
		if f.result == nil {
			continue
		}
		for _, w := range f.result.writes {
			f.result.ids = append(f.result.ids, ids[w]...)
		}
		if f.root != nil && len(f.result.ids) > 0 {
			values := make([]any, len(f.result.ids))
			for i, id := range f.result.ids {
				values[i] = id
			}
			f.root.node.Where = where.In("id", values...)
			roots, paths = append(roots, f.root), append(paths, []any{f.key})
		}
	}
	p.roots, p.paths = roots, paths
}
