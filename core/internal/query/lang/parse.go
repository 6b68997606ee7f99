// Parser of the rule and filter language, by recursive descent, with limits on size and
// nesting.

package lang

import (
	"strconv"
	"strings"
)

// Limits of a text (docs/wire/records.md §5.2). Expressions built in code have other limits: see
// Check.
const (
	MaxText     = 3500 // in bytes of a client's text; Parse itself accepts longer ones
	maxCompares = 200
	maxNesting  = 400
	maxArgs     = 16 // of a function call; strftime takes 10
)

// Parse parses an expression of a rule or a client. A text that is empty, wrong, or beyond the
// limits is an *Error. The caller must check MaxText: rules may be longer.
func Parse(text string) (Expr, error) { return parse(text, false) }

// parse is Parse; with params, placeholders are allowed.
func parse(text string, params bool) (Expr, error) {
	if err := Storable(text); err != nil {
		return nil, err
	}
	p := parser{lexer: lexer{src: text, params: params}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokenEnd {
		return nil, &Error{Message: "empty filter expression"}
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenEnd {
		return nil, p.unexpected()
	}
	return e, nil
}

// parser is a recursive descent parser with one token of lookahead. compares and nesting count
// towards the limits, which bound stack and time.
type parser struct {
	lexer
	tok      token
	end      int // end of the token before tok
	compares int
	nesting  int
}

// advance reads the next token and records the end of the last one.
func (p *parser) advance() (err error) {
	p.end = p.pos
	p.tok, err = p.next()
	return err
}

// unexpected returns the error of a token that the grammar does not allow here.
func (p *parser) unexpected() error {
	if p.tok.kind == tokenEnd {
		return syntax(p.tok.pos, "unexpected end")
	}
	return syntax(p.tok.pos, "unexpected "+quoted(p.tok.text))
}

// or := and ( "||" and )*
func (p *parser) or() (Expr, error) {
	list, err := p.chain("||", p.and)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return &Or{list}, nil
}

// and := item ( "&&" item )*
func (p *parser) and() (Expr, error) {
	list, err := p.chain("&&", p.item)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return &And{list}, nil
}

// first returns the only part of a chain: a single part needs no And or Or.
func first(list []Expr) Expr {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// chain reads parts joined by && or ||.
func (p *parser) chain(join string, part func() (Expr, error)) ([]Expr, error) {
	var list []Expr
	for {
		e, err := part()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if p.tok.kind != tokenJoin || p.tok.text != join {
			return list, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// item := operand sign operand | "(" expr ")"
func (p *parser) item() (Expr, error) {
	if p.tok.kind != tokenOpen {
		return p.compare()
	}
	if p.nesting++; p.nesting > maxNesting {
		return nil, &Error{Message: "max nesting of groups reached", Pos: p.tok.pos}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenClose {
		return nil, p.unexpected()
	}
	p.nesting--
	return e, p.advance()
}

// compare := operand sign operand
func (p *parser) compare() (Expr, error) {
	if p.compares++; p.compares > maxCompares {
		return nil, &Error{Message: "max filter expressions limit reached", Pos: p.tok.pos}
	}
	start := p.tok.pos
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenSign {
		return nil, p.unexpected()
	}
	op, some, ok := sign(p.tok.text)
	if !ok {
		return nil, p.unexpected()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return &Compare{Op: op, Any: some, Left: left, Right: right, Pos: start, End: p.end}, nil
}

// sign returns the operator of a token; some reports whether it begins with ?.
func sign(text string) (op Op, some, ok bool) {
	text, some = strings.CutPrefix(text, "?")
	for op = Equal; op <= NotLike; op++ {
		if op.String() == text {
			return op, some, true
		}
	}
	return 0, false, false
}

// operand := text | number | identifier | call | placeholder
func (p *parser) operand() (Operand, error) {
	t := p.tok
	switch t.kind {
	case tokenText:
		return Text{t.text, t.pos, p.pos}, p.advance()
	case tokenParam:
		return Param{t.text, t.pos}, p.advance()
	case tokenNumber:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil { // only possible error: out of range
			return nil, syntax(t.pos, "number out of range")
		}
		return Number{f, t.text, t.pos}, p.advance()
	case tokenIdent:
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.tok.kind == tokenOpen {
			return p.call(t)
		}
		return Ident{t.text, t.pos}, nil
	}
	return nil, p.unexpected()
}

// call reads the arguments of a function. A comma may follow the last one.
func (p *parser) call(name token) (Operand, error) {
	if p.nesting++; p.nesting > maxNesting {
		return nil, &Error{Message: "max nesting of groups reached", Pos: p.tok.pos}
	}
	c := &Call{Name: name.text, Pos: name.pos}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for p.tok.kind != tokenClose {
		if len(c.Args) == maxArgs {
			return nil, syntax(p.tok.pos, "too many arguments")
		}
		arg, err := p.operand()
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, arg)
		if p.tok.kind == tokenClose {
			break
		}
		if p.tok.kind != tokenComma {
			return nil, p.unexpected()
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	p.nesting--
	c.End = p.pos
	return c, p.advance()
}
