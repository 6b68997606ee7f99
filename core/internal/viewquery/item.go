// Parser of one column of a SELECT, and its classification: a plain column, a star,
// count(), total(), a cast.

package viewquery

import (
	"errors"
	"strings"
)

var errWildcard = errors.New("wildcard columns (*) are not supported")

// item reads one column of a SELECT with its alias. A star in the outermost query is
// refused: the fields of a view are fixed when it is saved.
func (p *parser) item(c *core) error {
	it := &item{first: p.at}
	c.items = append(c.items, it)
	if p.star(it) {
		if c.in.outer == nil {
			return errWildcard
		}
		it.end = p.at
		return nil
	}
	known := len(c.refs)
	if _, err := p.expression(c, true); err != nil {
		return err
	}
	it.end = p.at
	for _, r := range c.refs[known:] {
		r.listed = true
	}
	// One name was read, and it takes all the tokens of the expression: a plain column.
	if len(c.refs) == known+1 && c.refs[known].first == it.first && it.end == it.first+2*len(c.refs[known].parts)-1 {
		it.plain = c.refs[known]
	}
	p.classify(it)
	if p.word("as") {
		t := p.tok()
		if t.kind != tokenWord && t.kind != tokenQuoted && t.kind != tokenText {
			return p.unexpected("a name")
		}
		if t.kind == tokenText {
			return errors.New("an alias must not be a string")
		}
		p.at++
		it.alias = &t
	} else if t := p.tok(); t.name() {
		p.at++
		it.alias = &t
	}
	return nil
}

// star reads * or name.*, and reports whether there was one.
func (p *parser) star(it *item) bool {
	switch {
	case p.sign("*"):
		it.star = true
	case p.tok().name() && p.peek(1).is(".") && p.peek(2).is("*"):
		t := p.tok()
		it.star, it.of = true, &t
		p.at += 3
	}
	return it.star
}

// classify finds out whether the item is a count, a total or a cast, which decides the kind
// of its field.
func (p *parser) classify(it *item) {
	toks := p.toks[it.first:it.end]
	if len(toks) < 3 {
		return
	}
	if at := castAt(toks); at > 0 {
		it.what, it.cast = kindCast, spelled(toks[at+1:])
		return
	}
	if !toks[1].is("(") {
		return
	}
	end := closing(toks, 1)
	whole := end == len(toks)-1
	switch {
	case toks[0].word("count") && onlyWindow(toks[end+1:]):
		it.what = kindCount
	case toks[0].word("total") && whole:
		it.what = kindTotal
	case toks[0].word("cast") && whole:
		depth := 0
		for i, t := range toks {
			switch {
			case t.is("("):
				depth++
			case t.is(")"):
				depth--
			case depth == 1 && t.word("as"):
				it.what, it.cast = kindCast, spelled(toks[i+1:end])
			}
		}
	}
}

// castAt returns the index of a :: that applies to everything before it, otherwise -1.
func castAt(toks []token) int {
	at := 1
	if toks[0].is("(") {
		at = closing(toks, 0) + 1
	} else if toks[1].is("(") && toks[0].kind == tokenWord {
		at = closing(toks, 1) + 1
	} else {
		for at+1 < len(toks) && toks[at].is(".") {
			at += 2
		}
	}
	if at >= len(toks)-1 || !toks[at].is("::") {
		return -1
	}
	for _, t := range toks[at+1:] {
		if t.kind != tokenWord {
			return -1
		}
	}
	return at
}

// closing returns the index of the parenthesis that closes the one at i.
func closing(toks []token, i int) int {
	depth := 0
	for ; i < len(toks); i++ {
		if toks[i].is("(") {
			depth++
		} else if toks[i].is(")") {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(toks) - 1
}

// onlyWindow reports whether the tokens consist of FILTER (…) and OVER (…), or of nothing.
func onlyWindow(toks []token) bool {
	for len(toks) > 0 {
		if !toks[0].word("filter", "over") || len(toks) < 2 {
			return false
		}
		end := 1
		if toks[1].is("(") {
			end = closing(toks, 1)
		}
		toks = toks[end+1:]
	}
	return true
}

// spelled returns the name of a type in lower case, words separated by one space.
func spelled(toks []token) string {
	var words []string
	for _, t := range toks {
		words = append(words, fold(t.text))
	}
	return strings.Join(words, " ")
}
