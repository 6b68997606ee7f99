// Parser of view queries: SELECT, WITH, UNION, GROUP BY, ORDER BY and LIMIT, into the tree
// of tree.go.

package viewquery

import (
	"errors"
	"fmt"
)

var errMultiple = errors.New("multiple statements are not supported")

// maxDepth is the maximum nesting of parentheses and queries.
const maxDepth = 64

// parser reads tokens into a Query. Its methods advance at; they return an error at the
// first token that does not fit.
type parser struct {
	src   string
	toks  []token
	at    int
	depth int
	all   []*core

	fields     []string // see Query
	queries    map[int]*query
	inPosition int // number of calls of position(… in …) being read
}

func (p *parser) tok() token { return p.toks[p.at] }

// peek returns the token n after the current one.
func (p *parser) peek(n int) token { return p.toks[min(p.at+n, len(p.toks)-1)] }

// sign skips the sign if it is next, and reports whether it was.
func (p *parser) sign(s string) bool {
	if !p.tok().is(s) {
		return false
	}
	p.at++
	return true
}

// word skips one of the keywords if it is next, and reports whether it was.
func (p *parser) word(keywords ...string) bool {
	if !p.tok().word(keywords...) {
		return false
	}
	p.at++
	return true
}

// unexpected returns the error of a token that does not fit. want is the expected token.
func (p *parser) unexpected(want string) error {
	t := p.tok()
	if t.kind == tokenEnd {
		return fmt.Errorf("%s expected at the end of the query", want)
	}
	return fmt.Errorf("%s expected at %q", want, p.src[t.pos:t.end])
}

// expect skips the sign, or returns an error.
func (p *parser) expect(s string) error {
	if !p.sign(s) {
		return p.unexpected("a " + s)
	}
	return nil
}

// expectName reads a name, or returns an error.
func (p *parser) expectName() (token, error) {
	t := p.tok()
	if !t.name() {
		return t, p.unexpected("a name")
	}
	p.at++
	return t, nil
}

// deeper counts a level of nesting, to bound the stack. The caller must decrement depth
// afterwards.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		return errors.New("the query is nested too deeply")
	}
	return nil
}

// parse reads the whole text: one SELECT, with semicolons after it.
func (p *parser) parse() (*Query, error) {
	if !p.tok().word("select", "with") {
		return nil, errors.New("the query must be a single SELECT")
	}
	top, err := p.query(nil)
	if err != nil {
		return nil, err
	}
	end := p.toks[p.at].pos
	for p.sign(";") {
	}
	if p.tok().kind != tokenEnd {
		// Text after a semicolon is a second statement, which would run with the first.
		if p.toks[p.at-1].is(";") {
			return nil, errMultiple
		}
		return nil, p.unexpected("the end of the query")
	}
	toks := append(p.toks[:0:0], p.toks...)
	return &Query{src: p.src[:end], toks: toks, top: top, all: p.all, fields: p.fields, queries: p.queries}, nil
}

// query reads a SELECT with its WITH, UNION, ORDER BY and LIMIT.
func (p *parser) query(outer *core) (*query, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	q := &query{outer: outer}
	if p.word("with") {
		if err := p.with(q); err != nil {
			return nil, err
		}
	}
	for {
		if err := p.member(q); err != nil {
			return nil, err
		}
		if !p.word("union", "intersect", "except") {
			break
		}
		p.word("all", "distinct")
	}
	return q, p.tail(q)
}

// with reads the queries of a WITH. Each is in scope before it is read, since it may be
// recursive.
func (p *parser) with(q *query) error {
	p.word("recursive")
	for {
		name, err := p.expectName()
		if err != nil {
			return err
		}
		w := &cte{name: name}
		if w.columns, err = p.columns(); err != nil {
			return err
		}
		if !p.word("as") {
			return p.unexpected("AS")
		}
		p.word("not")
		p.word("materialized")
		if err := p.expect("("); err != nil {
			return err
		}
		q.ctes = append(q.ctes, w) // before it is read, since it may read itself
		at := &core{in: q}
		if w.query, err = p.query(at); err != nil {
			return err
		}
		if err := p.expect(")"); err != nil {
			return err
		}
		if !p.sign(",") {
			return nil
		}
	}
}

// columns reads a list of names in parentheses, if there is one.
func (p *parser) columns() ([]token, error) {
	if !p.sign("(") {
		return nil, nil
	}
	var list []token
	for {
		name, err := p.expectName()
		if err != nil {
			return nil, err
		}
		list = append(list, name)
		if !p.sign(",") {
			return list, p.expect(")")
		}
	}
}

