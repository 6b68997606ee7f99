// Package document parses GraphQL documents into the syntax tree of
// github.com/graph-gophers/graphql-go, whose own parser is internal and reads literals by the rules
// of Go. The package does not use a schema.
package document

import (
	"fmt"

	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
)

// Limits bound the work that a text can cause before it is validated.
type Limits struct {
	Tokens int // of the text
	Depth  int // of selections, and of lists and objects in values
}

// Location is a position in a text.
type Location = gqlerrors.Location

// Error is the error of a text that cannot be parsed.
type Error struct {
	Message  string
	Location Location
	TooLarge bool // the text is over a limit; else its syntax is wrong
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

// Tokens returns the number of tokens of a text, up to the first invalid token.
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
