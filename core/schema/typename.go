// Names of GraphQL types: the one that a collection has got, and those that are given.

package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GraphQLOptions are the options of a collection that concern the GraphQL schema.
type GraphQLOptions struct {
	// TypeName is the name of the type of its records. It is given when the collection is made
	// and stays, whatever the collection and others are called later.
	TypeName string `json:"typeName,omitempty"`
}

// TypeNames returns the names of the types of the collections by their ids. Names that were
// given are kept; collections of older versions, that have none, get theirs after those, in
// the order of their own names.
func TypeNames(list []*Collection) map[string]string {
	names, taken := map[string]string{}, map[string]bool{}
	sorted := slices.SortedFunc(slices.Values(list), func(a, b *Collection) int { return strings.Compare(a.Name, b.Name) })
	for _, given := range []bool{true, false} {
		for _, c := range sorted {
			if (c.GraphQL.TypeName != "") == given {
				names[c.ID] = NewTypeName(c, taken)
				taken[names[c.ID]] = true
			}
		}
	}
	return names
}

// NewTypeName returns the name of the type of the collection: the one that it has been given,
// else the singular of its name in PascalCase; with _2, _3 … if that is taken or reserved.
func NewTypeName(c *Collection, taken map[string]bool) string {
	name := c.GraphQL.TypeName
	if name == "" {
		name = typeName(c.Name)
	}
	free := name
	for i := 2; taken[free] || ReservedTypeName(free); i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	return free
}

// ReservedTypeName reports whether GraphQL uses the name itself, now or later: for a type of
// every schema, or for what is generated for a record type.
func ReservedTypeName(name string) bool {
	return builtinTypes[name] || slices.ContainsFunc(GeneratedSuffixes(), func(suffix string) bool {
		return strings.HasSuffix(name, suffix) && name != suffix
	})
}

// BuiltinTypes are the names of the types that every schema has, now or later.
func BuiltinTypes() []string { return slices.Sorted(maps.Keys(builtinTypes)) }

var builtinTypes = map[string]bool{
	"String": true, "Int": true, "Float": true, "Boolean": true, "ID": true, "Query": true, "Mutation": true, "Subscription": true, "Node": true,
	"PageInfo": true, "AuthRecord": true, "DateTime": true, "DateTimeRange": true, "JSON": true, "BigInt": true, "GeoPoint": true, "GeoPointInput": true, "File": true,
	"Upload": true, "SortDirection": true, "ChangeAction": true, "DatePart": true,
}

// GeneratedSuffixes are what the names of generated types end in. Those of two record types
// are never the same: where a suffix ends in another one, what is left of it, as Many, is
// reserved too.
func GeneratedSuffixes() []string {
	return []string{"Connection", "Edge", "Filter", "ManyFilter", "Many", "Sort", "Input", "Patch", "Aggregate", "AggregateSort", "GroupBy", "Having", "Change", "Payload"}
}

// maxTypeName is how long a name is made at most, in bytes; a suffix may follow.
const maxTypeName = 200

// typeName is the name of the type of a collection's records: the singular in PascalCase.
// Imported collections may have names of any characters: those that no type can have part words,
// as "_" does.
func typeName(collection string) string {
	words := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, collection)
	name := Pascal(singular(strings.TrimLeft(words, "_")))
	name = name[:min(len(name), maxTypeName)]
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// singular takes off the ending of a plural. There are no irregular ones: a rule that can be
// told in a sentence is worth more than a list.
func singular(name string) string {
	if stem, ok := strings.CutSuffix(name, "ies"); ok && stem != "" {
		return stem + "y"
	}
	for _, ending := range [...]string{"sses", "shes", "ches", "xes", "zes"} {
		if strings.HasSuffix(name, ending) {
			return strings.TrimSuffix(name, "es")
		}
	}
	if stem, ok := strings.CutSuffix(name, "s"); ok && stem != "" && !strings.ContainsRune("sui", rune(stem[len(stem)-1])) {
		return stem
	}
	return name
}

// Pascal joins the parts of a name between underscores, each with an upper case letter in
// front.
func Pascal(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
