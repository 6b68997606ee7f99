// Results of mutations.

package graphql

import "github.com/loambase/loam/core/schema"

// result writes the result of a field of Mutation.
func (e *encoder) result(f rootField, b *branch) {
	r := f.result
	if r.delete {
		e.deleted(r)
		return
	}
	places := map[string]int{}
	if b != nil {
		for i := range b.read.Records {
			places[textOf(b.of(i)[0])] = i
		}
	}
	var shown []int // positions of records; -1 for a record that no longer exists
	for _, id := range r.ids {
		if i, ok := places[id]; ok {
			shown = append(shown, i)
		} else if r.gap {
			shown = append(shown, -1)
		}
	}
	one := func(n int) {
		if n < len(shown) && shown[n] >= 0 {
			e.record(f.out, b, shown[n])
		} else {
			e.null()
		}
	}
	if r.many {
		e.array(len(shown), one)
	} else {
		one(0)
	}
}

// deleted writes the ids of the deleted records.
func (e *encoder) deleted(r *result) {
	if !r.many {
		e.out = schema.AppendString(e.out, r.ids[0])
		return
	}
	e.array(len(r.ids), func(i int) { e.out = schema.AppendString(e.out, r.ids[i]) })
}
