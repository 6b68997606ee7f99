package form

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Kind is the kind of an input.
type Kind int

// The kinds of inputs.
const (
	Text   Kind = iota
	Number      // a whole number
	Switch
	Choice  // one of Options
	Lines   // a list of texts, one per line
	Secret  // never shown; an empty input keeps the stored value
	Decimal // a number that may be missing
	Code    // text of several lines
	Colour
	Moment // a date and time, stored in UTC
	Cron   // a cron expression, with the Options as presets and a preview of the next times
	Rule   // an expression of the rule language; the page must load editor.js
)

// Input describes the input of one value of a document. A form is a list of Inputs.
type Input struct {
	Name        string // the path of the value in the document, such as "smtp.host"
	Label, Help string
	Kind        Kind
	Options     []Option // the options of a Choice; the presets of a Colour, a Cron or Lines
	Unit        string   // of a Number; signin.js adds the value in larger units to seconds, "s"
	Names       string   // of a Rule: the address that completes names
	Mono, Wide  bool
	Whole       bool // of a Choice: the values of the options are whole numbers
	Unset       bool // of a Secret: no value is stored, so the form offers no clearing
}

// Option is a value that can be chosen, with its label.
type Option struct{ Value, Label string }

// offers reports whether the value is one of the options.
func (in Input) offers(value string) bool {
	return slices.ContainsFunc(in.Options, func(o Option) bool { return o.Value == value })
}

// Group is a heading of a form and the inputs below it.
type Group struct {
	Title, About string
	Inputs       []Input
}

// Document is a JSON object whose values are shown in inputs.
type Document map[string]any

// Open converts a value, whose JSON is an object, to a Document.
func Open(v any) (Document, error) {
	text, err := schema.Marshal(v)
	if err != nil {
		return nil, err
	}
	var d Document
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return d, decoder.Decode(&d)
}

// Text returns the text of a value for its input, "" for a missing value. name is a path.
func (d Document) Text(name string) string { return d.text(name) }

// Text returns the text that an unchanged form sends for the value in the document.
func (in Input) Text(d Document) string {
	if in.Kind == Switch {
		return strconv.FormatBool(d.On(in.Name))
	}
	return d.text(in.Name)
}

// NewKey returns a key for a new entry of a list, by which the names of its inputs differ from those
// of other entries.
func NewKey() string { return "new" + strings.ToLower(schema.RandomString(8, schema.AlphabetID)) }

// At returns the text at the index, "" if the list has no such index.
func At(list []string, i int) string {
	if i < 0 || i >= len(list) {
		return ""
	}
	return list[i]
}

// Sent returns the text that a form has sent for an input, with lines that end with \n.
func Sent(sent url.Values, name string) string {
	texts := sent[name] // a switch that is on sends "false" and "true"
	if len(texts) == 0 {
		return ""
	}
	return strings.ReplaceAll(texts[len(texts)-1], "\r\n", "\n")
}

// at returns the value at a path, nil for a missing value.
func (d Document) at(name string) any {
	var v any = map[string]any(d)
	for part := range strings.SplitSeq(name, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[part]
	}
	return v
}

// text returns the text of a value for its input.
func (d Document) text(name string) string {
	switch v := d.at(name).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		var lines []string
		for _, item := range v {
			if line, ok := item.(string); ok {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// On reports whether the value at a path is true.
func (d Document) On(name string) bool {
	on, _ := d.at(name).(bool)
	return on
}

// clears is the suffix of the name of the switch that clears a Secret.
const clears = "!clear"

// Cleared reports whether the form clears the Secret with the name.
func Cleared(sent url.Values, name string) bool { return sent.Get(name+clears) == "true" }

// Patch returns the sent values as nested objects. Inputs that are missing in the request, and
// empty Secrets, are left out. A text that is not a value of its input becomes a problem.
func Patch(groups []Group, sent url.Values) (change map[string]any, problems []Problem) {
	change = map[string]any{}
	for _, g := range groups {
		for _, in := range g.Inputs {
			if in.Kind == Secret && Cleared(sent, in.Name) {
				Put(change, in.Name, "")
				continue
			}
			if !sent.Has(in.Name) {
				continue
			}
			value, wrong := in.value(Sent(sent, in.Name))
			switch {
			case wrong != "":
				problems = append(problems, Problem{Name: in.Name, Message: wrong})
			case value != nil:
				Put(change, in.Name, value)
			}
		}
	}
	return change, problems
}

// Put sets the value at a path, such as "smtp.host", in nested objects.
func Put(object map[string]any, name string, value any) {
	first, rest, nested := strings.Cut(name, ".")
	if !nested {
		object[name] = value
		return
	}
	inner, ok := object[first].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[first] = inner
	}
	Put(inner, rest, value)
}

// value parses the text of an input; it returns nil for an empty Secret. wrong is a message about a
// text that is not a value, else "".
func (in Input) value(text string) (value any, wrong string) {
	kind := in.Kind
	if kind == Choice && in.Whole {
		kind = Number
	}
	switch kind {
	case Number:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil && strings.TrimSpace(text) != "" {
			return nil, "This is no whole number."
		}
		return n, ""
	case Decimal:
		if text = strings.TrimSpace(text); text == "" {
			return json.RawMessage("null"), ""
		}
		return decimal(text)
	case Moment:
		if _, ok := schema.ParseTime(text); !ok && strings.TrimSpace(text) != "" {
			return nil, "This is no time. A time is written as 2027-03-15 08:00."
		}
	case Switch:
		return text == "true", ""
	case Lines:
		list := []string{}
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				list = append(list, line)
			}
		}
		return list, ""
	case Secret:
		if text == "" {
			return nil, ""
		}
	}
	return text, ""
}

// decimal converts a typed number to JSON. A number that is valid JSON keeps its digits.
func decimal(text string) (value any, wrong string) {
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil, math.IsInf(n, 0), math.IsNaN(n), strings.ContainsAny(text, "_xX"):
		return nil, "This is no number. A decimal point is a dot."
	case !json.Valid([]byte(text)): // .5, +5 and 05 are not valid JSON
		text = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return json.RawMessage(text), ""
}
