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

// Views is a Language that decodes JSON to maps. The class of a record holds the decoded JSON, and
// its properties read that JSON. The class of a body has properties that write JSON: a property
// that was not set is not sent, and a property that was set to null empties the field.
type Views struct {
	name string
	source
}

// Name returns the name of the language.
func (v Views) Name() string { return v.name }

// Write returns the source file with the classes of all records of the model.
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
		panic(err) // the template is wrong
	}
	return out.Bytes()
}

// source defines how the code of Views looks in one language.
type source struct {
	template  *template.Template
	keywords  []string // names that no declaration can have
	types     []string // types of the language that the template uses
	helpers   []string // types that the template declares; renamed if a record has the name
	members   []string // members that every class has
	constants []string // members that every enumeration has
	upper     bool     // constants are UPPER_CASE, not lowerCamelCase

	texts   value // all types that are not in values
	values  map[shape.Base]value
	list    value // a list of texts
	choices value // a list of choices
	absent  value // a text that is null for some callers
	quote   func(text string) string
	self    string // prefix of the name of a property in write
}

// value defines the code that declares a property, reads its value from JSON and writes the value
// to JSON. {X} stands for the JSON in read and for the property, which may be null, in write; {E}
// stands for the enumeration of a choice, {P}, {J} and {W} for the helpers GeoPoint, JSONValue and
// Wire.
type value struct {
	kind        string
	null        bool // the property of a record is nullable
	read, write string
}

// The data of the templates.
type (
	viewFile struct {
		Views   []view
		Helpers map[string]string // the names of the types that the template declares
	}
	view struct {
		Collection, Literal string // the name of the collection in a comment, and as a literal
		Constant, Name      string // the names of the constant of the collection, and of the class
		Members             []member
		Identified          bool   // whether a member is named "id"
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
		Extension   string // the name of an extension of the enumeration
		Constants   []constant
	}
	constant struct{ Name, Value string }
	body     struct {
		Name, Does string
		Members    []member
	}
)

// Required returns the members that a request must have.
func (b body) Required() (list []member) {
	for _, m := range b.Members {
		if m.Required {
			list = append(list, m)
		}
	}
	return list
}

// viewer is the state of a call of Views.Write.
type viewer struct {
	source
	taken   names // the names of types
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

// memberNames returns the names that no member of a class can have: keywords, the members of every
// class, and the types of records, because a member hides a type of the same name in its class.
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

// body returns the class of a body. The class has no members for uploads, which JSON cannot carry.
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

// constant returns the name of the constant for a text.
func (w *viewer) constant(text string) string {
	if !w.upper {
		return lowerCamel(text)
	}
	return strings.ToUpper(strings.Join(words(text), "_"))
}

// remark returns the text for use in a comment: in one line, without the marks that begin and end
// comments. The begin is a problem in Kotlin and Swift, whose comments nest.
func remark(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(oneLine(text), "*/", "* /"), "/*", "/ *")
}

// words splits a text at all characters but letters and digits of ASCII. The first word begins with
// a letter: if necessary, words puts "x" before the others.
func words(text string) []string {
	list := strings.FieldsFunc(plain(text), func(c rune) bool { return c == '_' })
	if len(list) == 0 || list[0][0] >= '0' && list[0][0] <= '9' {
		list = append([]string{"x"}, list...)
	}
	return list
}

// lowerCamel returns the text as an identifier in lowerCamelCase.
func lowerCamel(text string) string {
	list := words(text)
	first := list[0]
	if first == strings.ToUpper(first) {
		first = strings.ToLower(first)
	}
	return strings.ToLower(first[:1]) + first[1:] + schema.Pascal(strings.Join(list[1:], "_"))
}

// plain replaces all characters but letters and digits of ASCII by "_".
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return c
		}
		return '_'
	}, text)
}

// quoted returns a function that returns a text as a string literal. The characters in special get
// a backslash, as the quotation mark and the backslash do. code is the format of the escapes of
// characters that cannot be printed.
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
