// Aggregates: the figures and the keys of groups that there are of a record type.

package model

import (
	"slices"
)

// Func is what a figure computes, "" of the key of groups.
type Func string

// The functions, by their names in REST.
const (
	Count         Func = "count"
	CountDistinct Func = "countDistinct"
	Sum           Func = "sum"
	Avg           Func = "avg"
	Min           Func = "min"
	Max           Func = "max"
)

// Figure is a field of the aggregate of a record type: a figure, or a key of groups.
type Figure struct {
	Name   string
	Func   Func
	Path   string // the stored field; "" of Count
	Part   string // of a date that is a key: year, month, day or hour; "" is the date
	Output string // its name in aggregates of the record service

	Value *Field // what its values are like

	option string // its name in the enum of keys
}

// Figure returns the figure or key of that name.
func (r *Record) Figure(name string) *Figure { return r.figures[name] }

// Key returns the key that an option of the enum stands for.
func (r *Record) Key(option string) *Figure { return r.keys[option] }

// aggregates finds figures and keys. Keys have the names of their fields, before anything
// that is generated.
func (b *builder) aggregates(r *Record) {
	if !r.List {
		return
	}
	taken, options := names{}, names{}
	r.figures, r.keys = map[string]*Figure{}, map[string]*Figure{}
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
	add("count", &Figure{Func: Count, Output: "count", Value: &Field{Kind: Int, Relation: "count", typeName: "Int!"}})
	for _, f := range fields {
		figure := func(of Func, kind Kind, typeName string) {
			output := string(of) + "_" + f.Path()
			add(string(of)+"_"+f.Name, &Figure{Func: of, Path: f.Path(), Output: output, Value: value(kind, typeName, output)})
		}
		figure(CountDistinct, Int, "Int")
		switch f.Kind {
		case Float, Int, BigInt:
			for _, of := range [...]Func{Sum, Avg, Min, Max} {
				figure(of, Float, "Float")
			}
		case Date:
			figure(Min, Date, "DateTime")
			figure(Max, Date, "DateTime")
		}
	}
}

// grouped says whether records may be grouped by the field. Addresses may be hidden.
func (b *builder) grouped(r *Record, f *Field) bool {
	switch f.Kind {
	case Float, Int, BigInt, Bool, Date, Enum, RefID:
		return true
	case Text:
		return b.model.Superuser || !(r.Collection.IsAuth() && f.Stored.Name == "email")
	}
	return false
}

// key is what the values of a key are like. Their type has null, for groups by other keys.
func key(f *Field) *Field {
	k := *f
	k.Stored, k.Relation, k.args = nil, f.Path(), nil
	if k.typeName[len(k.typeName)-1] == '!' {
		k.typeName = k.typeName[:len(k.typeName)-1]
	}
	return &k
}

// value describes the values of an output.
func value(kind Kind, typeName, output string) *Field {
	return &Field{Kind: kind, Relation: output, typeName: typeName}
}

// aggregateArguments are the arguments of an aggregate.
func aggregateArguments(r *Record) []argument {
	list := []argument{{"filter", r.Name + "Filter"}, {"where", "String"}}
	if len(r.keys) > 0 {
		list = append(list, argument{"groupBy", "[" + r.Name + "GroupBy!]"})
	}
	return append(list, argument{"having", r.Name + "Having"}, argument{"sort", "[" + r.Name + "AggregateSort!]"}, argument{"limit", "Int"})
}

// aggregate writes the types of an aggregate.
func (p *printer) aggregate(r *Record) {
	p.begin("type", r.Name+"Aggregate", "", "")
	for _, f := range r.figured {
		p.member(f.Name, f.Value.typeName, "")
	}
	p.end()
	if len(r.keys) > 0 {
		p.begin("enum", r.Name+"GroupBy", "", "")
		for _, f := range r.figured {
			if f.Func == "" {
				p.member(f.option, "", "")
			}
		}
		p.end()
	}
	p.begin("input", r.Name+"Having", "", "")
	for _, f := range r.figured {
		p.member(f.Name, filterType(f.Value), "")
	}
	p.end()
	p.begin("input", r.Name+"AggregateSort", "", "One key: sort by several with a list of objects.")
	for _, f := range r.figured {
		p.member(f.Name, "SortDirection", "")
	}
	p.end()
}
