package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loambase/loam/internal/request"
)

// Own is a route of the embedding program, with the description that the program gives.
type Own struct {
	request.Route
	SignedIn    bool   // whether guests are refused
	Summary     string // default: the label of the route
	Description string
	Tag         string // the group in the document; default: "program"
	Takes       any    // a value of the type of the JSON body; nil: no body is documented
	Answers     any    // a value of the type of the JSON answer; nil: any JSON
}

const program = "program"

// operation returns the operation of the route.
func (o *Own) operation() *Operation {
	answers := &Schema{}
	if o.Answers != nil {
		answers = answer(o.Answers)
	}
	op := operation(cmp.Or(o.Tag, program), cmp.Or(o.Summary, o.Label), answers)
	op.Description = o.Description
	if o.Takes != nil {
		op.taking(answer(o.Takes))
	}
	if o.SignedIn {
		op.Security = []Security{{tokenScheme: {}}}
	}
	return op
}

// operationID returns the operationId of a route. It is unique: for a route of the program it is
// made from the method and the path, for a route of the API from the label.
func operationID(route request.Route) string {
	if method, path, own := strings.Cut(route.Label, " "); own {
		words := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune("/{}.$", c) })
		slash := ""
		if strings.HasSuffix(path, "/") || strings.HasSuffix(path, "{$}") {
			slash = "_"
		}
		return strings.Join(slices.Concat([]string{strings.ToLower(method)}, words), "_") + slash
	}
	return strings.TrimPrefix(route.Label, "*:")
}
