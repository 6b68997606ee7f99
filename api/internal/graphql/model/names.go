// Names of types, fields and options (contract §2): stored names may be arbitrary, names in GraphQL
// may not.

package model

import (
	"slices"
	"strconv"
	"strings"
)

// fieldName returns a stored name as the name of a field: characters that names cannot have become
// underscores, a leading digit gets an underscore before it, and of two leading underscores, which
// are reserved by GraphQL, one is removed.
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

// notWord reports whether a byte or a character cannot be in a name.
func notWord(c rune) bool {
	return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

// lowerFirst returns a type name as the name of a field.
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// names is a set of names that are taken.
type names map[string]bool

// claim returns the name or, if it is taken, the name with _2, _3 … The result is a valid name,
// which a name generated from "_" alone may not be.
func (n names) claim(name string) string { return n.claimAll(fieldName(name), "") }

// claimAll claims a name together with the names that the suffixes make of it.
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

// enumeration returns names for options; ok is false if two options would have the same name.
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

// optionName returns the name of an option as the value of an enum.
func optionName(option string) string {
	switch name := fieldName(option); name {
	case "true", "false", "null":
		return "_" + name
	default:
		return name
	}
}
