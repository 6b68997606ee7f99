package records

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// decode turns the request's form into the input of a write. The input has only the fields in the
// form; sent holds their names. A text that is not a value of its field becomes a problem.
func decode(c *console.Call, in *schema.Collection) (input record.Input, sent []string, problems []form.Problem, err error) {
	input.Body, input.Files = map[string]any{}, map[string][]*blob.Upload{}
	for _, f := range in.Fields {
		if !isEditable(in, f) {
			continue
		}
		value, ok, wrong := valueFrom(c, f)
		switch {
		case wrong != "":
			problems = append(problems, form.Problem{Name: f.Name, Message: wrong})
		case ok:
			input.Body[f.Name], sent = value, append(sent, f.Name)
			if f.Name == "password" && in.IsAuth() {
				input.Body["passwordConfirm"] = value
			}
		}
		if input.Files[f.Name], err = uploads(c, f); err != nil {
			return input, nil, nil, err
		}
		if len(input.Files[f.Name]) == 0 {
			delete(input.Files, f.Name)
		} else if !ok {
			sent = append(sent, f.Name)
		}
	}
	return input, sent, problems, nil
}

// valueFrom reads the value of a field from the form. ok is false if the form has no such field;
// wrong is a message about a text that is not a value of the field, else "".
func valueFrom(c *console.Call, f *schema.Field) (value any, ok bool, wrong string) {
	if f.Kind.Class() == schema.ClassPoint {
		return pointFrom(c, f)
	}
	if f.IsPassword() && c.R.PostForm.Get(f.Name+".clear") == "true" {
		return "", true, ""
	}
	texts, ok := c.R.PostForm[f.Name]
	if !ok {
		return nil, false, ""
	}
	last := strings.ReplaceAll(texts[len(texts)-1], "\r\n", "\n") // browsers send line ends as CRLF
	switch f.Kind.Class() {
	case schema.ClassChoice:
		var list []string
		for _, text := range texts {
			if text != "" { // an empty first value marks the field as sent
				list = append(list, text)
			}
		}
		if f.Multiple() {
			return list, true, ""
		}
		return strings.Join(list, ""), true, ""
	case schema.ClassNumber:
		return numberFrom(last)
	case schema.ClassDate:
		return dateFrom(last)
	case schema.ClassBool:
		return last == "true", true, ""
	case schema.ClassJSON:
		return jsonFrom(last)
	case schema.ClassPassword:
		return last, last != "", "" // an empty input keeps the stored password
	}
	if f.IsID() && last == "" {
		return nil, false, "" // the server generates the id
	}
	return last, true, ""
}

func numberFrom(text string) (value any, ok bool, wrong string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0.0, true, ""
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return nil, false, "This is no number. A decimal point is a dot."
	}
	return json.Number(text), true, ""
}

// dateFrom refuses a text that is not a date. The record service would store "" for it, as for such
// a text in the API, and so erase the stored date.
func dateFrom(text string) (value any, ok bool, wrong string) {
	text = strings.TrimSpace(text)
	if _, isTime := schema.ParseTime(text); text != "" && !isTime {
		return nil, false, "This is no date. Dates are written as 2027-03-15 08:00:00Z."
	}
	return text, true, ""
}

func jsonFrom(text string) (value any, ok bool, wrong string) {
	if strings.TrimSpace(text) == "" {
		return json.RawMessage("null"), true, ""
	}
	var any json.RawMessage
	if err := json.Unmarshal([]byte(text), &any); err != nil {
		return nil, false, "This is no JSON: " + err.Error() + "."
	}
	return any, true, ""
}

func pointFrom(c *console.Call, f *schema.Field) (value any, ok bool, wrong string) {
	point := map[string]any{}
	for _, part := range []string{"lon", "lat"} {
		name := f.Name + "." + part
		if !c.R.PostForm.Has(name) {
			continue
		}
		v, _, wrong := numberFrom(c.R.PostForm.Get(name))
		if wrong != "" {
			return nil, false, wrong
		}
		point[part] = v
	}
	if len(point) == 1 {
		return nil, false, "A point has a latitude and a longitude."
	}
	return point, len(point) > 0, ""
}

// uploads returns the files that the form uploads for a field.
func uploads(c *console.Call, f *schema.Field) (list []*blob.Upload, err error) {
	if c.R.MultipartForm == nil {
		return nil, nil
	}
	for _, part := range c.R.MultipartForm.File[f.Name] {
		if part.Filename == "" {
			continue
		}
		u, err := blob.NewUpload(part.Filename, opener(part), part.Size)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, "A file could not be read.", err)
		}
		list = append(list, u)
	}
	return list, nil
}

func opener(part *multipart.FileHeader) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return part.Open() }
}
