// Aggregates: the figures and the keys of groups of a record type.

package model

import (
	"slices"

	"github.com/loambase/loam/core/record"
)

// Figure is a field of the aggregate of a record type: a figure, or a key of groups.
type Figure struct {
	Name   string
	Func   record.Func // "" for a key
	Path   string      // the stored field; "" for record.Count
	Part   string      // of a date key: year, month, day or hour; "" is the date
	Output string      // its name in aggregates of the record service

	Value *Field // describes its values

	option string // its name in the enum of keys
}

// Figure returns the named figure or key.
func (r *Record) Figure(name string) *Figure { return r.figures[name] }

// Key returns the key of an option of the enum.
func (r *Record) Key(option string) *Figure { return r.keys[option] }

// aggregates adds figures and keys. Keys are named before figures, with the names of their fields.
func (b *builder) aggregates(r *Record) {
	if !r.List {
		return
	}
	room := 6 * len(r.order)
	taken, options := make(names, room), names{}
	r.figures, r.keys, r.figured = make(map[string]*Figure, room), map[string]*Figure{}, make([]*Figure, 0, room)
	add := func(name string, f *Figure) {
		f.Name = taken.claim(name)
		if f.Func == "" {
			f.option = options.claim(optionName(f.Name))
			r.keys[f.option] = f
		}
		r.figures[f.Name] = f
		r.figured = append(r.figured, f)
	}
	fields := slices.DeleteFunc(slices.Clone(r.order), func(f *Field) bool { return !b.grouped(r, f) })
	for _, f := range fields {
		add(f.Name, &Figure{Path: f.Path(), Output: f.Path(), Value: key(f)})
	}
	for _, f := range fields {
		if f.Kind != Date {
			continue
		}
		for _, part := range [...]string{"year", "month", "day", "hour"} {
			output := f.Path() + "_" + part
			add(f.Name+"_"+part, &Figure{Path: f.Path(), Part: part, Output: output, Value: value(Int, "Int", output)})
		}
	}
	add("count", &Figure{Func: record.Count, Output: "count", Value: &Field{Kind: Int, Relation: "count", typeName: "Int!"}})
	for _, f := range fields {
		figure := func(of record.Func, kind Kind, typeName string) {
			output := string(of) + "_" + f.Path()
			add(string(of)+"_"+f.Name, &Figure{Func: of, Path: f.Path(), Output: output, Value: value(kind, typeName, output)})
		}
		figure(record.CountDistinct, Int, "Int")
		switch f.Kind {
		case Float, Int, BigInt:
			for _, of := range [...]record.Func{record.Sum, record.Avg, record.Min, record.Max} {
				figure(of, Float, "Float")
			}
		case Date:
			figure(record.Min, Date, "DateTime")
			figure(record.Max, Date, "DateTime")
		}
	}
}

// grouped reports whether records may be grouped by the field. E-mail addresses are excluded since
// they may be hidden.
func (b *builder) grouped(r *Record, f *Field) bool {
	switch f.Kind {
	case Float, Int, BigInt, Bool, Date, Enum, RefID:
		return true
	case Text:
		return b.model.Superuser || !(r.Collection.IsAuth() && f.Stored.Name == "email")
	}
	return false
}

// key returns the field that describes the values of a key. Its type is nullable, for groups by
// other keys.
func key(f *Field) *Field {
	k := *f
	k.Stored, k.Relation, k.args = nil, f.Path(), nil
	if k.typeName[len(k.typeName)-1] == '!' {
		k.typeName = k.typeName[:len(k.typeName)-1]
	}
	return &k
}

// value returns a field that describes the values of an output.
func value(kind Kind, typeName, output string) *Field {
	return &Field{Kind: kind, Relation: output, typeName: typeName}
}

// aggregateArguments returns the arguments of an aggregate.
func aggregateArguments(r *Record) []Argument {
	list := []Argument{{"filter", r.Name + "Filter"}, {"where", "String"}}
	if len(r.keys) > 0 {
		list = append(list, Argument{"groupBy", "[" + r.Name + "GroupBy!]"})
	}
	return append(list, Argument{"having", r.Name + "Having"}, Argument{"sort", "[" + r.Name + "AggregateSort!]"}, Argument{"limit", "Int"})
}

// aggregate adds the types of an aggregate.
func (d *definer) aggregate(r *Record) {
	members := func(typeName func(f *Figure) string) []Member {
		list := make([]Member, 0, len(r.figured))
		for _, f := range r.figured {
			list = append(list, Member{Name: f.Name, Type: typeName(f)})
		}
		return list
	}
	d.define(ObjectType, r.Name+"Aggregate", "", members(func(f *Figure) string { return f.Value.typeName }))
	if len(r.keys) > 0 {
		var options []Member
		for _, f := range r.figured {
			if f.Func == "" {
				options = append(options, Member{Name: f.option})
			}
		}
		d.define(EnumType, r.Name+"GroupBy", "", options)
	}
	d.define(InputType, r.Name+"Having", "", members(func(f *Figure) string { return filterType(f.Value) }))
	d.define(InputType, r.Name+"AggregateSort", oneKey, members(func(*Figure) string { return "SortDirection" }))
}
