// The fields of an open form that somebody else renames or removes meanwhile.

package records

import (
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// idMark and the name of a field are the name of a mark that holds the id of the field.
const idMark = "#"

// told is the mark in the place of an id after the form has shown that the field is removed. The next
// save leaves out the value.
const told = "-"

// follower finds the fields of a form that was opened with an earlier definition of the collection.
type follower struct {
	in      *schema.Collection
	marks   form.Marks
	inputs  map[string]string // the names in the form of renamed fields, by their present names
	removed []string          // the names in the form of fields that are removed
}

// follow renames the inputs of renamed fields in the sent form to the present names of the fields, and
// takes the inputs of removed fields out.
func follow(c *console.Call, in *schema.Collection) *follower {
	w := &follower{in: in, marks: form.MarksIn(c.R.PostForm), inputs: map[string]string{}}
	sent := url.Values{}
	for name, texts := range c.R.PostForm {
		if now := w.present(name); now != "" {
			sent[now] = texts
		} else if slices.ContainsFunc(texts, func(text string) bool { return text != "" }) {
			w.remove(name)
		}
	}
	c.R.PostForm = sent
	if c.R.MultipartForm == nil {
		return w
	}
	files := map[string][]*multipart.FileHeader{}
	for name, list := range c.R.MultipartForm.File {
		now := w.present(name)
		if now == "" {
			w.remove(name)
			now = "_" + name // no field has this name; form.Close removes the temporary files
		}
		files[now] = list
	}
	c.R.MultipartForm.File = files
	return w
}

// present returns the present name of an input, "" for an input of a removed field.
func (w *follower) present(name string) string {
	field, _, _ := strings.Cut(name, ".")
	f := w.in.Field(field)
	if id, known := w.marks[idMark+field]; known {
		f = w.in.FieldByID(id)
	}
	switch {
	case strings.HasPrefix(name, "_"):
		return name
	case f == nil:
		return ""
	case f.Name != field:
		w.inputs[f.Name] = field
	}
	return f.Name + strings.TrimPrefix(name, field)
}

// remove adds the field of an input to the removed fields, unless the form has shown this before.
func (w *follower) remove(name string) {
	field, _, _ := strings.Cut(name, ".")
	if w.marks[idMark+field] != told && !slices.Contains(w.removed, field) {
		w.removed = append(w.removed, field)
	}
}

// input returns the name in the form of a field.
func (w *follower) input(field string) string {
	if name, is := w.inputs[field]; is {
		return name
	}
	return field
}

// refuse answers with a problem at each removed field. The next save of the form leaves them out.
func (w *follower) refuse(c *console.Call) error {
	var list []form.Problem
	for _, name := range w.removed {
		list = append(list, form.Problem{Name: name, Message: "Somebody else has removed this field. Nothing is stored yet: copy what you want to keep, and save again to store the rest."})
		if w.marks != nil {
			w.marks[idMark+name] = told
		}
	}
	if w.marks == nil { // a dialog over another form
		return form.Refuse(c, http.StatusConflict, list)
	}
	return form.Conflict(c, list, w.marks.Text())
}

// words tells the present names of renamed fields, after "Saved".
func (w *follower) words() string {
	var list []string
	for _, now := range slices.Sorted(maps.Keys(w.inputs)) {
		list = append(list, w.inputs[now]+" is called "+now+" now")
	}
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list, ", ")
}
