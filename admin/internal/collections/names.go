package collections

import (
	"maps"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
)

// checkNames answers with a JSON object: the problems of the typed names by the names of their
// inputs.
func checkNames(c *console.Call) error {
	in, t, err := readDraft(c)
	if err != nil {
		return err
	}
	body := map[string]any{"name": t.sent.Get("name")}
	if in.View == nil {
		body["fields"] = t.names()
	}
	problems := map[string]string{}
	if _, err = planOf(c, in, body); err != nil {
		found, err := console.Problems(err)
		if err != nil {
			return err
		}
		for at, words := range found {
			if at == "name" || strings.HasSuffix(at, ".name") {
				problems[t.input(at)] = words
			}
		}
	}
	return c.JSON(problems)
}

// names returns a list of fields that changes only names, so that its plan converts no values:
// stored and new fields with the typed names, and deleted fields under other names. A new field
// without a name is left out.
func (t *draft) names() (fields []form.Document) {
	add := func(key, name string, f form.Document) {
		f = maps.Clone(f)
		f["name"] = name
		fields, t.fieldKeys = append(fields, f), append(t.fieldKeys, key)
	}
	kept := map[string]bool{}
	for _, key := range t.sent["order"] {
		at := "fields." + key
		name, f := t.sent.Get(at+".name"), t.stored(key)
		switch {
		case f != nil:
			kept[f.Text("id")] = true
			add(key, name, f)
		case name != "":
			add(key, name, form.Document{"type": t.sent.Get(at + ".type")})
		}
	}
	for i, f := range t.d.stored {
		if !kept[f.Text("id")] {
			add("", "deleted"+strconv.Itoa(i), f)
		}
	}
	return fields
}
