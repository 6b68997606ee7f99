package typed

import (
	_ "embed"
	"fmt"
	"go/format"
	"slices"
	"strings"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/core/schema"
)

// Go generates a package with the types of the records and a small client. The package imports the
// standard library only.
type Go struct{}

// Name returns "go".
func (Go) Name() string { return "go" }

// goClient is the part of the code that is the same for all collections. A name that a record may
// have is written as __Name__.
//
//go:embed client.go.txt
var goClient string

// Write returns the source file of the package.
func (Go) Write(m *shape.Model) []byte {
	w := &golang{taken: map[string]bool{}, types: map[*shape.Record]string{}}
	for _, r := range m.Records {
		w.types[r] = w.claim(goName(r.Name))
	}
	helper := map[string]string{}
	for _, name := range placeholder.FindAllString(goClient, -1) {
		if helper[name] == "" {
			helper[name] = w.claim(strings.Trim(name, "_"))
		}
	}
	w.helper = func(name string) string { return helper["__"+name+"__"] }
	w.text.WriteString(placeholder.ReplaceAllStringFunc(goClient, func(name string) string { return helper[name] }))
	methods := names{}
	for _, r := range m.Records {
		create, update := w.record(r)
		w.collection(r, create, update, methods)
	}
	text, err := format.Source([]byte(w.text.String()))
	if err != nil { // a mistake in this file: the text shows which
		return []byte(w.text.String())
	}
	return text
}

// names is a set of names that are taken.
type names map[string]bool

// claim returns the name, followed by as many "_" as it takes to be free, and adds it to the set.
func (n names) claim(name string) string {
	for n[name] {
		name += "_"
	}
	n[name] = true
	return name
}

// golang is the state of a call of Go.Write.
type golang struct {
	text   strings.Builder
	taken  names
	types  map[*shape.Record]string
	helper func(name string) string
}

func (w *golang) claim(name string) string { return w.taken.claim(name) }

func (w *golang) line(format string, arguments ...any) {
	fmt.Fprintf(&w.text, format+"\n", arguments...)
}

// record writes the structs of a record, of its relations, and of the bodies that create and update
// it. It returns the names of the structs of the bodies.
func (w *golang) record(r *shape.Record) (create, update string) {
	name := w.types[r]
	w.line("\n// %s is a record of the collection %s.\ntype %s struct {", name, oneLine(r.Collection.Name), name)
	choices := map[string]string{}  // the types of choices, by the names of fields
	fields := names{"Expand": true} // the names of the fields of the struct
	for _, m := range r.Members {
		field := fields.claim(goName(m.Name))
		if m.Type.Base == shape.Choice {
			choices[m.Name] = w.claim(name + field)
		}
		w.field(field, m.Name, w.typeOf(m.Type, choices[m.Name]), "", m.Field)
	}
	expand := ""
	if len(r.Expand) > 0 {
		expand = w.claim(name + "Expand")
		w.line("Expand %s `json:\"expand\"`", expand)
	}
	w.line("}")
	for _, m := range r.Members {
		if m.Type.Base == shape.Choice {
			w.choice(choices[m.Name], m)
		}
	}
	if expand != "" {
		w.line("\n// %s has the records that were expanded. Those that the caller may not see are left out.\ntype %s struct {", expand, expand)
		fields := names{}
		for _, e := range r.Expand {
			kind := "*" + w.types[e.Target]
			if e.List {
				kind = "[]" + w.types[e.Target]
			}
			w.field(fields.claim(goName(e.Name)), e.Name, kind, "", nil)
		}
		w.line("}")
	}
	create, update = w.helper("Never"), w.helper("Never")
	if r.Create {
		create = w.inputs(name+"Create", "creates", r, r.New, choices)
	}
	if r.Update {
		update = w.inputs(name+"Update", "updates", r, r.Changes, choices)
	}
	return create, update
}

