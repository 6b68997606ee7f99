// Names of types, fields and options (contract §2): what is stored may have any name, what
// GraphQL shows may not.

package model

import (
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

// lowerFirst is a type name as the name of a field.
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// names are the names that are taken in one place.
type names map[string]bool

// claim returns the name or, if it is taken, the name with _2, _3 …
func (n names) claim(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	n[free] = true
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
