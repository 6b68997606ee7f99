package collections

import (
	"strings"

	"github.com/loambase/loam/admin/internal/ui"
)

// summary describes the options of a field for its heading, such as "2 to 10 characters".
func (f field) summary() string {
	var parts []string
	add := func(words string) {
		if words != "" {
			parts = append(parts, words)
		}
	}
	switch f.kind {
	case "text", "password":
		add(ui.Limits(f.option("min"), f.option("max"), " characters"))
		add(f.option("pattern"))
	case "number":
		add(ui.Limits(f.option("min"), f.option("max"), ""))
		add(f.when("onlyInt", "whole"))
	case "date":
		add(ui.Limits(f.option("min"), f.option("max"), ""))
	case "email", "url":
		add(listed("only ", f.option("onlyDomains")))
		add(listed("not ", f.option("exceptDomains")))
	case "select":
		add(listed("", f.option("values")))
		add(f.capacity())
	case "file":
		add(listed("", f.option("mimeTypes")))
		add(f.capacity())
		add(f.when("protected", "protected"))
	case "relation":
		add(f.target())
		add(f.capacity())
		add(f.when("cascadeDelete", "deleted along"))
	case "autodate":
		add(f.when("onCreate", "on create"))
		add(f.when("onUpdate", "on update"))
	}
	return strings.Join(parts, ", ")
}

// option returns the text of an option; "" for a 0, which means no limit, unless the field is a
// number.
func (f field) option(name string) string {
	text := f.document.Text("fields." + f.key + "." + name)
	if text == "0" && f.kind != "number" {
		return ""
	}
	return text
}

func (f field) when(option, words string) string {
	if f.on(option) {
		return words
	}
	return ""
}

// capacity describes the maximum number of values of the field, "" for a field with a single value.
func (f field) capacity() string {
	if most := f.option("maxSelect"); most != "" && most != "1" {
		return "up to " + most
	}
	return ""
}

// target returns the name of the target of a relation.
func (f field) target() string {
	id := f.option("collectionId")
	for _, in := range f.inputs {
		for _, o := range in.Options {
			if o.Value == id {
				return o.Label
			}
		}
	}
	return id
}

// listed joins the first three lines by commas and adds the number of further lines. before is put
// in front. The result for an empty text is "".
func listed(before, lines string) string {
	const most = 3
	if lines == "" {
		return ""
	}
	list := strings.Split(lines, "\n")
	if len(list) <= most {
		return before + strings.Join(list, ", ")
	}
	return before + strings.Join(list[:most], ", ") + " and " + ui.Number(len(list)-most) + " more"
}
