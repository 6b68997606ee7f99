// Package lang has the rule and filter language as text (docs/wire/records.md §5): lexer, parser,
// syntax tree, printer, placeholders and edits of a text. It knows no schema: package query
// decides the meaning of names.
//
// Every parsed node has its position in the text, for errors, renames and explanations. A tree
// may also be built in Go code; some nodes can only be built so (see Not, In, Related, Value).
package lang

// Error is the error of a text or an expression that cannot be used. Message is the text of
// docs/wire/records.md §5.9, for superusers only.
type Error struct {
	Message string
	Pos     int  // byte offset in the text, 0 if it is not known
	Unknown bool // the name cannot be resolved; in @request.* that means NULL
}

func (e *Error) Error() string { return e.Message }