// member reads one part of a UNION, INTERSECT or EXCEPT. Parts in parentheses are merged
// into the query.
func (p *parser) member(q *query) error {
	switch {
	case p.word("select"):
		return p.core(q)
	case q.outer != nil && p.word("values"):
		return p.values(q)
	case p.sign("("):
		inner, err := p.query(q.outer)
		if err != nil {
			return err
		}
		q.ctes = append(q.ctes, inner.ctes...)
		for _, c := range inner.cores {
			c.in = q
			q.cores = append(q.cores, c)
		}
		return p.expect(")")
	}
	return p.unexpected("SELECT")
}

// add appends a new SELECT to the query.
func (p *parser) add(q *query) *core {
	c := &core{in: q}
	q.cores = append(q.cores, c)
	p.all = append(p.all, c)
	return c
}

// values reads VALUES. The items of its first row are its columns.
func (p *parser) values(q *query) error {
	c := p.add(q)
	c.values = true
	for {
		if err := p.expect("("); err != nil {
			return err
		}
		row := len(c.items)
		for {
			it := &item{first: p.at}
			if _, err := p.expression(c, false); err != nil {
				return err
			}
			if it.end = p.at; row == 0 {
				c.items = append(c.items, it)
			}
			if !p.sign(",") {
				break
			}
		}
		if err := p.expect(")"); err != nil {
			return err
		}
		if !p.sign(",") {
			return nil
		}
	}
}

// core reads one SELECT up to its HAVING or WINDOW clause.
func (p *parser) core(q *query) error {
	c := p.add(q)
	if p.word("distinct") {
		if p.word("on") {
			if err := p.group(c); err != nil {
				return err
			}
		}
	} else {
		p.word("all")
	}
	for {
		if err := p.item(c); err != nil {
			return err
		}
		if !p.sign(",") {
			break
		}
	}
	if p.word("from") {
		if err := p.from(c); err != nil {
			return err
		}
	}
	for {
		switch {
		case p.word("where", "having"):
			if _, err := p.expression(c, false); err != nil {
				return err
			}
		case p.tok().word("group"):
			p.at++
			if !p.word("by") {
				return p.unexpected("BY")
			}
			p.word("all", "distinct")
			if err := p.list(c); err != nil {
				return err
			}
		case p.word("window"):
			if err := p.windows(c); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// windows reads the definitions of named windows.
func (p *parser) windows(c *core) error {
	for {
		if _, err := p.expectName(); err != nil {
			return err
		}
		if !p.word("as") {
			return p.unexpected("AS")
		}
		if err := p.group(c); err != nil {
			return err
		}
		if !p.sign(",") {
			return nil
		}
	}
}

// list reads expressions separated by commas.
func (p *parser) list(c *core) error {
	for {
		if _, err := p.expression(c, false); err != nil {
			return err
		}
		if !p.sign(",") {
			return nil
		}
	}
}

// tail reads ORDER BY, LIMIT, OFFSET and FETCH after the last SELECT. Names in it are resolved in
// that SELECT, or are items of the first.
func (p *parser) tail(q *query) error {
	c := q.cores[len(q.cores)-1]
	for {
		switch {
		case p.tok().word("order"):
			p.at++
			if !p.word("by") {
				return p.unexpected("BY")
			}
			if err := p.order(c); err != nil {
				return err
			}
		case p.word("limit"):
			if err := p.list(c); err != nil {
				return err
			}
		case p.word("offset"):
			if _, err := p.expression(c, false); err != nil {
				return err
			}
			p.word("row", "rows")
		case p.tok().word("fetch"):
			for p.word("fetch", "first", "next", "row", "rows", "only", "with", "ties") || p.tok().kind == tokenNumber {
				if p.tok().kind == tokenNumber {
					p.at++
				}
			}
		default:
			return nil
		}
	}
}

// order reads the terms of ORDER BY. A term that consists of a name may name an item; its ref is
// marked.
func (p *parser) order(c *core) error {
	for {
		start, known := p.at, len(c.refs)
		if _, err := p.expression(c, false); err != nil {
			return err
		}
		end := p.at
		// Direction, order of NULLs and collation are not part of the name.
		for end > start && p.toks[end-1].word("asc", "desc", "first", "last", "nulls") {
			end--
		}
		if end == start+3 && p.toks[start+1].word("collate") {
			end = start + 1
		}
		if len(c.refs) == known+1 && c.refs[known].first == start && end == start+1 {
			c.refs[known].ordered = true
		}
		if !p.sign(",") {
			return nil
		}
	}
}
