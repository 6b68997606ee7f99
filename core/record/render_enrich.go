package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// record is the record in a row that holds all fields.
func (sh *shape) record(rows store.Rows) *Record {
	r := &Record{collection: sh.collection, values: make([]any, len(sh.collection.Fields))}
	for i, f := range sh.collection.Fields {
		r.values[i] = f.Load(rows, sh.column[i])
	}
	return r
}

// appendEnriched is appendRecord after the Enrich hooks.
func (sh *shape) appendEnriched(dst []byte, r *Record, c Caller, email bool) (out []byte, cut int, err error) {
	e := &EnrichEvent{Caller: c, Record: r}
	err = hook.Within(context.Background(), sh.limit, func(ctx context.Context) error {
		e.Context = ctx
		return store.Inside(func() error { // a transaction, which may be one that writes
			return sh.enrich.Trigger(e, func() error { return nil }, names(sh.collection)...)
		})
	})
	if err != nil {
		return dst, len(dst), fmt.Errorf("enrich: %w", err)
	}
	keys := sh.keys
	if len(e.extra) > 0 {
		keys = slices.Clone(keys)
		for key := range e.extra {
			if sh.collection.Field(key) == nil && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
	}
	separator := byte('{')
	for _, key := range keys {
		if key == "expand" {
			cut = len(dst)
			continue
		}
		if e.hidden[key] || sh.guarded && key == "email" && !email {
			continue
		}
		dst = append(dst, separator)
		separator = ','
		dst = append(schema.AppendString(dst, key), ':')
		if dst, err = sh.appendKey(dst, key, r, e.extra); err != nil {
			return dst, cut, err
		}
	}
	return append(dst, '}'), cut, nil
}

func (sh *shape) appendKey(dst []byte, key string, r *Record, extra map[string]any) ([]byte, error) {
	switch i := sh.collection.FieldIndex(key); {
	case key == "collectionId":
		return schema.AppendString(dst, sh.collection.ID), nil
	case key == "collectionName":
		return schema.AppendString(dst, sh.collection.Name), nil
	case i >= 0 && formOf(sh.collection.Fields[i]) == formSecret:
		return append(dst, `""`...), nil
	case i >= 0:
		return schema.AppendValue(dst, sh.collection.Fields[i], r.values[i]), nil
	}
	value, err := json.Marshal(extra[key])
	if err != nil {
		return dst, fmt.Errorf("enrich: %s: %w", key, err)
	}
	return append(dst, value...), nil
}
