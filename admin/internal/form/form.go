// Package form has what all forms of the console share: reading what was sent, and saying
// what is wrong with it.
//
// A form that scripts send (data-form) keeps on the page what was
// typed, whatever the answer: form.js puts each problem under its input. Only what was
// changed is sent, so an input that is missing stays as it is.
package form

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/fault"
)

// Small is the greatest body of a form without files, in bytes.
const Small = 8 << 20

// inMemory is how much of the files of a form is kept in memory.
const inMemory = 1 << 20

// Read reads the form of the call, of up to limit bytes. What it holds is in
// c.R.PostForm and c.R.MultipartForm; Close removes its temporary files.
func Read(c *console.Call, limit int64) error {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, limit)
	err := c.R.ParseMultipartForm(inMemory)
	if errors.Is(err, http.ErrNotMultipart) { // then it has parsed the other kind of form
		err = nil
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fault.New(fault.TooLarge, "This is larger than the server takes.")
	case err != nil:
		return fault.Wrap(fault.Invalid, "The form could not be read.", err)
	}
	return nil
}

// Close removes what Read has left in temporary files.
func Close(c *console.Call) {
	if c.R.MultipartForm != nil {
		c.R.MultipartForm.RemoveAll() //nolint:errcheck // the system removes what is left
	}
}

// Problem is what is wrong with an input, or with the form if it has no Name. Stored offers to take
// the stored value in the place of the typed one.
type Problem struct {
	Name, Message string
	Stored        bool
}

// Fail answers a form that was refused: 422 and the problems, which go to their inputs. An
// error that is not about the input is returned.
func Fail(c *console.Call, err error) error {
	return FailAt(c, err, func(name string) string { return name })
}

// FailAt is Fail for a form whose inputs have other names than the values of the service; input returns
// the name of the input for the name of a value.
func FailAt(c *console.Call, err error, input func(name string) string) error {
	problems, err := console.Problems(err)
	if err != nil {
		return err
	}
	list := sorted(problems)
	for i := range list {
		list[i].Name = input(list[i].Name)
	}
	return Refuse(c, http.StatusUnprocessableEntity, list)
}

// Refuse is Fail for problems that are known already.
func Refuse(c *console.Call, status int, list []Problem) error {
	c.W.Header().Set("HX-Retarget", "find [data-problems]")
	c.W.Header().Set("HX-Reswap", "outerHTML")
	return c.PartAs(status, Problems(list))
}

func sorted(problems map[string]string) (list []Problem) {
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		list = append(list, Problem{Name: name, Message: problems[name]})
	}
	return list
}

// Conflict answers a form whose fields somebody else has changed: 409, the problems, and
// the marks of what is stored now, as the form's value _base.
func Conflict(c *console.Call, list []Problem, base string) error {
	c.W.Header().Set("HX-Retarget", "find [data-problems]")
	c.W.Header().Set("HX-Reswap", "outerHTML")
	return c.PartAs(http.StatusConflict, conflict(list, base))
}

// outOfBand lets htmx put a part into its place wherever that is.
func outOfBand(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"hx-swap-oob": "true"}
}
