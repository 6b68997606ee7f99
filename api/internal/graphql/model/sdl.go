// The schema as text, in the format of graphql-js.

package model

import (
	"strings"
	"unicode/utf16"
)

// SDL returns the schema in the schema language of GraphQL. It is the same for the same
// collections, regardless of the order of their creation.
func (m *Model) SDL() string {
	var p printer
	for d := range m.Types() {
		p.definition(d)
	}
	return p.String()
}

// printer writes definitions.
type printer struct{ strings.Builder }

func (p *printer) write(parts ...string) {
	for _, part := range parts {
		p.WriteString(part)
	}
}

func (p *printer) definition(d *Definition) {
	if p.Len() > 0 {
		p.write("\n")
	}
	p.describe(d.Description, "")
	p.write(string(d.Kind), " ", d.Name)
	switch d.Kind {
	case UnionType:
		p.write(" = ", strings.Join(d.Types, " | "), "\n")
		return
	case ScalarType:
		p.write(` @specifiedBy(url: "`, d.URL, "\")\n")
		return
	}
	if d.Interface != "" {
		p.write(" implements ", d.Interface)
	}
	p.write(" {\n")
	for i := range d.Members {
		p.member(&d.Members[i], i == 0)
	}
	p.write("}\n")
}

func (p *printer) member(m *Member, first bool) {
	if m.Description != "" && !first {
		p.write("\n")
	}
	p.describe(m.Description, "  ")
	p.write("  ", m.Name)
	for i, a := range m.Arguments {
		separator := ", "
		if i == 0 {
			separator = "("
		}
		p.write(separator, a.Name, ": ", a.Type)
	}
	if len(m.Arguments) > 0 {
		p.write(")")
	}
	if m.Type != "" {
		p.write(": ", m.Type)
	}
	p.write("\n")
}

// describe writes a description, in one line if it is short.
func (p *printer) describe(text, indent string) {
	if text == "" {
		return
	}
	escaped := strings.ReplaceAll(text, `"""`, `\"""`)
	if len(utf16.Encode([]rune(text))) > 70 || strings.HasSuffix(text, `"`) || strings.HasSuffix(text, `\`) {
		escaped = "\n" + indent + escaped + "\n" + indent
	}
	p.write(indent, `"""`, escaped, `"""`, "\n")
}
