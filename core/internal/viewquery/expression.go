// Parser of expressions: names, calls, casts, groups and subqueries, read just deep enough
// to find every name and call.

package viewquery

import (
	"errors"
	"fmt"
)

// expression reads an expression up to a token that cannot belong to it: a comma, a closing
// parenthesis, a clause; in an item of a SELECT also its alias. It records the names in it and
// its inner queries. done reports whether the expression is complete, so that a name after it can
// be an alias.
func (p *parser) expression(c *core, inItem bool) (done bool, err error) {
	start := p.at
	for {
		t := p.tok()
		switch t.kind {
		case tokenEnd:
			return done, p.something(start)
		case tokenText, tokenNumber:
			p.at++
			done = true
		case tokenSign:
			if t.text == "," || t.text == ")" || t.text == ";" {
				return done, p.something(start)
			}
			done, err = p.operator(c)
		default:
			// A name after a complete operand is the alias of the item, which needs no AS.
			if inItem && (t.word("as") || done && p.isAlias()) || p.ends(t) {
				return done, p.something(start)
			}
			done, err = p.operand(c)
		}
		if err != nil {
			return done, err
		}
	}
}

// something returns an error if nothing was read since start.
func (p *parser) something(start int) error {
	if p.at == start {
		return p.unexpected("an expression")
	}
	return nil
}

// ends reports whether the word ends an expression. LEFT and RIGHT are functions too, if a
// parenthesis follows.
func (p *parser) ends(t token) bool {
	return t.kind == tokenWord && clauses[fold(t.text)] && !(p.peek(1).is("(") && functions[fold(t.text)])
}

// isAlias reports whether the current name, after a complete expression, is an alias: the
// last token of an item.
func (p *parser) isAlias() bool {
	next := p.peek(1)
	ends := next.kind == tokenEnd || next.is(",") || next.is(")") || next.is(";") || next.kind == tokenWord && clauses[fold(next.text)]
	return p.tok().name() && ends && !p.tok().word("isnull", "notnull")
}

// operator reads a sign within an expression.
func (p *parser) operator(c *core) (done bool, err error) {
	switch {
	case p.tok().is("("):
		return true, p.group(c)
	case p.sign("::"):
		return true, p.castType()
	case p.tok().is(".") && p.peek(1).name(): // field of the value in the parentheses before it
		p.fields = append(p.fields, p.peek(1).text)
		p.at += 2
		return true, nil
	case p.tok().is(".") && p.peek(1).is("*"):
		return true, p.unexpected("an operator")
	case p.sign("*"):
		end := p.tok()
		return end.is(")") || end.is(","), nil
	}
	p.at++
	return false, nil
}

// castType skips the name of a type, which may be several words, and refuses types of the
// catalog.
func (p *parser) castType() error {
	name, err := p.expectName()
	if err != nil {
		return err
	}
	if isCatalogType(name.text) {
		return fmt.Errorf("casts to %s are not supported in views", name.text)
	}
	p.word("precision", "varying")
	if p.tok().is("(") {
		if err := p.skipGroup(); err != nil {
			return err
		}
	}
	if p.tok().word("with") || p.peek(1).word("time") && p.tok().word("without") {
		p.at++
		p.word("time")
		p.word("zone")
	}
	return nil
}

// skipGroup skips parentheses that contain numbers, as in varchar(10).
func (p *parser) skipGroup() error {
	for p.at++; !p.sign(")"); p.at++ {
		if t := p.tok(); t.kind != tokenNumber && !t.is(",") {
			return p.unexpected("a number")
		}
	}
	return nil
}

// group reads parentheses: a query, or expressions.
func (p *parser) group(c *core) error {
	if err := p.expect("("); err != nil {
		return err
	}
	return p.inside(c)
}

