package settings

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// definitions are the collections of a file.
type definitions struct {
	text  string
	list  []json.RawMessage
	lines []int // by index in list: the number of the line on which the definition begins
}

// definitionsOf parses a file of collections: a JSON array of definitions, an object with such an
// array as its property collections, or a single definition. problem is a message about a file that
// has none of these, with the number of a line; else "".
func definitionsOf(text string) (d definitions, problem string) {
	d.text = strings.TrimPrefix(text, "\ufeff")
	begin := len(d.text) - len(strings.TrimLeft(d.text, " \t\r\n"))
	if begin == len(d.text) {
		return d, "Paste the JSON, or choose a file."
	}
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(d.text), &whole); err != nil {
		return d, fmt.Sprintf("Line %d is no JSON: %v.", sheet.LineOf(d.text, err, 0), err)
	}
	switch d.text[begin] {
	case '[':
		d.read(begin)
	case '{':
		if problem = d.readObject(begin); problem != "" {
			return d, problem
		}
	default:
		return d, fmt.Sprintf("Line %d: this is no list of collections.", d.line(begin))
	}
	if len(d.list) == 0 {
		return d, fmt.Sprintf("Line %d: the list has no collections.", d.line(begin))
	}
	for i, item := range d.list {
		if wrong := headProblem(item); wrong != "" {
			return d, fmt.Sprintf("Line %d: %s", d.lines[i], wrong)
		}
	}
	return d, ""
}

func (d *definitions) line(offset int) int { return 1 + strings.Count(d.text[:offset], "\n") }

func (d *definitions) add(item json.RawMessage, offset int) {
	d.list, d.lines = append(d.list, item), append(d.lines, d.line(offset))
}

// read adds the elements of the array at the offset, which is valid JSON.
func (d *definitions) read(offset int) {
	in := json.NewDecoder(strings.NewReader(d.text[offset:]))
	in.Token() //nolint:errcheck // skips the bracket
	for in.More() {
		var item json.RawMessage
		if in.Decode(&item) != nil {
			return
		}
		d.add(item, offset+int(in.InputOffset())-len(item))
	}
}

// readObject adds the object at the offset, or the elements of its property collections. The object
// is valid JSON.
func (d *definitions) readObject(offset int) (problem string) {
	in := json.NewDecoder(strings.NewReader(d.text[offset:]))
	in.Token() //nolint:errcheck // skips the brace
	for in.More() {
		key, err := in.Token()
		var value json.RawMessage
		if err != nil || in.Decode(&value) != nil {
			return ""
		}
		if key == "collections" {
			at := offset + int(in.InputOffset()) - len(value)
			if value[0] != '[' {
				return fmt.Sprintf("Line %d: collections is no list.", d.line(at))
			}
			d.read(at)
			return ""
		}
	}
	d.add(json.RawMessage(strings.TrimSpace(d.text)), offset)
	return ""
}

// headProblem returns a message about a definition without a valid name or id, else "".
func headProblem(item json.RawMessage) string {
	var head struct{ ID, Name *string }
	switch err := json.Unmarshal(item, &head); {
	case item[0] != '{':
		return "a collection is an object."
	case err != nil:
		return "the id and the name of a collection are texts."
	case head.ID == nil && head.Name == nil:
		return "this collection has no name."
	}
	return ""
}

// problemOf describes an Invalid fault of an import: for each wrong collection its line, its name,
// and the problems of its properties. Any other error is returned.
func (d *definitions) problemOf(err error) (string, error) {
	items := collection.ItemErrors(err)
	if len(items) == 0 {
		problems, err := console.Problems(err)
		return console.OneLine(problems, ""), err
	}
	var list []string
	for _, at := range items {
		problem, err := problemOfItem(at)
		if err != nil {
			return "", err
		}
		list = append(list, d.placeOf(at.Collection)+problem)
	}
	return strings.Join(list, " "), nil
}

// placeOf returns the line and the name of a collection of the file as the beginning of a message; ""
// if the file does not have it.
func (d *definitions) placeOf(in *schema.Collection) string {
	for i, item := range d.list {
		var head struct{ ID, Name string }
		json.Unmarshal(item, &head) //nolint:errcheck // headProblem has decoded the item
		if head.ID != "" && head.ID == in.ID || strings.EqualFold(head.Name, in.Name) {
			return fmt.Sprintf("Line %d, %s: ", d.lines[i], cmp.Or(head.Name, head.ID))
		}
	}
	return ""
}

// problemOfItem returns the problems of one collection. Any error other than an Invalid fault is
// returned.
func problemOfItem(at *collection.ItemError) (string, error) {
	var f *fault.Error
	var kind *json.UnmarshalTypeError
	switch {
	case !errors.As(at.Err, &f) || f.Kind != fault.Invalid:
		return "", at.Err
	case errors.As(at.Err, &kind):
		return fmt.Sprintf("%s cannot be a %s.", cmp.Or(strings.ToLower(kind.Field), "a field"), kind.Value), nil
	case len(f.Fields) == 0 && f.Err != nil:
		return strings.TrimPrefix(f.Err.Error(), "schema: ") + ".", nil
	}
	problems, err := console.Problems(f)
	return console.OneLine(named(at, problems), ""), err
}

// named replaces the index in the path of a field by the name of the field: "fields.2.max" becomes
// "title max".
func named(at *collection.ItemError, problems map[string]string) map[string]string {
	list := map[string]string{}
	for path, message := range problems {
		parts := strings.Split(path, ".")
		if len(parts) > 1 && parts[0] == "fields" {
			if i, err := strconv.Atoi(parts[1]); err == nil && i >= 0 && i < len(at.Collection.Fields) {
				path = strings.Join(append([]string{at.Collection.Fields[i].Name}, parts[2:]...), " ")
			}
		}
		list[path] = message
	}
	return list
}
