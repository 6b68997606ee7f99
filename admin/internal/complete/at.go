package complete

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
)

const sign = `\??(?:!=|!~|>=|<=|[=~<>])`

var (
	// leftSide matches an operand and an operator at the end of a text.
	leftSide = regexp.MustCompile(`([@\w.:]+)\s*` + sign + `\s*$`)
	// wholeOperand matches an operand followed by a space at the end of a text, and the operator
	// before the operand if there is one.
	wholeOperand = regexp.MustCompile(`(` + sign + `\s*)?([@\w.:]+|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\))\s+$`)
)

// signs are the comparison operators with their meanings.
var signs = []Completion{
	{Text: "=", Hint: "is equal"}, {Text: "!=", Hint: "differs"}, {Text: "~", Hint: "contains"}, {Text: "!~", Hint: "does not contain"},
	{Text: ">", Hint: "greater"}, {Text: ">=", Hint: "greater or equal"}, {Text: "<", Hint: "less"}, {Text: "<=", Hint: "less or equal"},
}

var joins = []Completion{{Text: "&&", Hint: "and"}, {Text: "||", Hint: "or"}}

// at returns the texts that may replace typed after the text before: a choice of the select field
// that is compared, an operator after an operand, && and || after a comparison, else a name.
func (w *words) at(in *schema.Collection, before, typed string) []Completion {
	list := []Completion{}
	if left := leftSide.FindStringSubmatch(before); left != nil {
		if list = w.choices(in, left[1], typed); len(list) > 0 && typed == "" {
			return list
		}
	}
	if strings.HasPrefix(typed, "'") || strings.HasPrefix(typed, `"`) {
		return list
	}
	if typed == "" {
		if operand := wholeOperand.FindStringSubmatch(before); operand != nil {
			return w.behind(in, operand[2], operand[1] != "")
		}
	}
	return append(list, w.names(in, typed)...)
}

// choices returns, in quotation marks, the values of the select field at the end of the path that
// begin with typed. typed may begin with a quotation mark, and its kind is kept.
func (w *words) choices(in *schema.Collection, path, typed string) []Completion {
	list, quote := []Completion{}, "'"
	if strings.HasPrefix(typed, "'") || strings.HasPrefix(typed, `"`) {
		quote, typed = typed[:1], typed[1:]
	}
	f := w.field(in, withoutModifier(path))
	if f == nil {
		return list
	}
	kind, ok := f.Kind.(*schema.Select)
	if !ok {
		return list
	}
	for _, value := range kind.Values {
		if strings.HasPrefix(strings.ToLower(value), strings.ToLower(typed)) && len(list) < maxCompletions {
			list = append(list, Completion{Text: Literal(value, quote), Icon: "select", Hint: "choice of " + f.Name})
		}
	}
	return list
}

// Literal returns a text as a string literal of filters and rules. quote is ' or ".
func Literal(text, quote string) string {
	return quote + strings.NewReplacer(`\`, `\\`, quote, `\`+quote).Replace(text) + quote
}

// behind returns the texts that may follow an operand: && and || if it ends a comparison, else an
// operator. A parenthesis may be followed by either; an unknown word is followed by nothing.
func (w *words) behind(in *schema.Collection, operand string, compared bool) []Completion {
	switch {
	case operand == ")":
		return slices.Concat(joins, signs)
	case !w.isOperand(in, operand):
		return []Completion{}
	case compared:
		return joins
	}
	return signs
}

// isOperand reports whether the text is a literal, a macro or a path to a field.
func (w *words) isOperand(in *schema.Collection, text string) bool {
	if strings.ContainsAny(text[:1], `'"0123456789`) || slices.Contains(macros, text) {
		return true
	}
	if strings.HasPrefix(text, "@") {
		return w.rule && (strings.HasPrefix(text, "@request.") || strings.HasPrefix(text, "@collection.") || w.channel && strings.HasPrefix(text, "@channel."))
	}
	return slices.Contains([]string{"true", "false", "null"}, text) || w.field(in, withoutModifier(text)) != nil
}

// withoutModifier returns a path without the modifier of its last part.
func withoutModifier(path string) string {
	if i := strings.LastIndexByte(path, ':'); i > strings.LastIndexByte(path, '.') {
		return path[:i]
	}
	return path
}

// field returns the field at the end of a path; nil if the path does not lead to a field. The path
// begins at the record, @request.body, @request.auth or @collection.
func (w *words) field(in *schema.Collection, path string) *schema.Field {
	parts := strings.Split(path, ".")
	if strings.HasPrefix(path, "@") {
		if in, parts = w.start(in, parts); in == nil {
			return nil
		}
	}
	for _, part := range parts[:len(parts)-1] {
		if in = w.next(in, part); in == nil {
			return nil
		}
	}
	return in.Field(parts[len(parts)-1])
}

// start returns the collection in which a path that begins with @ continues, and the rest of the
// path. The collection is nil for an unknown path and for a path without a rest. @request.auth
// continues in the first auth collection that has the field.
func (w *words) start(in *schema.Collection, parts []string) (*schema.Collection, []string) {
	if len(parts) < 3 {
		return nil, nil
	}
	rest := parts[2:]
	switch {
	case parts[0] == "@collection":
		name, _, _ := strings.Cut(parts[1], ":") // drops the alias
		return w.snapshot.Find(name), rest
	case parts[0] == "@request" && parts[1] == "body":
		return in, rest
	case parts[0] == "@request" && parts[1] == "auth":
		return w.accountsWith(rest[0]), rest
	}
	return nil, nil
}

// accountsWith returns the first auth collection with a field of that name, or nil.
func (w *words) accountsWith(name string) *schema.Collection {
	for _, c := range w.snapshot.All() {
		if c.IsAuth() && c.Field(name) != nil {
			return c
		}
	}
	return nil
}
