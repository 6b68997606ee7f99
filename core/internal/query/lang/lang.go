// Package lang is the rule and filter language as text (docs/wire/records.md §5):
// lexer, parser, syntax tree, printer, placeholders and edits of a text. It knows no
// schema: what a name means is decided by package query.
//
// Every node that was parsed knows its place in the text, so that errors, renames
// and explanations can point to it. A tree may also be built in Go code; some nodes
// can only be built so (see Not, In, Related, Value).
package lang

// Error says why a text or an expression cannot be used. Message is the raw text of
// docs/wire/records.md §5.9, for superusers only.
type Error struct {
	Message string
	Pos     int  // byte offset in the text, 0 where it is not known
	Unknown bool // a name that means nothing; in @request.* that is NULL
}

func (e *Error) Error() string { return e.Message }
