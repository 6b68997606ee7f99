// Structs filled directly from rows, without a Record in between.

package record

import (
	"fmt"
	"reflect"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// structSink is a sink that appends a T for each row.
type structSink[T any] struct {
	service *Service
	room    int // initial capacity of list
	mapping *mapping
	cell    cell
	list    []T
}

func (k *structSink[T]) reset(c *schema.Collection) error {
	k.mapping, k.cell = k.service.mapping(c, reflect.TypeFor[T]()), cell{}
	k.list = make([]T, 0, k.room)
	return k.mapping.err
}

func (k *structSink[T]) columns() []int { return k.mapping.columns }

func (k *structSink[T]) row(rows store.Rows) error {
	var blank T
	k.list = append(k.list, blank)
	v := reflect.ValueOf(&k.list[len(k.list)-1]).Elem()
	k.cell.rows = rows
	for i := range k.mapping.fields {
		f := &k.mapping.fields[i]
		if f.class == schema.ClassPassword { // the stored value is a hash: the program gets ""
			continue
		}
		k.cell.col, k.cell.field, k.cell.class = i, f.field, f.class
		if err := f.codec.scan(fieldAt(v, f.at), &k.cell); err != nil {
			return fmt.Errorf("record: %s of %s/%s: %w", f.field.Name, k.mapping.collection.Name, k.id(rows), err)
		}
	}
	k.cell.texts.set()
	for _, t := range k.mapping.texts {
		fieldAt(v, t.at).SetString(t.text)
	}
	return nil
}

// id returns the id in the current row, "" if T has no field for the id.
func (k *structSink[T]) id(rows store.Rows) string {
	for i, f := range k.mapping.fields {
		if f.field.IsID() {
			return rows.Text(i)
		}
	}
	return ""
}
