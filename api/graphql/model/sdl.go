// The schema as text, as graphql-js prints it.

package model

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// argument is an argument of a field.
type argument struct{ name, typeName string }

// printer writes the definitions twice: with descriptions and without.
type printer struct {
	full, plain  strings.Builder
	descriptions map[string]string
	inType       string // that is being written
	first        bool   // the next member is the first of its type
}

func (p *printer) both(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.full.WriteString(text)
	p.plain.WriteString(text)
}

// begin opens a type with members.
func (p *printer) begin(keyword, name, more, description string) {
	if p.full.Len() > 0 {
		p.both("\n")
	}
	p.describe(name, description, "")
	p.both("%s %s%s {\n", keyword, name, more)
	p.inType, p.first = name, true
}

func (p *printer) end() { p.both("}\n") }

// line writes a definition that has no members.
func (p *printer) line(name, description, format string, args ...any) {
	p.both("\n")
	p.describe(name, description, "")
	p.both(format+"\n", args...)
}

// member writes a field, an input field or a value of an enum.
func (p *printer) member(name, typeName, description string, args ...argument) {
	if description = strings.Join(strings.Fields(description), " "); description != "" && !p.first {
		p.full.WriteByte('\n')
	}
	p.describe(p.inType+"."+name, description, "  ")
	p.first = false
	p.both("  %s", name)
	for i, a := range args {
		separator := ", "
		if i == 0 {
			separator = "("
		}
		p.both("%s%s: %s", separator, a.name, a.typeName)
	}
	if len(args) > 0 {
		p.both(")")
	}
	if typeName != "" {
		p.both(": %s", typeName)
	}
	p.both("\n")
}

// describe writes a description, as one line where it is short.
func (p *printer) describe(of, text, indent string) {
	if text = strings.Join(strings.Fields(text), " "); text == "" {
		return
	}
	p.descriptions[of] = text
	escaped := strings.ReplaceAll(text, `"""`, `\"""`)
	if len(utf16.Encode([]rune(text))) > 70 || strings.HasSuffix(text, `"`) || strings.HasSuffix(text, `\`) {
		escaped = "\n" + indent + escaped + "\n" + indent
	}
	p.full.WriteString(indent + `"""` + escaped + `"""` + "\n")
}

// print writes the whole schema.
func (b *builder) print() {
	p := &printer{descriptions: b.model.Descriptions}
	p.begin("type", "Query", "", "")
	for _, r := range b.order {
		p.member(r.Name, r.typeName, "", r.args...)
	}
	p.end()
	if len(b.changes) > 0 {
		p.begin("type", "Mutation", "", "Those of one operation take place in their order in one transaction: all of them or none.")
		for _, m := range b.changes {
			p.member(m.Name, m.typeName, "", m.args...)
		}
		p.end()
	}
	p.subscriptions(b.watched)
	p.common()
	if accounts := b.accounts(); len(accounts) > 0 {
		var members []string
		for _, r := range accounts {
			members = append(members, r.Name)
		}
		p.line("AuthRecord", "A record that can sign in.", "union AuthRecord = %s", strings.Join(members, " | "))
	}
	for _, r := range b.list {
		p.record(r)
	}
	b.model.SDL, b.model.Plain = p.full.String(), p.plain.String()
}

// record writes the types of a collection.
func (p *printer) record(r *Record) {
	implements := ""
	if f := r.fields["nodeId"]; f != nil && f.Kind == NodeID {
		implements = " implements Node"
	}
	p.begin("type", r.Name, implements, "")
	for _, f := range r.order {
		p.member(f.Name, f.typeName, f.help, f.args...)
	}
	p.end()
	for _, f := range r.order {
		if f.Enum != nil {
			p.enum(f)
		}
	}
	p.connection(r)
	p.change(r)
	p.begin("input", r.Name+"Filter", "", "")
	for _, key := range r.filtered {
		p.member(key, filterType(r.filter[key]), "")
	}
	p.member(r.and, "["+r.Name+"Filter!]", "")
	p.member(r.or, "["+r.Name+"Filter!]", "")
	p.member(r.not, r.Name+"Filter", "")
	p.end()
	p.begin("input", r.Name+"ListFilter", "", "")
	for _, which := range [...]string{"some", "none", "every"} {
		p.member(which, r.Name+"Filter", "")
	}
	p.end()
	if r.Create {
		p.input(r.Name+"Input", r.Input)
	}
	if r.Update {
		p.input(r.Name+"UpdateInput", r.Change)
	}
	p.begin("input", r.Name+"Sort", "", "One key: sort by several with a list of objects.")
	for _, key := range r.sorted {
		p.member(key, sortType(r.sort[key]), "")
	}
	p.end()
	if r.List {
		p.aggregate(r)
	}
}

// input writes the input of creates or updates.
func (p *printer) input(name string, in *Input) {
	p.begin("input", name, "", "")
	for _, k := range in.order {
		p.member(k.Name, k.typeName, "")
	}
	p.end()
}

// enum writes the options of a select field, and the filters by them.
func (p *printer) enum(f *Field) {
	e := f.Enum
	p.begin("enum", e.Name, "", "")
	for _, name := range e.names {
		description := ""
		if option := e.byName[name]; option != name {
			description = option
		}
		p.member(name, "", description)
	}
	p.end()
	if f.Kind == Enums {
		p.listFilter(e.Name)
	} else {
		p.operators(e.Name, "eq", "ne", "in", "notIn", "isNull")
	}
}

// connection writes the page of a list.
func (p *printer) connection(r *Record) {
	p.begin("type", r.Name+"Connection", "", "")
	p.member("items", "["+r.Name+"!]!", "")
	p.member("page", "Int!", "")
	p.member("perPage", "Int!", "")
	p.member("totalItems", "Int!", "")
	p.member("totalPages", "Int!", "")
	p.member("edges", "["+r.Name+"Edge!]!", "")
	p.member("pageInfo", "PageInfo!", "")
	p.end()
	p.begin("type", r.Name+"Edge", "", "")
	p.member("cursor", "String!", "")
	p.member("node", r.Name+"!", "")
	p.end()
}
