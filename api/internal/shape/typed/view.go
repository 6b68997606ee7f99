package typed

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"unicode"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/core/schema"
)

// Views are the types for languages that decode JSON to maps: a record is a class with the decoded
// JSON, whose properties read the JSON. A property of a body writes the JSON: a property that was
// not set is not sent, and one that was set to null empties the field.
type Views struct {
	name string
	source
}

// Name is the name of the language.
func (v Views) Name() string { return v.name }

// Write returns the source file.
func (v Views) Write(m *shape.Model) []byte {
	w := &viewer{source: v.source, taken: newNames(v.types, v.keywords), types: map[*shape.Record]string{}, helpers: map[string]string{}}
	for _, r := range m.Records {
		w.types[r] = w.taken.claim(r.Name)
	}
	for _, name := range v.helpers {
		w.helpers[name] = w.taken.claim(name)
	}
	file := viewFile{Helpers: w.helpers}
	constants := newNames(v.keywords)
	for _, r := range m.Records {
		view := w.view(r)
		view.Constant = constants.claim(w.constant(r.Collection.Name))
		file.Views = append(file.Views, view)
	}
	var out bytes.Buffer
	if err := v.template.Execute(&out, file); err != nil {
		panic(err) // of a mistake in the template
	}
	return out.Bytes()
}

// source has what a language of views says in its own way.
type source struct {
	template  *template.Template
	keywords  []string // names that nothing can have
	types     []string // types of the language that the template uses
	helpers   []string // types that the template declares; a record may have taken their names
	members   []string // members that every class has
	constants []string // members that every enumeration has
	upper     bool     // constants are UPPER_CASE, not lowerCamelCase

	texts   value // of everything that is no other value
	values  map[shape.Base]value
	list    value // a list of texts
	choices value // a list of choices
	absent  value // a text that is null for some callers
	quote   func(text string) string
	self    string // stands before the name of a property in write
}

// value tells how a value is declared, read from JSON and written to JSON. {X} stands for the JSON
// in read and for the property, which may be null, in write; {E} for the enumeration of a choice,
// {P}, {J} and {W} for the helpers GeoPoint, JSONValue and Wire.
type value struct {
	kind        string
	null        bool // a record may have no value
	read, write string
}

// The data of the templates.
type (
	viewFile struct {
		Views   []view
		Helpers map[string]string // the names of the types that the template declares
	}
	view struct {
		Collection, Literal string // the name of the collection: for a comment, as a literal
		Constant, Name      string // of the name of the collection, of the class
		Members             []member
		Identified          bool   // whether a member is called "id"
		Expand              string // the class of the relations, "" without one
		Relations           []relation
		Enums               []enum
		Bodies              []body
	}
	member struct {
		Name, Key, Help, Type, Read, Write string
		Null, Required                     bool
	}
	relation struct {
		Name, Key, Type string
		List            bool
	}
	enum struct {
		Name, Field string
		Extension   string // a name for what a language adds to the enumeration
		Constants   []constant
	}
	constant struct{ Name, Value string }
	body     struct {
		Name, Does string
		Members    []member
	}
)

// Required returns the members that must be sent.
func (b body) Required() (list []member) {
	for _, m := range b.Members {
		if m.Required {
			list = append(list, m)
		}
	}
	return list
}

// viewer is a Write at work.
type viewer struct {
	source
	taken   names // of types
	types   map[*shape.Record]string
	helpers map[string]string
}

func newNames(lists ...[]string) names {
	n := names{}
	for _, list := range lists {
		for _, name := range list {
			n[name] = true
		}
	}
	return n
}

// memberNames returns the names that no member of a class can have. In a class, a member hides the
// type of its name.
func (w *viewer) memberNames() names {
	taken := newNames(w.keywords, w.members)
	for _, name := range w.types {
		taken[name] = true
	}
	return taken
}

func (w *viewer) view(r *shape.Record) view {
	v := view{Collection: remark(r.Collection.Name), Literal: w.quote(r.Collection.Name), Name: w.types[r]}
	enums := map[string]string{} // by field
	taken := w.memberNames()
	for _, m := range r.Members {
		if m.Type.Base == shape.Choice {
			e := w.enum(v.Name, m)
			enums[m.Name] = e.Name
			v.Enums = append(v.Enums, e)
		}
		v.Members = append(v.Members, w.member(taken, lowerCamel(m.Name), m.Name, m.Type, enums[m.Name], m.Optional, m.Field))
	}
	v.Identified = taken["id"]
	if len(r.Expand) > 0 {
		v.Expand = w.taken.claim(v.Name + "Expand")
	}
	taken = w.memberNames()
	for _, e := range r.Expand {
		v.Relations = append(v.Relations, relation{taken.claim(lowerCamel(e.Name)), w.quote(e.Name), w.types[e.Target], e.List})
	}
	if r.Create {
		v.Bodies = append(v.Bodies, w.body(v.Name+"Create", "creates", r.New, enums))
	}
	if r.Update {
		v.Bodies = append(v.Bodies, w.body(v.Name+"Update", "updates", r.Changes, enums))
	}
	return v
}

