// Names of types, fields and options (contract §2): what is stored may have any name, what
// GraphQL shows may not.

package model

import (
	"slices"
	"strconv"
	"strings"
)

// fieldName is a stored name as a field: characters that no name has become underscores, a
// leading digit gets one, and names that begin with two, which are GraphQL's own, lose one.
func fieldName(stored string) string {
	name := stored
	if i := strings.IndexFunc(name, notWord); i >= 0 {
		bytes := []byte(name)
		for i, c := range bytes {
			if notWord(rune(c)) {
				bytes[i] = '_'
			}
		}
		name = string(bytes)
	}
	switch {
	case name == "":
		return "_"
	case name[0] >= '0' && name[0] <= '9':
		return "_" + name
	case strings.HasPrefix(name, "__"):
		return "_" + strings.TrimLeft(name, "_")
	}
	return name
}

// notWord says whether a byte or a character is none that names have.
func notWord(c rune) bool {
	return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

// lowerFirst is a type name as the name of a field.
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// names are the names that are taken in one place.
type names map[string]bool

// claim returns the name or, if it is taken, the name with _2, _3 … It is one that GraphQL
// has: what is generated of "_" is not.
func (n names) claim(name string) string { return n.claimAll(fieldName(name), "") }

// claimAll claims a name together with those that are made of it by the suffixes.
func (n names) claimAll(name string, suffixes ...string) string {
	free := name
	for i := 2; slices.ContainsFunc(suffixes, func(suffix string) bool { return n[free+suffix] }); i++ {
		free = fieldName(name + "_" + strconv.Itoa(i))
	}
	for _, suffix := range suffixes {
		n[free+suffix] = true
	}
	return free
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
	switch name := fieldName(option); name {
	case "true", "false", "null":
		return "_" + name
	default:
		return name
	}
}
