package api

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loambase/loam/admin"
)

// ConsoleInput replaces the input of a field in the console's form of a record by a custom element
// of the program. The usual input stays in the form, hidden, and has the value of the field; the
// element gets it as its property "input".
type ConsoleInput struct {
	Collection string // the name or id of the collection
	Field      string // the name of the field
	Element    string // the name of the custom element: lower-case letters, digits and "-", such as "shop-colour"
}

var (
	elementName = regexp.MustCompile(`^[a-z][a-z0-9]*-[a-z0-9-]*$`)

	// takenElements are the names of SVG and MathML elements, which HTML does not allow for custom
	// elements.
	takenElements = []string{"annotation-xml", "color-profile", "font-face", "font-face-src", "font-face-uri",
		"font-face-format", "font-face-name", "missing-glyph"}
)

// ConsoleInput adds an input to the console. A script of ConsoleFiles defines the custom element.
// The usual input is shown if no script defines the element, if the collection or the field does
// not exist, or if the field is not a text, number, email, URL, date or JSON field.
//
// The server does not start if Collection or Field is empty, if Element is not the name of a custom
// element, or if the field has another ConsoleInput.
func (e *ServeEvent) ConsoleInput(in ConsoleInput) {
	if err := e.checkInput(in); err != nil {
		e.wrong = append(e.wrong, fmt.Errorf("%s: input %q of the console: %w", caller(), in.Element, err))
		return
	}
	e.console.Inputs = append(e.console.Inputs, admin.Input(in))
}

func (e *ServeEvent) checkInput(in ConsoleInput) error {
	switch {
	case in.Collection == "":
		return errors.New("the collection is missing")
	case in.Field == "":
		return errors.New("the field is missing")
	case !elementName.MatchString(in.Element):
		return errors.New(`the name of the element is not of lower-case letters, digits and "-", with a letter first and a "-" in it`)
	case slices.Contains(takenElements, in.Element):
		return errors.New("HTML excludes this name from custom elements")
	case slices.ContainsFunc(e.console.Inputs, func(other admin.Input) bool {
		return strings.EqualFold(other.Collection, in.Collection) && other.Field == in.Field
	}):
		return fmt.Errorf("the field %s of %s has another input", in.Field, in.Collection)
	}
	return nil
}
