// Checks of a document that the library omits: literals of scalars, defaults, arguments of
// directives, and introspection below the root. They also estimate the time that the library would
// take to find similar names.

package front

import (
	"strings"

	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
)

// checker visits each part of a document once.
type checker struct {
	document *Document
	errs     []*Error

	// work is the cost of the library's search for names that are similar to unknown names: for
	// each unknown name it compares each character with each character of all known names.
	work int
}

// maxWork is the maximum of that cost. Above it, errors about unknown names have no proposals: a
// document of unknown names alone would take many seconds.
const maxWork = 10_000_000

// propose counts the cost of finding names that are similar to a name.
func (c *checker) propose(name string, among []string) {
	for _, other := range among {
		if c.work > maxWork {
			return
		}
		c.work += len(name) * len(other)
	}
}

func (c *checker) coercer() *coercer { return &coercer{front: c.document.front, checking: true} }

func (c *checker) check() {
	schema := c.document.front.tree
	for _, op := range c.document.tree.Operations {
		root := schema.RootOperationTypes[strings.ToLower(string(op.Type))]
		if root == nil {
			c.errs = append(c.errs, &Error{Code: ValidationFailed, Locations: []gqlerrors.Location{op.Loc},
				Message: "The schema has no " + strings.ToLower(string(op.Type)) + "s."})
			continue
		}
		for _, v := range op.Vars {
			c.directives(v.Directives)
			if v.Default == nil {
				continue
			}
			if _, err := c.coercer().value(v.Type, v.Default); err != nil {
				c.fail(v.Default.Location(), sentence(err))
			}
		}
		c.directives(op.Directives)
		c.selections(root, op.Selections)
	}
	for _, f := range c.document.tree.Fragments {
		c.directives(f.Directives)
		c.selections(schema.Types[f.On.Name], f.Selections)
	}
}

func (c *checker) fail(at gqlerrors.Location, message string) {
	c.errs = append(c.errs, &Error{Code: ValidationFailed, Message: message, Locations: []gqlerrors.Location{at}})
}

func (c *checker) directives(list ast.DirectiveList) {
	for _, d := range list {
		if defined := c.document.front.tree.Directives[d.Name.Name]; defined != nil {
			c.arguments(defined.Arguments, d.Arguments)
		}
	}
}

func (c *checker) arguments(defined ast.ArgumentsDefinition, given ast.ArgumentList) {
	for _, a := range given {
		d := defined.Get(a.Name.Name)
		if d == nil {
			c.fail(a.Name.Loc, "Unknown argument \""+cut(a.Name.Name, 200)+"\".")
			c.propose(a.Name.Name, defined.Names())
			continue
		}
		if _, err := c.coercer().value(d.Type, a.Value); err != nil {
			c.fail(a.Value.Location(), sentence(err))
			c.work += 1000 * len(a.Value.String()) // the literal may contain many names
		}
	}
}

func (c *checker) selections(of ast.NamedType, set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			c.directives(s.Directives)
			c.field(of, s)
		case *ast.InlineFragment:
			c.directives(s.Directives)
			inner := of
			if s.On.Name != "" {
				inner = c.document.front.tree.Types[s.On.Name]
			}
			c.selections(inner, s.Selections)
		case *ast.FragmentSpread:
			c.directives(s.Directives)
		}
	}
}

// field checks a field and its selections.
func (c *checker) field(of ast.NamedType, f *ast.Field) {
	schema := c.document.front.tree
	if f.Name.Name == "__typename" || of == nil { // the library reports an unknown type
		return
	}
	d := c.document.front.field(of, f.Name.Name)
	if d == nil && of == schema.RootOperationTypes["query"] {
		d = introspectionField(schema, f.Name.Name)
	}
	if d == nil {
		c.fail(f.Name.Loc, "Cannot query field \""+cut(f.Name.Name, 200)+"\" on type \""+of.TypeName()+"\".")
		c.propose(f.Name.Name, c.document.front.fieldNames(of))
		return
	}
	c.arguments(d.Arguments, f.Arguments)
	c.selections(namedType(schema, d.Type), f.SelectionSet)
}

// namedType returns the type inside of lists and non-null marks.
func namedType(s *ast.Schema, t ast.Type) ast.NamedType {
	for {
		switch inner := t.(type) {
		case *ast.NonNull:
			t = inner.OfType
		case *ast.List:
			t = inner.OfType
		case *ast.TypeName:
			return s.Types[inner.Name]
		case ast.NamedType:
			return inner
		default:
			return nil
		}
	}
}
