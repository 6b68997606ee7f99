// Mappings: which field of a struct holds which field of a collection.

package record

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// mapping pairs the fields of one struct type with the fields of one collection. It is immutable.
type mapping struct {
	collection *schema.Collection
	fields     []mappedField
	id         []int  // index of the struct's id field; nil if it has none
	expand     []int  // index of the struct's field for related records; nil if it has none
	texts      []text // fields for collectionId and collectionName
	columns    []int  // positions of the mapped fields in collection.Fields
	err        error  // why the type does not fit the collection; nil if it fits
}

// mappedField is one pair: a field of the struct and the field of the collection that it holds.
type mappedField struct {
	at    []int // index in the struct, as in reflect.Value.FieldByIndex
	index int   // position in collection.Fields
	field *schema.Field
	class schema.Class // of field
	codec codec
}

// text is a field of the struct that holds the same string for every record.
type text struct {
	at   []int
	text string
}

// mappingKey is the key of a mapping in the cache.
type mappingKey struct {
	collection *schema.Collection
	of         reflect.Type
}

// mapping returns the cached mapping between a struct type and a collection.
func (s *Service) mapping(c *schema.Collection, of reflect.Type) *mapping {
	return s.caches.mappings.Of(s.cfg.Snapshot()).Get(mappingKey{c, of}, func() *mapping { return newMapping(c, of) })
}

// newMapping pairs the fields of a struct with the fields of a collection: by the name in the json
// tag or, without a tag, by the name of the struct's field in any letter case.
func newMapping(c *schema.Collection, of reflect.Type) *mapping {
	m := &mapping{collection: c}
	if of.Kind() != reflect.Struct {
		m.err = fmt.Errorf("record: %s is no struct: it cannot hold records of %q", of, c.Name)
		return m
	}
	for _, f := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" && options == "" || throughPointer(of, f.Index) {
			continue
		}
		if err := m.add(f, name); err != nil {
			m.err = errors.Join(m.err, fmt.Errorf("record: %s.%s: %w", of, f.Name, err))
		}
	}
	return m
}

