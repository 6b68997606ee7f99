// Package document reads GraphQL documents: text becomes the syntax tree of
// github.com/graph-gophers/graphql-go, whose own parser is internal and reads literals as
// Go does. The package knows no schema.
package document

import (
	"fmt"

	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
)

// Limits bound the work that a text can cause before anything of it is judged.
type Limits struct {
	Tokens int // of the text
	Depth  int // of selections, and of lists and objects in values
}

// Location is a place in a text.
type Location = gqlerrors.Location

// Error says why a text cannot be read.
type Error struct {
	Message  string
	Location Location
	TooLarge bool // it is over a limit; else it is no GraphQL
}

func (e *Error) Error() string { return e.Message }

// Parse reads a document. The error is an *Error.
func Parse(text string, limits Limits) (*ast.ExecutableDefinition, error) {
	p := &parser{lexer: newLexer(text, limits.Tokens), deepest: limits.Depth}
	p.next()
	doc := p.document()
	if p.err != nil {
		return nil, p.err
	}
	return doc, nil
}

// Tokens counts the tokens of a text, up to the first that is none.
func Tokens(text string) int {
	l := newLexer(text, len(text))
	for l.next(); l.err == nil && l.kind != tokenEnd; {
		l.next()
	}
	return l.tokens
}

func syntax(at Location, format string, args ...any) *Error {
	return &Error{Message: "Syntax Error: " + fmt.Sprintf(format, args...), Location: at}
}
