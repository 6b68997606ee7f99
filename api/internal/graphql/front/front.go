// Package front turns a request's text and variables into a checked operation. It is the
// one place that knows the library for the schema language and validation
// (github.com/graph-gophers/graphql-go): planner and executor see its syntax tree only.
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

// maxPairs bounds the work of comparing fields that have one response key: each with each.
const maxPairs = 200_000

// New returns the Front of a schema. An error is a mistake of package model.
func New(m *model.Model) (*Front, error) {
	// What GraphQL itself has, the library reads; our types are put beside it as they are.
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

// Schema is the schema as a tree, for introspection. Not to be changed.
func (f *Front) Schema() *ast.Schema { return f.tree }

// Document is a valid document. It is immutable.
type Document struct {
	front *Front
	tree  *ast.ExecutableDefinition
}

// Read parses and validates a document, as far as its variables do not matter.
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

// validate applies the library's rules, but for those that it has wrong: values of variables
// are judged by our own coercion, as are ids of more than 32 bits, and since 2018 a required
// variable may have a default.
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

// conflicts finds fields of one key that have different variables for arguments.
func (f *Front) conflicts(constant string) (errs []*Error) {
	for _, e := range f.schema.Validate(constant) {
		if e.Rule == "OverlappingFieldsCanBeMergedRule" {
			errs = append(errs, &Error{Code: ValidationFailed, Message: e.Message, Locations: e.Locations})
		}
	}
	return errs
}

// Operation is what is to be executed. It belongs to one goroutine.
type Operation struct {
	*Document
	Definition *ast.OperationDefinition
	Variables  map[string]any // coerced; those that are not set have no key

	visits int // selections that Collect has looked at
}

// Operation chooses the operation of that name, or the only one, and coerces its
// variables, whose numbers are json.Numbers.
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

// Kind is query, mutation or subscription.
func (o *Operation) Kind() string { return strings.ToLower(string(o.Definition.Type)) }

// Fragment is the fragment of that name, which exists in a valid document.
func (o *Operation) Fragment(name string) *ast.FragmentDefinition { return o.tree.Fragments.Get(name) }

// FieldOf returns the definition of a field of an object type, nil for __typename.
func (o *Operation) FieldOf(typeName, field string) *ast.FieldDefinition {
	return o.front.field(o.front.tree.Types[typeName], field)
}

// Arguments are the coerced arguments of a field or a directive: what is neither given nor
// has a default has no key.
func (o *Operation) Arguments(defined ast.ArgumentsDefinition, given ast.ArgumentList) (map[string]any, *Error) {
	c := &coercer{front: o.front, vars: o.Variables}
	return c.arguments(defined, given)
}

// Included judges @skip and @include.
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

// fieldNames are the names of the fields of an object or interface type.
func (f *Front) fieldNames(of ast.NamedType) []string {
	switch of := of.(type) {
	case *ast.ObjectTypeDefinition:
		return of.Fields.Names()
	case *ast.InterfaceTypeDefinition:
		return of.Fields.Names()
	}
	return nil
}

// field finds a field of an object or interface type.
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
