// Parser of FROM: tables, subqueries, functions that return rows, joins and their aliases.

package viewquery

import (
	"errors"
	"fmt"
)

// from reads the items of a FROM and the conditions of their joins.
func (p *parser) from(c *core) error {
	if err := p.deeper(); err != nil {
		return err
	}
	defer func() { p.depth-- }()
	if err := p.source(c); err != nil {
		return err
	}
	for {
		switch {
		case p.sign(","):
		case p.tok().kind == tokenWord && joins[fold(p.tok().text)]:
			for !p.word("join") {
				c.natural = c.natural || p.tok().word("natural")
				if !p.word("natural", "left", "right", "full", "inner", "cross", "outer") {
					return p.unexpected("JOIN")
				}
			}
		default:
			return nil
		}
		if err := p.source(c); err != nil {
			return err
		}
		switch {
		case p.word("on"):
			if _, err := p.expression(c, false); err != nil {
				return err
			}
		case p.word("using"):
			names, err := p.columns()
			if err != nil {
				return err
			}
			c.using = append(c.using, names...)
			if p.word("as") {
				return errors.New("an alias of USING is not supported")
			}
		}
	}
}

// source reads one item. Only collections can be read: a schema-qualified name is refused.
func (p *parser) source(c *core) error {
	lateral := p.word("lateral")
	if p.sign("(") {
		return p.enclosed(c, lateral)
	}
	name, err := p.expectName()
	if err != nil {
		return err
	}
	s := &source{kind: fromTable, name: name}
	switch {
	case p.tok().is("."):
		return fmt.Errorf("only collections can be read, by their names alone, not %s.%s", name.text, p.peek(1).text)
	case p.tok().is("("):
		if err := callable(name); err != nil {
			return err
		}
		s.kind = fromCall
		if err := p.group(c); err != nil {
			return err
		}
		if p.word("with") && !p.word("ordinality") {
			return p.unexpected("ORDINALITY")
		}
	}
	return p.named(c, s)
}

// enclosed reads a query, or joins, in parentheses. Only a LATERAL query sees the other items of
// the FROM: any other query gets a scope without names.
func (p *parser) enclosed(c *core, lateral bool) error {
	n := 0
	// The number of parentheses before the first word does not matter; the word distinguishes a
	// query from joins.
	for p.peek(n).is("(") {
		n++
	}
	if !p.peek(n).word("select", "with", "values") {
		if err := p.from(c); err != nil {
			return err
		}
		return p.expect(")")
	}
	outer := c
	if !lateral {
		outer = &core{in: c.in}
	}
	inner, err := p.query(outer)
	if err != nil {
		return err
	}
	if err := p.expect(")"); err != nil {
		return err
	}
	return p.named(c, &source{kind: fromQuery, query: inner})
}

// named reads the alias of a source and adds the source to the scope.
func (p *parser) named(c *core, s *source) error {
	c.from = append(c.from, s)
	if p.word("as") {
		name, err := p.expectName()
		if err != nil {
			return err
		}
		s.alias = &name
	} else if t := p.tok(); t.name() && !t.word("indexed", "window") {
		p.at++
		s.alias = &t
	}
	var err error
	if s.alias != nil {
		if s.columns, err = p.columns(); err != nil {
			return err
		}
	}
	if p.word("indexed") {
		if !p.word("by") {
			return p.unexpected("BY")
		}
		_, err = p.expectName()
	}
	if p.tok().word("not") && p.peek(1).word("indexed") {
		p.at += 2
	}
	return err
}

// callable returns an error unless views may call the function.
func callable(name token) error {
	if functions[fold(name.text)] {
		return nil
	}
	return fmt.Errorf("the function %s is not supported in views", name.text)
}
