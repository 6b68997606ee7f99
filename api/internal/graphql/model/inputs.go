// The keys of filters and sorts.

package model

// inputs sets the keys of the filter and the sort of a record type. Names of stored fields take
// precedence over and, or and not.
func (b *builder) inputs(r *Record) {
	taken := names{}
	for _, f := range r.order {
		if filterType(f) != "" {
			taken[f.Name] = true
			r.filter[f.Name], r.filtered = f, append(r.filtered, f.Name)
		}
		if sortType(f) != "" {
			r.sort[f.Name], r.sorted = f, append(r.sorted, f.Name)
		}
	}
	r.and, r.or, r.not = taken.claim("and"), taken.claim("or"), taken.claim("not")
}

// filterType returns the input type of a field in filters, "" for a field that cannot be filtered
// by.
func filterType(f *Field) string {
	switch f.Kind {
	case ID, RefID:
		return "IDFilter"
	case RefIDs:
		return "IDManyFilter"
	case Text, File:
		return "StringFilter"
	case Texts, Files:
		return "StringManyFilter"
	case Float:
		return "FloatFilter"
	case Int:
		return "IntFilter"
	case BigInt:
		return "BigIntFilter"
	case Bool:
		return "BooleanFilter"
	case Date:
		return "DateTimeFilter"
	case JSON:
		return "JSONFilter"
	case Enum:
		return f.Enum.Name + "Filter"
	case Enums:
		return f.Enum.Name + "ManyFilter"
	case One:
		return f.Target.Name + "Filter"
	case Many, Back:
		return f.Target.Name + "ManyFilter"
	}
	return ""
}

// sortType returns the input type of a field in sorts, "" for a field without an order.
func sortType(f *Field) string {
	switch f.Kind {
	case ID, RefID, Text, File, Float, Int, BigInt, Bool, Date, Enum:
		return "SortDirection"
	case JSON:
		return "JSONSort"
	case One:
		return f.Target.Name + "Sort"
	}
	return ""
}
