// Package typed generates source code with the types of records for clients in several programming
// languages, one source file for each language. The code is generated from a shape.Model: equal
// models give equal code.
package typed

import (
	"slices"

	"github.com/loambase/loam/api/internal/shape"
)

// Language generates the types of records in a programming language.
type Language interface {
	// Name returns the name of the language in requests and commands, such as "ts".
	Name() string

	// Write returns a source file with the types of all records of the model.
	Write(m *shape.Model) []byte
}

// Languages returns all languages, sorted by name.
func Languages() []Language { return []Language{Dart, Go{}, Kotlin, Swift, TypeScript{}} }

// Find returns the language with that name, nil for an unknown name.
func Find(name string) Language {
	if i := slices.IndexFunc(Languages(), func(l Language) bool { return l.Name() == name }); i >= 0 {
		return Languages()[i]
	}
	return nil
}

// free returns the name, followed by as many "_" as it takes to differ from all types of records.
func free(m *shape.Model, name string) string {
	for slices.ContainsFunc(m.Records, func(r *shape.Record) bool { return r.Name == name }) {
		name += "_"
	}
	return name
}
