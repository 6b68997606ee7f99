// Names of GraphQL types: the stored name of a collection, and the choice of new names.

package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GraphQLOptions are the options of a collection for the GraphQL schema.
type GraphQLOptions struct {
	// TypeName is the name of the type of its records. It is set when the collection is created
	// and does not change with the names of this or other collections.
	TypeName string `json:"typeName,omitempty"`
}

// TypeNames returns the type names of the collections by their ids. Stored names are kept;
// collections of older versions, which have none, get names after those, in the order of their
// own names.
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

// NewTypeName returns the type name of the collection: the stored one, otherwise the singular of
// its name in PascalCase; with _2, _3 … if that is in use or reserved.
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

// ReservedTypeName reports whether GraphQL uses the name, now or possibly later: for a type of
// every schema, or for a type that is generated for a record type.
func ReservedTypeName(name string) bool {
	return builtinTypes[name] || slices.ContainsFunc(GeneratedSuffixes(), func(suffix string) bool {
		return strings.HasSuffix(name, suffix) && name != suffix
	})
}

// BuiltinTypes returns the names of the types of every schema, now or possibly later.
func BuiltinTypes() []string { return slices.Sorted(maps.Keys(builtinTypes)) }

var builtinTypes = map[string]bool{
	"String": true, "Int": true, "Float": true, "Boolean": true, "ID": true, "Query": true, "Mutation": true, "Subscription": true, "Node": true,
	"PageInfo": true, "AuthRecord": true, "DateTime": true, "DateTimeRange": true, "JSON": true, "BigInt": true, "GeoPoint": true, "GeoPointInput": true, "File": true,
	"Upload": true, "SortDirection": true, "ChangeAction": true, "DatePart": true,
}

// GeneratedSuffixes returns the suffixes of the names of generated types. Generated names of two
// record types are never equal: if a suffix ends in another one, the rest of it, such as Many, is
// reserved too.
func GeneratedSuffixes() []string {
	return []string{"Connection", "Edge", "Filter", "ManyFilter", "Many", "Sort", "Input", "Patch", "Aggregate", "AggregateSort", "GroupBy", "Having", "Change", "Payload"}
}

// maxTypeName is the maximum length of a generated name in bytes; a suffix may follow.
const maxTypeName = 200

// typeName returns the type name for a collection: the singular in PascalCase. Imported
// collections may have names with any characters: those that a type name cannot have separate
// words, like "_".
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

// singular removes the ending of a plural. It knows no irregular plurals, so that the rule is
// simple.
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

// Pascal joins the parts of a name between underscores, each beginning with an upper case letter.
func Pascal(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
