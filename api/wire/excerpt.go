package wire

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// excerpt is the beginning of a text without its markup.
type excerpt struct {
	max      int // characters
	ellipsis bool
}

// of is the excerpt of an HTML text. One that is nested so deeply that it is not
// parsed has none.
func (e *excerpt) of(text string) string {
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return ""
	}
	x := extract{left: e.max}
	x.walk(doc)
	if x.cut && e.ellipsis {
		x.out.WriteString("...")
	}
	return x.out.String()
}

// extract collects the text of a document.
type extract struct {
	out  strings.Builder
	left int  // characters that still fit
	gap  bool // space was seen since the last character
	cut  bool // something did not fit
}

func (x *extract) walk(n *html.Node) {
	switch {
	case x.cut || n.Type == html.CommentNode || n.Type == html.DoctypeNode:
		return
	case n.Type == html.TextNode:
		x.text(n.Data)
		return
	case n.Type == html.ElementNode && dropped(n.DataAtom):
		return
	}
	block := n.Type == html.ElementNode && !inline(n.DataAtom)
	x.gap = x.gap || block
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		x.walk(c)
	}
	x.gap = x.gap || block
}

// text adds a text with each run of space as one, none at the beginning and none
// at the end.
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

// dropped says whether the content of the element is no text for a reader.
func dropped(a atom.Atom) bool {
	switch a {
	case atom.Head, atom.Style, atom.Script, atom.Iframe, atom.Embed, atom.Applet, atom.Object, atom.Svg, atom.Img,
		atom.Picture, atom.Dialog, atom.Template, atom.Button, atom.Form, atom.Textarea, atom.Input, atom.Select, atom.Option:
		return true
	}
	return false
}

// inline says whether the text before, in and after the element is one line.
func inline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.Abbr, atom.Acronym, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Data, atom.Del,
		atom.Dfn, atom.Em, atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Label, atom.Mark, atom.Q, atom.S, atom.Samp,
		atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var, atom.Wbr:
		return true
	}
	return false
}
