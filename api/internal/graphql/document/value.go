// Literals: numbers keep their digits, strings their contents.

package document

import (
	"encoding/json"
	"strconv"
	"text/scanner"

	"github.com/graph-gophers/graphql-go/ast"
)

// Text is a literal string.
type Text struct {
	Value string
	Loc   Location
}

// Deserialize returns the contents.
func (t *Text) Deserialize(map[string]any) any { return t.Value }

// String returns the literal.
func (t *Text) String() string { return strconv.Quote(t.Value) }

// Location returns the position of the literal.
func (t *Text) Location() Location { return t.Loc }

// Number is a literal Int or Float, with all of its digits.
type Number struct {
	Digits json.Number
	Int    bool // written without a decimal point and an exponent
	Loc    Location
}

// Deserialize returns the number as a json.Number.
func (n *Number) Deserialize(map[string]any) any { return n.Digits }

// String returns the literal.
func (n *Number) String() string { return n.Digits.String() }

// Location returns the position of the literal.
func (n *Number) Location() Location { return n.Loc }

// Word returns the name in a literal: the value of an enum, true or false. ok is false for other
// literals.
func Word(v ast.Value) (name string, ok bool) {
	if w, isWord := v.(*ast.PrimitiveValue); isWord && w.Type == scanner.Ident {
		return w.Text, true
	}
	return "", false
}

// literal reads a value; a constant value contains no variables.
func (p *parser) literal(constant bool) ast.Value {
	at, value, kind := p.at, p.value, p.kind
	switch {
	case kind == tokenInt || kind == tokenFloat:
		p.next()
		return &Number{Digits: json.Number(value), Int: kind == tokenInt, Loc: at}
	case kind == tokenText:
		p.next()
		return &Text{Value: value, Loc: at}
	case p.isName("null"):
		p.next()
		return &ast.NullValue{Loc: at}
	case kind == tokenName:
		p.next()
		return &ast.PrimitiveValue{Type: scanner.Ident, Text: value, Loc: at}
	case p.is("$") && !constant:
		p.next()
		return &ast.Variable{Name: p.name().Name, Loc: at}
	case p.eat("["):
		return p.list(at, constant)
	case p.eat("{"):
		return p.object(at, constant)
	}
	p.fail("Unexpected %s.", p.found())
	return &ast.NullValue{Loc: at}
}

func (p *parser) list(at Location, constant bool) *ast.ListValue {
	p.deeper()
	defer p.shallower()
	list := &ast.ListValue{Loc: at}
	for p.err == nil && !p.eat("]") {
		list.Values = append(list.Values, p.literal(constant))
	}
	return list
}

func (p *parser) object(at Location, constant bool) *ast.ObjectValue {
	p.deeper()
	defer p.shallower()
	object := &ast.ObjectValue{Loc: at}
	for p.err == nil && !p.eat("}") {
		field := &ast.ObjectField{Name: p.name()}
		p.want(":")
		field.Value = p.literal(constant)
		object.Fields = append(object.Fields, field)
	}
	return object
}
