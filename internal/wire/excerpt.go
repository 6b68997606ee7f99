package wire

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// excerpt makes the beginning of a text without its markup.
type excerpt struct {
	max      int // characters
	ellipsis bool
}

// of returns the excerpt of an HTML text, "" if done is closed meanwhile. It reads the text once,
// only as far as the excerpt reaches, and builds no tree: for some texts, a tree takes time that
// grows with the square of the length.
func (e *excerpt) of(text string, done <-chan struct{}) string {
	x := extract{left: e.max}
	tokens := html.NewTokenizer(strings.NewReader(text))
	for n := 0; !x.cut; n++ {
		if n%256 == 0 && isClosed(done) {
			return ""
		}
		if kind := tokens.Next(); kind == html.ErrorToken || !x.token(tokens, kind) {
			break
		}
	}
	if x.cut && e.ellipsis {
		x.out.WriteString("...")
	}
	return x.out.String()
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// extract collects the text of a document.
type extract struct {
	out  strings.Builder
	left int  // characters that still fit
	gap  bool // white space since the last character
	cut  bool // a part of the text did not fit

	dropping atom.Atom // the dropped element that is open; 0: none
	depth    int       // of dropping: open elements of its own kind in it
	inside   int       // open elements of other kinds in it
}

// token processes a token. It returns false at the end of the readable text.
func (x *extract) token(t *html.Tokenizer, kind html.TokenType) bool {
	switch kind {
	case html.TextToken:
		x.documentText(t)
	case html.StartTagToken, html.SelfClosingTagToken:
		name, _ := t.TagName()
		a := atom.Lookup(name)
		if a == atom.Plaintext {
			return false
		}
		x.open(a, kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		name, _ := t.TagName()
		x.close(atom.Lookup(name))
	}
	return true
}

func (x *extract) documentText(t *html.Tokenizer) {
	if x.dropping != 0 && x.dropping != atom.Head {
		return
	}
	text := string(t.Text())
	if x.dropping == atom.Head {
		if x.inside > 0 || strings.TrimSpace(text) == "" {
			return
		}
		x.dropping = 0 // the text of a head is not shown
	}
	x.text(text)
}

// open processes a start tag. Elements that are not closed in the text end approximately as in
// browsers.
func (x *extract) open(a atom.Atom, selfClosing bool) {
	if x.dropping == atom.Head && !inHead(a) {
		x.dropping = 0
	}
	switch {
	case isVoid(a):
		x.gap = x.gap || x.dropping == 0 && !inline(a) && !dropped(a)
	case x.dropping == 0 && dropped(a):
		if !selfClosing || a != atom.Svg { // only elements of SVG end by a slash
			x.dropping, x.depth, x.inside = a, 1, 0
		}
	case x.dropping == 0:
		x.gap = x.gap || !inline(a)
	case a == x.dropping && nests(a):
		x.depth++
	case a != x.dropping && !selfClosing:
		x.inside++
	}
}

// close processes an end tag.
func (x *extract) close(a atom.Atom) {
	switch {
	case x.dropping == 0:
		x.gap = x.gap || !inline(a) && !dropped(a)
	case a == x.dropping:
		if x.depth--; x.depth == 0 {
			x.dropping = 0
		}
	case x.inside > 0:
		x.inside--
	default: // the surrounding element ends, with all elements in it that are not closed
		x.dropping = 0
	}
}

// isVoid reports whether the element has no content and no end tag.
func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta,
		atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// inHead reports whether the element may be in the head of a document.
func inHead(a atom.Atom) bool {
	switch a {
	case atom.Base, atom.Link, atom.Meta, atom.Noscript, atom.Script, atom.Style, atom.Template, atom.Title:
		return true
	}
	return false
}

// nests reports whether such an element may contain another of its kind.
func nests(a atom.Atom) bool {
	switch a {
	case atom.Form, atom.Button, atom.Select, atom.Option, atom.Head:
		return false
	}
	return true
}

// text adds a text, with each run of white space as one space, without spaces at the beginning and
// the end.
func (x *extract) text(s string) {
	for _, r := range s {
		if unicode.IsSpace(r) {
			x.gap = true
			continue
		}
		need := 1
		if x.gap = x.gap && x.out.Len() > 0; x.gap {
			need = 2
		}
		if x.left < need {
			x.cut = true
			return
		}
		if x.gap {
			x.out.WriteByte(' ')
			x.gap = false
		}
		x.out.WriteRune(r)
		x.left -= need
	}
}

// dropped reports whether the content of the element is not text for a reader.
func dropped(a atom.Atom) bool {
	switch a {
	case atom.Head, atom.Title, atom.Style, atom.Script, atom.Iframe, atom.Embed, atom.Applet, atom.Object, atom.Svg, atom.Img,
		atom.Picture, atom.Dialog, atom.Template, atom.Button, atom.Form, atom.Textarea, atom.Input, atom.Select, atom.Option:
		return true
	}
	return false
}

// inline reports whether the text before, in and after the element is one line.
func inline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.Abbr, atom.Acronym, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Data, atom.Del,
		atom.Dfn, atom.Em, atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Label, atom.Mark, atom.Q, atom.S, atom.Samp,
		atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var, atom.Wbr:
		return true
	}
	return false
}
