// Documents: operations, fragments and selections.

package document

import (
	"strings"

	"github.com/graph-gophers/graphql-go/ast"
)

// parser makes a tree from tokens. After an error all further tokens are the end of the text, so
// that the parser terminates; its result is useless then.
type parser struct {
	lexer
	depth, deepest int
}

func (p *parser) is(punctuator string) bool {
	return p.kind == tokenPunctuator && p.value == punctuator
}

func (p *parser) isName(name string) bool { return p.kind == tokenName && p.value == name }

// eat skips the token if it is the punctuator, and reports whether it was.
func (p *parser) eat(punctuator string) bool {
	if !p.is(punctuator) {
		return false
	}
	p.next()
	return true
}

func (p *parser) want(punctuator string) {
	if !p.eat(punctuator) {
		p.fail("Expected %q, found %s.", punctuator, p.found())
	}
}

// found returns the token for messages.
func (p *parser) found() string {
	if p.kind == tokenEnd {
		return "<EOF>"
	}
	return `"` + p.value + `"`
}

func (p *parser) name() ast.Ident {
	if p.kind != tokenName {
		p.fail("Expected Name, found %s.", p.found())
		return ast.Ident{}
	}
	name := ast.Ident{Name: p.value, Loc: p.at}
	p.next()
	return name
}

// deeper counts a level of nesting, which ends with shallower.
func (p *parser) deeper() {
	if p.depth++; p.depth > p.deepest {
		p.tooLarge("the document is nested more than %d deep", p.deepest)
	}
}

func (p *parser) shallower() { p.depth-- }

func (p *parser) document() *ast.ExecutableDefinition {
	doc := &ast.ExecutableDefinition{}
	for p.err == nil {
		if p.kind == tokenText { // a description, which only a definition with a keyword may have
			if p.next(); p.kind != tokenName {
				p.fail("Unexpected %s.", p.found())
			}
		}
		switch {
		case p.is("{"), p.isName("query"), p.isName("mutation"), p.isName("subscription"):
			doc.Operations = append(doc.Operations, p.operation())
		case p.isName("fragment"):
			doc.Fragments = append(doc.Fragments, p.fragment())
		case p.kind == tokenEnd && len(doc.Operations)+len(doc.Fragments) > 0:
			return doc
		default:
			p.fail("Unexpected %s.", p.found())
		}
	}
	return doc
}

func (p *parser) operation() *ast.OperationDefinition {
	op := &ast.OperationDefinition{Type: "QUERY", Loc: p.at}
	if !p.is("{") {
		op.Type = ast.OperationType(strings.ToUpper(p.value))
		p.next()
		if p.kind == tokenName {
			op.Name = p.name()
		}
		if p.eat("(") {
			op.Vars = p.variables()
		}
		op.Directives = p.directives(false)
	}
	op.Selections = p.selections()
	return op
}

// variables reads one or more definitions of variables, up to the closing bracket.
func (p *parser) variables() (list ast.ArgumentsDefinition) {
	for p.err == nil {
		if p.kind == tokenText {
			p.next() // a description
		}
		v := &ast.InputValueDefinition{Loc: p.at}
		p.want("$")
		v.Name = p.name()
		p.want(":")
		v.TypeLoc, v.Type = p.at, p.typeOf()
		if p.eat("=") {
			v.Default = p.literal(true)
		}
		v.Directives = p.directives(true)
		list = append(list, v)
		if p.eat(")") {
			break
		}
	}
	return list
}

func (p *parser) typeOf() (t ast.Type) {
	p.deeper()
	defer p.shallower()
	if p.eat("[") {
		t = &ast.List{OfType: p.typeOf()}
		p.want("]")
	} else {
		t = &ast.TypeName{Ident: p.name()}
	}
	if p.eat("!") {
		t = &ast.NonNull{OfType: t}
	}
	return t
}

func (p *parser) fragment() *ast.FragmentDefinition {
	f := &ast.FragmentDefinition{Loc: p.at}
	p.next()
	if p.isName("on") {
		p.fail("Unexpected Name %q.", p.value)
	}
	f.Name = p.name()
	if !p.isName("on") {
		p.fail(`Expected "on", found %s.`, p.found())
	}
	p.next()
	f.On = ast.TypeName{Ident: p.name()}
	f.Directives = p.directives(false)
	f.Selections = p.selections()
	return f
}

// selections reads a set of one or more selections.
func (p *parser) selections() (set ast.SelectionSet) {
	p.want("{")
	p.deeper()
	defer p.shallower()
	for p.err == nil {
		set = append(set, p.selection())
		if p.eat("}") {
			break
		}
	}
	return set
}

func (p *parser) selection() ast.Selection {
	at := p.at
	if !p.eat("...") {
		return p.field()
	}
	if p.kind == tokenName && !p.isName("on") {
		return &ast.FragmentSpread{Name: p.name(), Directives: p.directives(false), Loc: at}
	}
	f := &ast.InlineFragment{Loc: at}
	if p.isName("on") {
		p.next()
		f.On = ast.TypeName{Ident: p.name()}
	}
	f.Directives = p.directives(false)
	f.Selections = p.selections()
	return f
}

func (p *parser) field() *ast.Field {
	f := &ast.Field{Name: p.name()}
	f.Alias = f.Name
	if p.eat(":") {
		f.Name = p.name()
	}
	if p.is("(") {
		f.Arguments = p.arguments(false)
	}
	f.Directives = p.directives(false)
	if p.is("{") {
		f.SelectionSetLoc = p.at
		f.SelectionSet = p.selections()
	}
	return f
}

// arguments reads one or more arguments; constant arguments contain no variables.
func (p *parser) arguments(constant bool) (list ast.ArgumentList) {
	p.want("(")
	for p.err == nil {
		a := &ast.Argument{Name: p.name()}
		p.want(":")
		a.Value = p.literal(constant)
		list = append(list, a)
		if p.eat(")") {
			break
		}
	}
	return list
}

func (p *parser) directives(constant bool) (list ast.DirectiveList) {
	for p.eat("@") {
		d := &ast.Directive{Name: p.name()}
		if p.is("(") {
			d.Arguments = p.arguments(constant)
		}
		list = append(list, d)
	}
	return list
}