func (w *viewer) enum(record string, m shape.Member) enum {
	name := w.taken.claim(record + schema.Pascal(plain(m.Name)))
	e := enum{Name: name, Extension: w.taken.claim(name + "Value"), Field: remark(m.Name)}
	taken := newNames(w.keywords, w.constants)
	for _, value := range m.Type.Values {
		e.Constants = append(e.Constants, constant{taken.claim(w.constant(value)), w.quote(value)})
	}
	return e
}

// body returns the class of a body. Files are not sent as JSON.
func (w *viewer) body(name, does string, inputs []shape.Input, enums map[string]string) body {
	b := body{Name: w.taken.claim(name), Does: does}
	taken := w.memberNames()
	for _, in := range inputs {
		if in.Type.Base == shape.File && in.Modifier != "-" {
			continue
		}
		name, choice, help := lowerCamel(in.Name), "", in.Field
		if in.Field != nil {
			name, choice = lowerCamel(in.Field.Name), enums[in.Field.Name]
		}
		if in.Modifier != "" {
			name += map[string]string{"+": "Add", "-": "Remove"}[in.Modifier]
			help = nil
		}
		m := w.member(taken, name, in.Name, in.Type, choice, false, help)
		m.Required = in.Required
		b.Members = append(b.Members, m)
	}
	return b
}

func (w *viewer) member(taken names, name, key string, t shape.Type, enum string, optional bool, f *schema.Field) member {
	v := w.valueOf(t, optional)
	m := member{Name: taken.claim(name), Key: w.quote(key), Null: v.null}
	if f != nil {
		m.Help = remark(f.Help)
	}
	fill := func(text, x string) string {
		return strings.NewReplacer("{X}", x, "{E}", enum, "{P}", w.helpers["GeoPoint"], "{J}", w.helpers["JSONValue"], "{W}", w.helpers["Wire"]).Replace(text)
	}
	m.Type, m.Read, m.Write = fill(v.kind, ""), fill(v.read, "raw["+m.Key+"]"), fill(v.write, w.self+m.Name)
	return m
}

func (w *viewer) valueOf(t shape.Type, optional bool) value {
	switch {
	case t.Base == shape.Choice && t.List:
		return w.choices
	case t.List:
		return w.list
	case optional:
		return w.absent
	}
	if v, ok := w.values[t.Base]; ok {
		return v
	}
	return w.texts
}

// constant returns the name of the constant for a value.
func (w *viewer) constant(text string) string {
	if !w.upper {
		return lowerCamel(text)
	}
	return strings.ToUpper(strings.Join(words(text), "_"))
}

// remark is a text as a part of a comment. Comments of Kotlin nest.
func remark(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(oneLine(text), "*/", "* /"), "/*", "/ *")
}

// words returns the parts of a text between characters that no identifier has. The first begins
// with a letter.
func words(text string) []string {
	list := strings.FieldsFunc(plain(text), func(c rune) bool { return c == '_' })
	if len(list) == 0 || list[0][0] >= '0' && list[0][0] <= '9' {
		list = append([]string{"x"}, list...)
	}
	return list
}

// lowerCamel is a text as an identifier that begins with a lower-case letter.
func lowerCamel(text string) string {
	list := words(text)
	first := list[0]
	if first == strings.ToUpper(first) {
		first = strings.ToLower(first)
	}
	return strings.ToLower(first[:1]) + first[1:] + schema.Pascal(strings.Join(list[1:], "_"))
}

// plain is a text with "_" in place of what is no letter or digit of ASCII.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return c
		}
		return '_'
	}, text)
}

// quoted returns a function that quotes a text. special are characters that need a backslash, beside
// the quotation mark and the backslash; code is the form of other escapes.
func quoted(special, code string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for _, c := range text {
			switch {
			case c == '"' || c == '\\' || strings.ContainsRune(special, c):
				b.WriteRune('\\')
				b.WriteRune(c)
			case unicode.IsPrint(c) || c > 0xFFFF: // an escape has four digits
				b.WriteRune(c)
			default:
				fmt.Fprintf(&b, code, c)
			}
		}
		return `"` + b.String() + `"`
	}
}

//go:embed dart.tmpl kotlin.tmpl swift.tmpl
var templates embed.FS

func parse(file string) *template.Template {
	return template.Must(template.ParseFS(templates, file))
}