// choice writes the type of a field with a list of values, and a constant for each.
func (w *golang) choice(name string, m shape.Member) {
	w.line("\n// %s is a value of the field %s.\ntype %s string\n\n// The values.\nconst (", name, oneLine(m.Name), name)
	for _, value := range m.Type.Values {
		w.line("%s %s = %s", w.claim(name+goName(value)), name, goText(value))
	}
	w.line(")")
}

// inputs writes the struct of a body, and returns the name of the struct. A required field is a
// value. Any other field is a pointer, a list or JSON, which is not sent if it is nil. The struct
// has no fields for uploads, which JSON cannot carry.
func (w *golang) inputs(name, does string, r *shape.Record, inputs []shape.Input, choices map[string]string) string {
	name = w.claim(name)
	w.line("\n// %s %s a record of the collection %s. Fields that are nil are not sent.\ntype %s struct {", name, does, oneLine(r.Collection.Name), name)
	fields := names{}
	for _, in := range inputs {
		if in.Type.Base == shape.File && in.Modifier != "-" {
			continue
		}
		field, choice := goName(in.Name), ""
		if in.Field != nil {
			choice = choices[in.Field.Name]
			if field = goName(in.Field.Name); in.Modifier != "" {
				field += map[string]string{"+": "Add", "-": "Remove"}[in.Modifier]
			}
		}
		kind, option := w.typeOf(in.Type, choice), ",omitzero"
		switch {
		case in.Required:
			option = ""
		case !in.Type.List && in.Type.Base != shape.JSON:
			kind = "*" + kind
		}
		help := in.Field
		if in.Modifier != "" {
			help = nil
		}
		w.field(fields.claim(field), in.Name, kind, option, help)
	}
	w.line("}")
	return name
}

func (w *golang) field(name, key, kind, option string, f *schema.Field) {
	if f != nil && f.Help != "" {
		w.line("// %s", oneLine(f.Help))
	}
	tag := "`json:" + goText(key+option) + "`"
	if strings.Contains(key, "`") { // the name of an imported field may have any character
		tag = goText("json:" + goText(key+option))
	}
	w.line("%s %s %s", name, kind, tag)
}

// oneLine returns the text in one line, for use in a comment.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (w *golang) typeOf(t shape.Type, choice string) string {
	one := "string"
	switch t.Base {
	case shape.Moment:
		one = w.helper("Moment")
	case shape.Number:
		one = "float64"
	case shape.Integer:
		one = "int64"
	case shape.Bool:
		one = "bool"
	case shape.JSON:
		return "json.RawMessage"
	case shape.Point:
		one = w.helper("Point")
	case shape.Choice:
		one = choice
	}
	if t.List {
		return "[]" + one
	}
	return one
}

// collection writes the method of the client for a collection.
func (w *golang) collection(r *shape.Record, create, update string, methods names) {
	kind := fmt.Sprintf("%s[%s, %s, %s]", w.helper("Collection"), w.types[r], create, update)
	method := methods.claim(goName(r.Collection.Name))
	w.line("\n// %s are the records of the collection %s.\nfunc (c *%s) %s() %s {\nreturn %s{c, %s}\n}", method, oneLine(r.Collection.Name),
		w.helper("Client"), method, kind, kind, goText(r.Collection.Name))
}

// goName returns the text as an exported identifier.
func goName(text string) string {
	parts := strings.Split(plain(text), "_")
	for i, part := range parts {
		if upper := strings.ToUpper(part); slices.Contains([]string{"ID", "URL", "JSON", "HTML", "API", "IP"}, upper) {
			parts[i] = upper
		}
	}
	name := schema.Pascal(strings.Join(parts, "_"))
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "X" + name
	}
	if rest, ok := strings.CutSuffix(name, "Id"); ok {
		name = rest + "ID"
	}
	return name
}

// goText returns the text as a string literal, which can also be a part of the tag of a field.
func goText(text string) string { return string(schema.AppendString(nil, text)) }
