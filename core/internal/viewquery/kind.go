// Kinds of expressions (text, boolean, JSON) on which both engines agree, so that computed
// columns get the same kind of field on both.

package viewquery

import "strings"

// Kind is the kind of a value, if both engines agree on it.
type Kind uint8

// The kinds.
const (
	Other Kind = iota // a number, or unknown
	Text
	Truth // a comparison or condition: 1 or 0
	JSON
	nothing // NULL
)

// common returns the kind of a value that may be any of several: their kind if they agree,
// otherwise Other. NULL agrees with every kind.
func common(kinds ...Kind) Kind {
	is := nothing
	for _, k := range kinds {
		switch {
		case k == nothing || k == is:
		case is == nothing:
			is = k
		default:
			return Other
		}
	}
	return is
}

// typing computes kinds of expressions in one SELECT of a query.
type typing struct {
	*binding
	q    *Query
	core *core
}

// kindOf returns the kind of an item's expression.
func (b *binding) kindOf(c *core, it *item) Kind {
	if b.query == nil || it.star || c.values {
		return Other
	}
	return typing{b, b.query, c}.expression(it.first, it.end)
}

// expression returns the kind of the tokens from first to end, by the operator with the lowest
// precedence: conditions, then ||, then arithmetic.
func (t typing) expression(first, end int) Kind {
	var truth, joined, arrow, arithmetic bool
	for i := first; i < end; i++ {
		switch tok := t.q.toks[i]; {
		case tok.is("("):
			i = t.close(i)
		case tok.word("case"):
			i = t.caseEnd(i, end)
		case tok.word("and", "or", "not", "is", "like", "ilike", "glob", "regexp", "match", "in", "between", "isnull", "notnull", "similar", "exists"):
			truth = true
		case tok.kind != tokenSign:
		// The lexer returns the characters of an operator one by one. -> returns a document, ->>
		// any kind.
		case tok.text == "-" && t.beside(i, ">"):
			arrow = true
			if i++; t.beside(i, ">") {
				arithmetic = true // ->> returns any kind
				i++
			}
		case (tok.text == "<" || tok.text == ">") && t.beside(i, tok.text):
			arithmetic = true
			i++
		case strings.Contains("=<>!", tok.text) || tok.text == "~" && i > first:
			truth = true
		case tok.text == "|" && t.beside(i, "|"):
			joined = true
			i++
		case strings.Contains("+-*/%&|~#^", tok.text):
			arithmetic = true
		}
	}
	switch {
	case truth:
		return Truth
	case joined && !arrow:
		return t.joined(first, end)
	case arithmetic || joined:
		return Other
	case arrow:
		return JSON
	}
	return t.operand(first, end)
}

// joined returns the kind of parts joined by ||: a text, unless one is JSON, which PostgreSQL
// merges.
func (t typing) joined(first, end int) Kind {
	start := first
	for i := first; i <= end; i++ {
		switch {
		case i < end && t.q.toks[i].is("("):
			i = t.close(i)
		case i < end && t.q.toks[i].word("case"):
			i = t.caseEnd(i, end)
		case i == end || t.q.toks[i].is("|") && t.beside(i, "|"):
			// PostgreSQL's || merges documents, while SQLite concatenates their texts: the
			// engines do not agree.
			if t.expression(start, i) == JSON {
				return Other
			}
			start = i + 2
			i++
		}
	}
	return Text
}

// operand returns the kind of an expression without operators, except casts.
func (t typing) operand(first, end int) Kind {
	if first >= end {
		return Other
	}
	kind, at := t.primary(first, end)
	for at < end {
		switch tok := t.q.toks[at]; {
		case tok.word("collate") && at+2 <= end:
			at += 2
		case tok.is("::"):
			next := at + 1
			for next < end && t.q.toks[next].kind == tokenWord && !t.q.toks[next].word("collate") {
				next++
			}
			kind = ofType(spelled(t.q.toks[at+1 : next]))
			if at = next; at < end && t.q.toks[at].is("(") {
				at = t.close(at) + 1
			}
		default:
			return Other
		}
	}
	return kind
}

// primary returns the kind of the beginning of an operand, and the index after it.
func (t typing) primary(first, end int) (Kind, int) {
	tok := t.q.toks[first]
	switch {
	case tok.is("("):
		closed := t.close(first)
		return t.enclosed(first+1, closed), closed + 1
	case tok.word("case"):
		closed := t.caseEnd(first, end)
		return t.branches(first, closed), closed + 1
	case tok.word("null"):
		return nothing, first + 1
	case tok.word("true", "false"):
		return Truth, first + 1
	case tok.kind == tokenText:
		if strings.HasPrefix(tok.text, "'") {
			return Text, first + 1
		}
		return Other, first + 1
	case tok.kind != tokenWord && tok.kind != tokenQuoted:
		return Other, first + 1
	case first+1 < end && t.q.toks[first+1].is("("):
		closed := t.close(first + 1)
		kind := t.call(fold(tok.text), first+2, closed)
		return kind, t.window(closed+1, end)
	}
	for _, r := range t.core.refs {
		if r.first == first {
			return t.column(r), first + 2*len(r.parts) - 1
		}
	}
	return Other, first + 1
}

