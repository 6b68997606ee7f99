// Names of types, fields and options (contract §2): what is stored may have any name, what
// GraphQL shows may not.

package model

import (
	"slices"
	"strconv"
	"strings"
)

// fieldName is a stored name as a field: a leading digit gets an underscore, and names that
// begin with two, which are GraphQL's own, lose one.
func fieldName(stored string) string {
	switch {
	case stored == "":
		return "_"
	case stored[0] >= '0' && stored[0] <= '9':
		return "_" + stored
	case strings.HasPrefix(stored, "__"):
		return "_" + strings.TrimLeft(stored, "_")
	}
	return stored
}

// typeName is the name of the type of a collection's records: the singular in PascalCase.
func typeName(collection string) string {
	name := pascal(singular(strings.TrimLeft(collection, "_")))
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

// pascal joins the parts between underscores, each with an upper case letter in front.
func pascal(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// lowerFirst is a type name as the name of a field.
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// suffixes are what the names of generated types end in. A collection whose type would end
// so gets another name, whether or not the generated type exists.
var suffixes = []string{"Connection", "Edge", "Filter", "Sort", "Input", "Aggregate", "GroupBy", "Having", "Change", "Payload", "UpdateInput", "AggregateSort"}

// builtins are the types that every schema has, now or later.
var builtins = []string{
	"String", "Int", "Float", "Boolean", "ID", "Query", "Mutation", "Subscription", "Node", "PageInfo", "AuthRecord",
	"DateTime", "JSON", "BigInt", "GeoPoint", "GeoPointInput", "File", "Upload", "SortDirection", "ChangeAction", "DatePart",
}

// names are the names that are taken in one place.
type names map[string]bool

// claim returns the name or, if it is taken, the name with _2, _3 …
func (n names) claim(name string) string { return n.claimIf(name, func(string) bool { return true }) }

// claimIf is claim of the first name that passes.
func (n names) claimIf(name string, passes func(string) bool) string {
	free := name
	for i := 2; n[free] || !passes(free); i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	n[free] = true
	return free
}

// claimType is claim of the name of a record type, which must not end like a generated one.
func (n names) claimType(name string) string {
	return n.claimIf(name, func(name string) bool {
		return !slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
	})
}

// enumeration returns names for options; ok is false if two of them would have the same.
func enumeration(options []string) (e *Enumeration, ok bool) {
	e = &Enumeration{byText: map[string]string{}, byName: map[string]string{}}
	for _, option := range options {
		if _, again := e.byText[option]; again {
			continue
		}
		name := optionName(option)
		if _, taken := e.byName[name]; taken {
			return nil, false
		}
		e.names, e.byText[option], e.byName[name] = append(e.names, name), name, option
	}
	return e, len(e.names) > 0
}

// optionName is an option as the value of an enum.
func optionName(option string) string {
	name := []byte(option)
	for i, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			name[i] = '_'
		}
	}
	switch text := fieldName(string(name)); text {
	case "true", "false", "null":
		return "_" + text
	default:
		return text
	}
}
