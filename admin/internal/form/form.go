// Package form reads the forms of the console and answers with the problems of their inputs.
//
// A form that a script sends (data-form) stays on the page with its typed values, whatever the
// answer is: form.js shows each problem below its input. Only changed inputs are sent, so a value
// without an input in the request keeps its stored value.
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

// Small is the size limit of a form without files, in bytes.
const Small = 8 << 20

// inMemory is the number of bytes of uploaded files that are kept in memory; the rest is written to
// temporary files.
const inMemory = 1 << 20

// Read parses the form of the call, of up to limit bytes, into c.R.PostForm and c.R.MultipartForm.
// The caller calls Close to remove temporary files.
func Read(c *console.Call, limit int64) error {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, limit)
	err := c.R.ParseMultipartForm(inMemory)
	if errors.Is(err, http.ErrNotMultipart) { // then ParseMultipartForm has parsed an URL-encoded form
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

// Close removes the temporary files of Read.
func Close(c *console.Call) {
	if c.R.MultipartForm != nil {
		c.R.MultipartForm.RemoveAll() //nolint:errcheck // the operating system removes remaining files
	}
}

// Problem is an error of the input Name, or of the whole form if Name is "". If Stored is true, the
// page offers to replace the typed value by the stored value.
type Problem struct {
	Name, Message string
	Stored        bool
}

// Fail answers 422 with the problems of an Invalid fault, which form.js shows at their inputs. Any
// other error is returned.
func Fail(c *console.Call, err error) error {
	return FailAt(c, err, func(name string) string { return name })
}

// FailAt is Fail for a form whose inputs have other names than the values of the service. input
// maps the name of a value to the name of its input.
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

// Refuse answers with a status and a list of problems.
func Refuse(c *console.Call, status int, list []Problem) error {
	return answer(c, status, Problems(list))
}

// answer answers with a part that replaces the list of problems of the form.
func answer(c *console.Call, status int, part templ.Component) error {
	c.W.Header().Set("HX-Retarget", "find [data-problems]")
	c.W.Header().Set("HX-Reswap", "outerHTML")
	return c.PartAs(status, part)
}

func sorted(problems map[string]string) (list []Problem) {
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		list = append(list, Problem{Name: name, Message: problems[name]})
	}
	return list
}

// Conflict answers 409 with the problems of a form whose fields another user has changed. base
// replaces the value of the input _base, so that the next save overwrites these changes.
func Conflict(c *console.Call, list []Problem, base string) error {
	return answer(c, http.StatusConflict, conflictAnswer(list, base))
}

// outOfBand returns the attribute by which htmx swaps a part outside of the target of the request;
// nil if is is false.
func outOfBand(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"hx-swap-oob": "true"}
}