// column returns the kind of the column that a name resolves to.
func (t typing) column(r *ref) Kind {
	if m := t.resolve(t.core, r); m.column != nil {
		return m.column.kind
	}
	return Other
}

// enclosed returns the kind of the content of parentheses.
func (t typing) enclosed(first, end int) Kind {
	if inner := t.q.queries[first]; inner != nil {
		if list := t.outputs(inner); len(list) == 1 {
			return list[0].kind
		}
		return Other
	}
	if args := t.arguments(first, end); len(args) == 1 {
		return args[0]
	}
	return Other
}

// branches returns the common kind of the results of a CASE.
func (t typing) branches(first, end int) Kind {
	var kinds []Kind
	start := -1 // start of a result
	for i := first + 1; i <= end; i++ {
		tok := t.q.toks[i]
		if start >= 0 && (i == end || tok.word("when", "else")) {
			kinds = append(kinds, t.expression(start, i))
			start = -1
		}
		switch {
		case i == end:
		case tok.is("("):
			i = t.close(i)
		case tok.word("case"):
			i = t.caseEnd(i, end)
		case tok.word("then", "else"):
			start = i + 1
		}
	}
	return common(kinds...)
}

// arguments returns the kinds of expressions separated by commas.
func (t typing) arguments(first, end int) (kinds []Kind) {
	if t.q.toks[first].word("distinct", "all") {
		first++
	}
	start := first
	for i := first; i <= end; i++ {
		switch tok := t.q.toks[i]; {
		case i == end || tok.is(",") || tok.word("order"):
			kinds = append(kinds, t.expression(start, i))
			if start = i + 1; i < end && !tok.is(",") {
				return kinds
			}
		case tok.is("("):
			i = t.close(i)
		}
	}
	return kinds
}

// call returns the kind of a function's result. Its arguments are the tokens from first to
// end.
func (t typing) call(name string, first, end int) Kind {
	switch {
	case name == "cast":
		for i := first; i < end; i++ {
			if t.q.toks[i].is("(") {
				i = t.close(i)
			} else if t.q.toks[i].word("as") {
				return ofType(spelled(t.q.toks[i+1 : end]))
			}
		}
		return Other
	case textFunctions[name]:
		return Text
	case truthFunctions[name]:
		return Truth
	case jsonFunctions[name]:
		return JSON
	case !likeArguments[name]:
		return Other
	}
	args := t.arguments(first, end)
	switch name {
	case "nullif", "first_value", "last_value", "nth_value", "lag", "lead":
		args = args[:1]
	case "iif", "if":
		args = args[1:]
	}
	return common(args...)
}

// window returns the index after FILTER, OVER and WITHIN GROUP of a call.
func (t typing) window(at, end int) int {
	for at < end && t.q.toks[at].word("filter", "over", "within", "group") {
		if at++; at < end && t.q.toks[at].is("(") {
			at = t.close(at) + 1
		} else if at < end && !t.q.toks[at].word("group") {
			at++
		}
	}
	return at
}

func (t typing) close(i int) int { return closing(t.q.toks, i) }

// caseEnd returns the index of the END of the CASE at i.
func (t typing) caseEnd(i, end int) int {
	depth := 0
	for ; i < end; i++ {
		switch tok := t.q.toks[i]; {
		case tok.is("("):
			i = t.close(i)
		case tok.word("case"):
			depth++
		case tok.word("end"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return end - 1
}

// beside reports whether the character follows the token at i without a space.
func (t typing) beside(i int, sign string) bool {
	next := t.q.toks[i+1]
	return next.is(sign) && next.pos == t.q.toks[i].end
}

// ofType returns the kind of a value that was cast to the type.
func ofType(name string) Kind {
	name, _, _ = strings.Cut(name, "(")
	switch strings.TrimSpace(name) {
	case "text", "varchar", "char", "character", "character varying", "bpchar", "name":
		return Text
	case "boolean", "bool":
		return Truth
	case "json", "jsonb":
		return JSON
	}
	return Other
}

// textFunctions return texts on each engine that has them.
var textFunctions = set(`btrim char chr concat concat_ws date datetime format group_concat hex initcap json_type
json_typeof jsonb_typeof left lower lpad ltrim md5 overlay printf quote quote_ident quote_literal quote_nullable
regexp_replace repeat replace reverse right rpad rtrim soundex split_part strftime string_agg substr substring time
to_char translate trim typeof upper`)

// truthFunctions return booleans, which are 1 and 0 in SQLite.
var truthFunctions = set(`bool_and bool_or every glob isfinite json_valid jsonb_path_exists jsonb_path_match like
regexp_like starts_with`)

// jsonFunctions return documents.
var jsonFunctions = set(`array_to_json json json_agg json_array json_build_array json_build_object json_group_array
json_group_object json_insert json_object json_object_agg json_patch json_quote json_remove json_replace json_set
json_strip_nulls jsonb_agg jsonb_build_array jsonb_build_object jsonb_insert jsonb_object jsonb_object_agg
jsonb_set jsonb_strip_nulls row_to_json to_json to_jsonb`)

// likeArguments return one of their arguments.
var likeArguments = set(`coalesce first_value greatest if ifnull iif lag last_value lead least max min nth_value nullif`)
