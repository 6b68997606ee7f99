// Package definition keeps collections as files, one in JSON or YAML for each, in a fixed order, so
// that people can read and compare them. The files do not contain data that each installation sets
// itself: times, the flag of system collections, secrets, and the fields of views, which follow
// from their queries.
package definition

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/yaml"
)

// Format is the language of a file.
type Format string

// The formats, by the endings of file names.
const (
	JSON Format = ".json"
	YAML Format = ".yaml"
)

// Text returns the collection as the text of a file. Equal collections have equal texts.
func Text(c *schema.Collection, f Format) ([]byte, error) {
	text, err := schema.Marshal(c)
	if err != nil {
		return nil, err
	}
	list, err := members(text)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(m member) bool {
		return slices.Contains([]string{"created", "updated", "system", "warnings"}, m.key) || m.key == "fields" && c.IsView()
	})
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range inOrder(list) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(schema.AppendString(nil, m.key))
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	if f == YAML {
		return yaml.FromJSON(b.Bytes())
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// member is a member of a JSON object.
type member struct {
	key   string
	value json.RawMessage
}

// members returns the members of an object in their order.
func members(object []byte) (list []member, err error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{key: key.(string)}
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// inOrder moves the members that identify the collection to the front.
func inOrder(list []member) []member {
	first := []string{"id", "name", "type"}
	slices.SortStableFunc(list, func(a, b member) int {
		x, y := slices.Index(first, a.key), slices.Index(first, b.key)
		if x < 0 {
			x = len(first)
		}
		if y < 0 {
			y = len(first)
		}
		return x - y
	})
	return list
}
