// Package front turns a request's text and variables into a checked operation. Only this package
// uses the library for the schema language and validation (github.com/graph-gophers/graphql-go):
// planner and executor use only its syntax tree.
package front

import (
	"fmt"
	"strings"

	"github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/model"
)

// Front checks documents against one schema. It is safe for concurrent use.
type Front struct {
	schema *graphql.Schema
	tree   *ast.Schema
}

// maxPairs bounds the comparison of fields with the same response key, which compares each with
// each.
const maxPairs = 200_000

// New returns the Front of a schema. An error is a bug of package model.
func New(m *model.Model) (*Front, error) {
	// The library parses the types of GraphQL itself; the types of the model are added to the
	// parsed schema.
	parsed, err := graphql.ParseSchema("type Query { _: Int }", nil, graphql.OverlapValidationLimit(maxPairs))
	if err != nil {
		return nil, err
	}
	f := &Front{schema: parsed, tree: parsed.AST()}
	completeIntrospection(f.tree)
	if err := addTypes(f.tree, m); err != nil {
		return nil, fmt.Errorf("graphql: the schema is not valid: %w", err)
	}
	return f, nil
}

// Schema returns the schema as a tree, for introspection. It must not be changed.
func (f *Front) Schema() *ast.Schema { return f.tree }

// Document is a valid document. It is immutable.
type Document struct {
	front *Front
	tree  *ast.ExecutableDefinition
}

// Read parses and validates a document, without the values of its variables.
func (f *Front) Read(text string, limits document.Limits) (*Document, []*Error) {
	tree, err := document.Parse(text, limits)
	if err != nil {
		return nil, []*Error{unreadable(err)}
	}
	d := &Document{front: f, tree: tree}
	c := &checker{document: d}
	if c.check(); c.work > maxWork {
		return nil, c.errs
	}
	if errs := f.validate(text); len(errs) > 0 {
		return nil, errs
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	return d, nil
}

// validate applies the library's rules, except those that it implements wrongly: the values of
// variables, and ids of more than 32 bits, are checked by our own coercion, and since 2018 a
// required variable may have a default.
func (f *Front) validate(text string) (errs []*Error) {
	masked := document.Masked(text)
	for _, e := range f.schema.Validate(masked) {
		switch e.Rule {
		case "VariablesOfCorrectType", "DefaultValuesOfCorrectType":
			continue
		}
		if strings.HasPrefix(e.Message, "ID cannot represent") {
			continue
		}
		if e.Rule == "OverlapValidationLimitExceeded" {
			return []*Error{Complex("The operation selects so many fields of the same name that more than %d pairs have to be compared.", maxPairs)}
		}
		errs = append(errs, &Error{Code: ValidationFailed, Message: e.Message, Locations: e.Locations})
	}
	if constant, some := document.Constant(masked); some && len(errs) == 0 {
		return f.conflicts(constant)
	}
	return errs
}

// conflicts returns the errors of fields with the same key whose arguments are different variables.
func (f *Front) conflicts(constant string) (errs []*Error) {
	for _, e := range f.schema.Validate(constant) {
		if e.Rule == "OverlappingFieldsCanBeMergedRule" {
			errs = append(errs, &Error{Code: ValidationFailed, Message: e.Message, Locations: e.Locations})
		}
	}
	return errs
}

// Operation is an operation to execute. It belongs to one goroutine.
type Operation struct {
	*Document
	Definition *ast.OperationDefinition
	Variables  map[string]any // coerced; a variable that is not set has no key

	visits int // the number of selections that Collect has visited
}

// Operation returns the named operation, or the only one, with its coerced variables. Numbers in
// variables are json.Numbers.
func (d *Document) Operation(name string, variables map[string]any) (*Operation, []*Error) {
	var chosen *ast.OperationDefinition
	for _, op := range d.tree.Operations {
		if name == "" || op.Name.Name == name {
			if chosen != nil {
				return nil, []*Error{{Code: BadUserInput, Message: "Must provide operation name if query contains multiple operations."}}
			}
			chosen = op
		}
	}
	if chosen == nil {
		return nil, []*Error{{Code: BadUserInput, Message: fmt.Sprintf("Unknown operation named %q.", name)}}
	}
	c := &coercer{front: d.front}
	coerced, errs := c.variables(chosen, variables)
	if len(errs) > 0 {
		return nil, errs
	}
	return &Operation{Document: d, Definition: chosen, Variables: coerced}, nil
}

// Kind returns "query", "mutation" or "subscription".
func (o *Operation) Kind() string { return strings.ToLower(string(o.Definition.Type)) }

// Fragment returns the named fragment, which exists in a valid document.
func (o *Operation) Fragment(name string) *ast.FragmentDefinition { return o.tree.Fragments.Get(name) }

// FieldOf returns the definition of a field of an object type, nil for __typename.
func (o *Operation) FieldOf(typeName, field string) *ast.FieldDefinition {
	return o.front.field(o.front.tree.Types[typeName], field)
}

// Arguments returns the coerced arguments of a field or a directive. An argument that is neither
// given nor has a default has no key.
func (o *Operation) Arguments(defined ast.ArgumentsDefinition, given ast.ArgumentList) (map[string]any, *Error) {
	c := &coercer{front: o.front, vars: o.Variables}
	return c.arguments(defined, given)
}

// Included reports whether @skip and @include keep the selection.
func (o *Operation) Included(directives ast.DirectiveList) (bool, *Error) {
	for _, d := range directives {
		if d.Name.Name != "skip" && d.Name.Name != "include" {
			continue
		}
		args, err := o.Arguments(o.front.tree.Directives[d.Name.Name].Arguments, d.Arguments)
		if err != nil {
			return false, err
		}
		if args["if"] == (d.Name.Name == "skip") {
			return false, nil
		}
	}
	return true, nil
}

// fieldNames returns the names of the fields of an object or interface type.
func (f *Front) fieldNames(of ast.NamedType) []string {
	switch of := of.(type) {
	case *ast.ObjectTypeDefinition:
		return of.Fields.Names()
	case *ast.InterfaceTypeDefinition:
		return of.Fields.Names()
	}
	return nil
}

// field returns the definition of a field of an object or interface type.
func (f *Front) field(of ast.NamedType, name string) *ast.FieldDefinition {
	switch of := of.(type) {
	case *ast.ObjectTypeDefinition:
		return of.Fields.Get(name)
	case *ast.InterfaceTypeDefinition:
		return of.Fields.Get(name)
	}
	return nil
}

func unreadable(err error) *Error {
	e, _ := err.(*document.Error)
	code := ParseFailed
	if e.TooLarge {
		code = TooComplex
	}
	return &Error{Code: code, Message: e.Message, Locations: []gqlerrors.Location{e.Location}}
}
