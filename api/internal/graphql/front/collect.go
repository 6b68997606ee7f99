// Collecting the fields of a selection set: fragments are followed, and fields with the same
// response key are merged.

package front

import (
	"github.com/graph-gophers/graphql-go/ast"
)

// maxVisits is the maximum number of visited selections: each fragment that uses another one twice
// would double the work.
const maxVisits = 100_000

// Selected is a field with its response key and all its selections.
type Selected struct {
	Key        string
	Name       string
	Field      *ast.Field // the first field with the key, whose arguments hold for all
	Selections []ast.SelectionSet
}

// Collect returns the selected fields of an object. is reports whether a fragment on the type
// applies to the object.
func (o *Operation) Collect(sets []ast.SelectionSet, is func(typeName string) bool) ([]*Selected, *Error) {
	c := &collector{operation: o, is: is, byKey: map[string]*Selected{}, seen: map[string]bool{}}
	for _, set := range sets {
		if err := c.set(set); err != nil {
			return nil, err
		}
	}
	return c.list, nil
}

// collector is the state of a Collect.
type collector struct {
	operation *Operation
	is        func(string) bool
	list      []*Selected
	byKey     map[string]*Selected
	seen      map[string]bool // fragments
}

func (c *collector) set(set ast.SelectionSet) *Error {
	for _, selection := range set {
		if c.operation.visits++; c.operation.visits > maxVisits {
			return Complex("The operation selects more than %d fields.", maxVisits)
		}
		if err := c.selection(selection); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) selection(selection ast.Selection) *Error {
	switch s := selection.(type) {
	case *ast.Field:
		if ok, err := c.operation.Included(s.Directives); !ok || err != nil {
			return err
		}
		c.add(s)
	case *ast.InlineFragment:
		ok, err := c.operation.Included(s.Directives)
		if !ok || err != nil || s.On.Name != "" && !c.is(s.On.Name) {
			return err
		}
		return c.set(s.Selections)
	case *ast.FragmentSpread:
		ok, err := c.operation.Included(s.Directives)
		if !ok || err != nil || c.seen[s.Name.Name] {
			return err
		}
		c.seen[s.Name.Name] = true
		f := c.operation.Fragment(s.Name.Name)
		if !c.is(f.On.Name) {
			return nil
		}
		return c.set(f.Selections)
	}
	return nil
}

// add adds a field, or its selections to those of the field with the same key. Validation has made
// sure that both are the same field.
func (c *collector) add(f *ast.Field) {
	key := f.Alias.Name
	s := c.byKey[key]
	if s == nil {
		s = &Selected{Key: key, Name: f.Name.Name, Field: f}
		c.byKey[key], c.list = s, append(c.list, s)
	}
	if len(f.SelectionSet) > 0 {
		s.Selections = append(s.Selections, f.SelectionSet)
	}
}
