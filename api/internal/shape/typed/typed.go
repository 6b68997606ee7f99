// Package typed writes the types of records for clients in programming languages. Each
// language is one file, whose writer goes through the same model (package shape): the same
// collections give the same text.
package typed

import (
	"slices"

	"github.com/loambase/loam/api/internal/shape"
)

// Language writes types in a programming language.
type Language interface {
	// Name is how the language is asked for: "ts".
	Name() string

	// Write returns a source file with the types of all records of the model.
	Write(m *shape.Model) []byte
}

// Languages returns all languages that there are, in the order of their names.
func Languages() []Language { return []Language{Dart, Go{}, Kotlin, Swift, TypeScript{}} }

// Find returns the language with that name, nil if there is none.
func Find(name string) Language {
	if i := slices.IndexFunc(Languages(), func(l Language) bool { return l.Name() == name }); i >= 0 {
		return Languages()[i]
	}
	return nil
}

// free returns the name, with "_" at its end as long as a type of a record is called so.
func free(m *shape.Model, name string) string {
	for slices.ContainsFunc(m.Records, func(r *shape.Record) bool { return r.Name == name }) {
		name += "_"
	}
	return name
}