// inside reads up to the closing parenthesis.
func (p *parser) inside(c *core) error {
	if err := p.deeper(); err != nil {
		return err
	}
	defer func() { p.depth-- }()
	if p.tok().word("select", "with", "values") {
		first := p.at
		inner, err := p.query(c)
		if err != nil {
			return err
		}
		// The query is stored by its first token, so that the kind of the parentheses can be
		// looked up later.
		p.queries[first] = inner
		return p.expect(")")
	}
	for !p.sign(")") {
		t := p.tok()
		switch {
		case t.kind == tokenEnd:
			return p.unexpected("a )")
		case t.is(";"):
			return errMultiple
		case t.is(","), t.kind == tokenWord && inner[fold(t.text)]:
			p.at++
		default:
			if _, err := p.expression(c, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// inner are the words that end an expression but may be within a call, or within the definition
// of a window.
var inner = set(`from for order group where using limit`)

// operand reads a name, a call, or a keyword.
func (p *parser) operand(c *core) (done bool, err error) {
	t := p.tok()
	call := p.peek(1).is("(")
	switch {
	case t.word("table", "insert", "update", "delete", "drop", "create", "into", "returning"):
		return false, p.unexpected("an expression")
	case t.word("select", "values"):
		return false, errors.New("a query inside of another one must stand in parentheses")
	// Both words end a term of ORDER BY; at the beginning of an operand they are names of
	// columns.
	case t.word("asc", "desc") && !call && p.starts():
		return p.reference(c)
	case t.word("filter", "sets") && call, t.kind == tokenWord && reserved[fold(t.text)] && !(call && functions[fold(t.text)]):
		return p.keyword(c)
	case call:
		return true, p.call(c)
	}
	return p.reference(c)
}

// starts reports whether an operand may begin here, judged by the token before.
func (p *parser) starts() bool {
	if p.at == 0 {
		return true
	}
	before := p.toks[p.at-1]
	return before.is(",") || before.is("(") || before.word("select", "distinct", "by")
}

// keyword reads a word that is not a name, with the words that belong to it.
func (p *parser) keyword(c *core) (done bool, err error) {
	t := p.tok()
	p.at++
	switch {
	case sessionWords[fold(t.text)]:
		return false, fmt.Errorf("%s is not supported in views", t.text)
	case t.word("in") && !p.tok().is("(") && p.inPosition == 0: // SQLite would read a table
		return false, errors.New("IN takes a list or a query in parentheses")
	case t.word("collate"):
		_, err := p.expectName()
		return true, err
	case t.word("distinct"):
		p.word("from") // IS DISTINCT FROM
	case t.word("over") && p.tok().name():
		p.at++
		return true, nil
	}
	return t.word("end", "null", "true", "false", "isnull", "notnull", "current_date", "current_time", "current_timestamp",
		"localtime", "localtimestamp"), nil
}

// reference reads a name that is not a call, qualified or not.
func (p *parser) reference(c *core) (done bool, err error) {
	r := &ref{first: p.at, parts: []token{p.tok()}}
	p.at++
	if p.context(r.parts[0]) {
		return true, nil
	}
	for p.tok().is(".") && (p.peek(1).kind == tokenWord || p.peek(1).kind == tokenQuoted) {
		r.parts = append(r.parts, p.peek(1))
		p.at += 2
	}
	switch {
	case p.tok().kind == tokenText && isCatalogType(r.parts[0].text): // regclass 'name'
		return true, fmt.Errorf("the type %s is not supported in views", r.last().text)
	case p.tok().is("."):
		if !p.peek(1).is("*") {
			return true, p.unexpected("an operator")
		}
		r.row = true // inside a call
		p.at += 2
	case p.tok().is("(") && len(r.parts) > 1:
		return true, errors.New("functions are called by their names alone")
	case len(r.parts) > 2:
		return true, errors.New("columns are named by themselves or as table.column")
	}
	c.refs = append(c.refs, r)
	return true, nil
}

// context reads the words after a word that has a special meaning at this position, and reports
// whether it had one.
func (p *parser) context(t token) bool {
	if t.kind != tokenWord {
		return false
	}
	next := p.tok()
	switch {
	case t.word("at") && next.word("time") && p.peek(1).word("zone"):
		p.at += 2
	case t.word("nulls") && next.word("first", "last"),
		t.word("current", "unbounded") && next.word("row", "preceding", "following"):
		p.at++
	case next.kind == tokenText && !isCatalogType(t.text): // the literal of a type: date '2024-01-01'
	case t.word("within") && next.word("group"):
		p.at++
	case t.word("partition") && next.word("by"):
		p.at++
	case t.word("by"), t.word("recursive"):
	case t.word("rows", "range", "groups") && (next.kind == tokenNumber || next.word("between", "unbounded", "current")):
	case t.word("preceding", "following") && p.at > 1 && p.toks[p.at-2].kind == tokenNumber:
	case t.word("double") && next.word("precision"):
		p.at++
	default:
		return false
	}
	return true
}

// call reads the call of an allowed function.
func (p *parser) call(c *core) error {
	name := p.tok()
	if err := callable(name); err != nil {
		return err
	}
	p.at += 2
	switch {
	case name.word("cast"):
		if _, err := p.expression(c, true); err != nil {
			return err
		}
		if !p.word("as") {
			return p.unexpected("AS")
		}
		if err := p.castType(); err != nil {
			return err
		}
		return p.expect(")")
	case name.word("extract") && p.peek(1).word("from"):
		p.at += 2
	case name.word("trim"):
		p.word("both", "leading", "trailing")
	case name.word("position"):
		p.inPosition++
		defer func() { p.inPosition-- }()
	}
	return p.inside(c)
}