// throughPointer reports whether the field is promoted from an embedded pointer, which may be nil.
func throughPointer(of reflect.Type, at []int) bool {
	for _, i := range at[:len(at)-1] {
		if of = of.Field(i).Type; of.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// add adds a field of the struct to the mapping. name is the name in its json tag, or "".
func (m *mapping) add(f reflect.StructField, name string) error {
	switch name {
	case "expand":
		m.expand = f.Index
		return checkExpand(f.Type)
	case "collectionId", "collectionName":
		fixed := m.collection.ID
		if name == "collectionName" {
			fixed = m.collection.Name
		}
		if f.Type.Kind() != reflect.String {
			return fmt.Errorf("it must be a string to hold %s", name)
		}
		m.texts = append(m.texts, text{f.Index, fixed})
		return nil
	}
	i := m.find(name, f.Name)
	if i < 0 {
		if name == "" {
			name = f.Name
		}
		return fmt.Errorf("%q has no field %q", m.collection.Name, name)
	}
	field := m.collection.Fields[i]
	codec := codecOf(field, f.Type)
	if codec == nil {
		return fmt.Errorf("a field of type %s cannot hold %s.%s, which is a %s", f.Type, m.collection.Name, field.Name, field.Kind.Type())
	}
	if field.IsID() {
		m.id = f.Index
	}
	m.fields = append(m.fields, mappedField{f.Index, i, field, field.Kind.Class(), codec})
	m.columns = append(m.columns, i)
	return nil
}

// find returns the position of a field of the collection: the field named tag or, if tag is empty,
// the field named name in any letter case; -1 if the collection has no such field.
func (m *mapping) find(tag, name string) int {
	if tag != "" {
		return m.collection.FieldIndex(tag)
	}
	for i, f := range m.collection.Fields {
		if strings.EqualFold(f.Name, name) {
			return i
		}
	}
	return -1
}

// fill sets the fields of a struct from a record.
func (s *Service) fill(v reflect.Value, r *Record) error {
	m := s.mapping(r.collection, v.Type())
	if m.err != nil {
		return m.err
	}
	for i := range m.fields {
		f := &m.fields[i]
		if f.field.IsPassword() { // the stored value is a hash: the program gets ""
			continue
		}
		if err := f.codec.load(fieldAt(v, f.at), r.values[f.index]); err != nil {
			return fmt.Errorf("record: %s of %s/%s: %w", f.field.Name, m.collection.Name, r.ID(), err)
		}
	}
	for _, t := range m.texts {
		fieldAt(v, t.at).SetString(t.text)
	}
	if m.expand != nil && r.related != nil {
		return s.fillExpand(fieldAt(v, m.expand), r)
	}
	return nil
}

func fieldAt(v reflect.Value, at []int) reflect.Value {
	if len(at) == 1 {
		return v.Field(at[0])
	}
	return v.FieldByIndex(at)
}

// body returns the body of the write that saves a struct, and the id in the struct: "" for a record
// to create.
func (m *mapping) body(v reflect.Value) (body map[string]any, id string, err error) {
	if m.id == nil {
		return nil, "", fmt.Errorf("record: %s has no field for the id: it cannot be saved", v.Type())
	}
	id = fieldAt(v, m.id).String()
	body = make(map[string]any, len(m.fields))
	for i := range m.fields {
		f := &m.fields[i]
		if _, auto := f.field.Kind.(*schema.Autodate); auto || f.field.IsID() {
			continue
		}
		value, err := f.codec.store(fieldAt(v, f.at))
		if err != nil {
			return nil, "", fmt.Errorf("record: %s of %s: %w", f.field.Name, m.collection.Name, err)
		}
		if f.field.IsPassword() && value == "" {
			continue
		}
		body[f.field.Name] = value
		if f.field.IsPassword() && m.collection.IsAuth() && f.field.Name == "password" {
			body["passwordConfirm"] = value
		}
	}
	return body, id, nil
}

// checkExpand checks the type of the field with the tag json:"expand": it must be a struct whose
// fields are structs, pointers to structs, or slices of either.
func checkExpand(t reflect.Type) error {
	if t.Kind() != reflect.Struct {
		return fmt.Errorf("related records need a struct, which %s is not", t)
	}
	for _, f := range reflect.VisibleFields(t) {
		if elem, _ := relatedType(f.Type); f.IsExported() && elem == nil {
			return fmt.Errorf("%s: related records need a struct, a pointer to one, or a list of structs, which %s is not", f.Name, f.Type)
		}
	}
	return nil
}

// relatedType returns the struct type of the related records in a field of type t, and whether t
// is a slice; nil if t cannot hold related records.
func relatedType(t reflect.Type) (elem reflect.Type, list bool) {
	if t.Kind() == reflect.Slice {
		list, t = true, t.Elem()
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	return t, list
}

// fillExpand sets the fields of v, the value of the expand field, from the related records of r.
func (s *Service) fillExpand(v reflect.Value, r *Record) error {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		related := r.Related(name)
		if len(related) == 0 {
			continue
		}
		if _, list := relatedType(f.Type); !list {
			related = related[:1]
		}
		if err := s.fillRelated(v.FieldByIndex(f.Index), related); err != nil {
			return fmt.Errorf("expand %s: %w", name, err)
		}
	}
	return nil
}

// fillRelated sets one field from the related records of one relation.
func (s *Service) fillRelated(v reflect.Value, related []*Record) error {
	put := func(v reflect.Value, r *Record) error {
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		return s.fill(v, r)
	}
	if v.Kind() != reflect.Slice {
		return put(v, related[0])
	}
	v.Set(reflect.MakeSlice(v.Type(), len(related), len(related)))
	for i, r := range related {
		if err := put(v.Index(i), r); err != nil {
			return err
		}
	}
	return nil
}
