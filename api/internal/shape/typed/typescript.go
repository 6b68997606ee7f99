package typed

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/core/schema"
)

// TypeScript generates a module with the types of the records, for the official JavaScript SDK of
// PocketBase, and with functions that write filters.
type TypeScript struct{}

// Name returns "ts".
func (TypeScript) Name() string { return "ts" }

// client is the part of the module that is the same for all collections. A name that a record may
// have is written as __Name__.
//
//go:embed client.ts
var client string

// Write returns the module.
func (TypeScript) Write(m *shape.Model) []byte {
	w := &typeScript{model: m}
	w.line("// Made by \"loam generate types\" from the collections. Changes will be lost.")
	w.line("import type { RecordListOptions, RecordOptions, RecordService, RecordSubscription, SendOptions, UnsubscribeFunc } from 'pocketbase';")
	w.line("import type PocketBase from 'pocketbase';")
	for _, r := range m.Records {
		w.record(r)
	}
	w.collections()
	w.text.WriteString(placeholder.ReplaceAllStringFunc(client, func(name string) string {
		return free(m, strings.Trim(name, "_"))
	}))
	return []byte(w.text.String())
}

var placeholder = regexp.MustCompile(`__[A-Za-z]+__`)

type typeScript struct {
	model *shape.Model
	text  strings.Builder
}

func (w *typeScript) line(format string, arguments ...any) {
	if len(arguments) > 0 {
		format = fmt.Sprintf(format, arguments...)
	}
	w.text.WriteString(format + "\n")
}

// record writes the interface of a record, and a namespace with the interfaces of its bodies and
// its relations.
func (w *typeScript) record(r *shape.Record) {
	w.line("\n%s", comment("", "A record of the collection "+r.Collection.Name+"."))
	w.line("export interface %s {", r.Name)
	for _, m := range r.Members {
		w.member("  ", m.Name, w.typeOf(m.Type, false), m.Optional, m.Field)
	}
	if len(r.Expand) > 0 {
		w.line("  expand?: %s.Expand;", r.Name)
	}
	w.line("}")
	w.line("export namespace %s {", r.Name)
	if r.Create {
		w.inputs("Create", r.New)
	}
	if r.Update {
		w.inputs("Update", r.Changes)
	}
	w.line("  /** What can be expanded. A record that the caller may not see is left out. */")
	w.line("  export interface Expand {")
	for _, e := range r.Expand {
		w.line("    %s?: %s%s;", property(e.Name), w.target(e.Target), map[bool]string{true: "[]"}[e.List])
	}
	w.line("  }")
	w.line("}")
}

// target returns the type of a record as it is written inside of a namespace, where Create, Update
// and Expand are other types.
func (w *typeScript) target(r *shape.Record) string {
	switch r.Name {
	case "Create", "Update", "Expand":
		return w.helper("Collections") + "[" + literal(r.Collection.Name) + "]['record']"
	}
	return r.Name
}

func (w *typeScript) inputs(name string, inputs []shape.Input) {
	w.line("  export interface %s {", name)
	for _, in := range inputs {
		field := in.Field
		t := w.typeOf(in.Type, true)
		if in.Modifier != "" {
			field = nil
			if in.Type.List {
				t = w.modified(in)
			}
		}
		w.member("    ", in.Name, t, !in.Required, field)
	}
	w.line("  }")
}

// modified returns the type of the values that a modifier adds to a list or removes from it.
func (w *typeScript) modified(in shape.Input) string {
	if in.Type.Base == shape.File && in.Modifier == "-" {
		return "string | string[]"
	}
	one := in.Type
	one.List = false
	return w.typeOf(one, true) + " | " + w.typeOf(in.Type, true)
}

func (w *typeScript) member(indent, name, typeText string, optional bool, f *schema.Field) {
	if f != nil && f.Help != "" {
		w.line("%s", comment(indent, f.Help))
	}
	mark := ""
	if optional {
		mark = "?"
	}
	w.line("%s%s%s: %s;", indent, property(name), mark, typeText)
}

// typeOf returns the type of a property of a body if written is set, else of a record.
func (w *typeScript) typeOf(t shape.Type, written bool) string {
	one := w.single(t, written)
	if !t.List {
		return one
	}
	if strings.Contains(one, "|") {
		one = "(" + one + ")"
	}
	return one + "[]"
}

func (w *typeScript) single(t shape.Type, written bool) string {
	switch t.Base {
	case shape.Number, shape.Integer:
		return "number"
	case shape.Bool:
		return "boolean"
	case shape.JSON:
		return w.helper("Json")
	case shape.Point:
		return "{ lon: number; lat: number }"
	case shape.Choice, shape.Literal:
		return union(t)
	case shape.Moment:
		if written {
			return "string | globalThis.Date"
		}
	case shape.Password:
		if !written {
			return "''"
		}
	case shape.File:
		if written {
			return "string | globalThis.File | globalThis.Blob"
		}
	}
	return "string"
}

func (w *typeScript) helper(name string) string { return free(w.model, name) }

// union returns the union type of the values.
func union(t shape.Type) string {
	var all []string
	for _, value := range t.Values {
		all = append(all, literal(value))
	}
	if t.Empty {
		all = append(all, "''")
	}
	return strings.Join(all, " | ")
}

// collections writes the interface with the types of all collections, by the names of the
// collections.
func (w *typeScript) collections() {
	w.line("\n/** The types of each collection, by its name; never for what it does not allow. */")
	w.line("export interface %s {", w.helper("Collections"))
	for _, r := range w.model.Records {
		bodies := map[bool]string{true: "never"}
		create, update := bodies[!r.Create], bodies[!r.Update]
		if r.Create {
			create = r.Name + ".Create"
		}
		if r.Update {
			update = r.Name + ".Update"
		}
		var to []string
		for _, e := range r.Expand {
			to = append(to, property(e.Name)+": "+literal(e.Target.Collection.Name))
		}
		w.line("  %s: { record: %s; create: %s; update: %s; relations: { %s }; auth: %t };",
			property(r.Collection.Name), r.Name, create, update, strings.Join(to, "; "), r.Collection.IsAuth())
	}
	w.line("}")
}

var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// property returns the key of a property of an interface. A name that is no identifier is quoted.
func property(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return literal(name)
}

// literal returns the text as a string literal.
func literal(text string) string {
	quoted := string(schema.AppendString(nil, text))
	if !strings.ContainsAny(text, `'"\`) && quoted == `"`+text+`"` {
		return "'" + text + "'"
	}
	return quoted
}

// comment returns the text as a documentation comment in one line.
func comment(indent, text string) string {
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "*/", "* /")
	return indent + "/** " + text + " */"
}
