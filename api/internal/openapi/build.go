package openapi

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/request"
)

// Input holds the parts of an installation that Build documents.
type Input struct {
	Title   string // of the app
	Version string // of Loam
	Routes  []request.Route
	Own     []Own // routes of the program
	Model   *shape.Model
}

// Build makes the document for the audience of the model. Only the document for superusers has
// the routes for superusers. A route of the API that Described does not know is left out.
func Build(in Input) *Document {
	d := &Document{
		OpenAPI: "3.1.0",
		Info: Info{Title: in.Title + " API", Version: in.Version, License: License{"MIT", "MIT"},
			Description: "The REST interface of this installation, as " + audience(in.Model.Superuser) + " may use it. Rules decide more than can be said here."},
		Servers:  []Server{{URL: "/"}},
		Security: []Security{{}, {tokenScheme: {}}},
		Paths:    map[string]PathItem{},
		Components: Components{Schemas: models(in.Model.Superuser), Parameters: parameters(), Responses: failures(),
			SecuritySchemes: schemes()},
	}
	for _, r := range in.Model.Records {
		maps.Copy(d.Components.Schemas, recordSchemas(r))
	}
	tags := map[string]string{}
	for _, route := range in.Routes {
		describe := operations[route.Label]
		if describe == nil || route.Audience == request.Superusers && !in.Model.Superuser {
			continue
		}
		for _, r := range subjects(route, in.Model) {
			if op := describe(r); op != nil {
				d.add(route, r, op)
				tags[op.Tags[0]] = tagText(r, op.Tags[0])
			}
		}
	}
	for _, o := range in.Own {
		if o.Audience == request.Superusers && !in.Model.Superuser {
			continue
		}
		op := o.operation()
		d.add(o.Route, nil, op)
		tags[op.Tags[0]] = tagText(nil, op.Tags[0])
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		d.Tags = append(d.Tags, Tag{name, tags[name]})
	}
	return d
}

func audience(superuser bool) string {
	if superuser {
		return "superusers"
	}
	return "everybody but superusers"
}

// tagText returns the description of a group: the group of a collection if r is not nil, or else
// the group of the tag.
func tagText(r *shape.Record, tag string) string {
	if r != nil {
		return "Records of the collection " + r.Collection.Name + "."
	}
	return tagTexts[tag]
}

// Described reports whether operations has a description of the route with the label.
func Described(label string) bool { return operations[label] != nil }

// Labels returns the labels of all routes that are described.
func Labels() []string { return slices.Sorted(maps.Keys(operations)) }

// subjects returns the collections for which a route is described, one operation for each. A
// route that belongs to no collection has a list with one nil, and so one operation.
func subjects(route request.Route, m *shape.Model) []*shape.Record {
	if strings.HasPrefix(route.Label, "*:") {
		return m.Records
	}
	return []*shape.Record{nil}
}

// pathParameter matches a parameter of a path. Its group is the name of the parameter, without
// the dots of "{rest...}".
var pathParameter = regexp.MustCompile(`\{([^}.]*)(?:\.\.\.)?\}`)

// add adds the operation of a route; if r is not nil, the operation on the collection of r.
func (d *Document) add(route request.Route, r *shape.Record, op *Operation) {
	path := route.Path
	op.OperationID = operationID(route)
	if r != nil {
		path = strings.Replace(path, "{collection}", url.PathEscape(r.Collection.Name), 1)
		op.OperationID = r.Name + "." + op.OperationID
		op.Tags = []string{r.Collection.Name}
	}
	if route.Audience == request.Superusers {
		op.Security = []Security{{tokenScheme: {}}}
	}
	path = pathParameter.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "{$1}")
	var inPath []Parameter
	for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
		inPath = append(inPath, Parameter{Name: m[1], In: "path", Required: true, Schema: typed("string")})
	}
	op.Parameters = append(inPath, op.Parameters...)
	for status := range failures() {
		if _, own := op.Responses[status]; !own {
			op.Responses[status] = Response{Ref: "#/components/responses/" + status}
		}
	}
	if d.Paths[path] == nil {
		d.Paths[path] = PathItem{}
	}
	d.Paths[path][strings.ToLower(route.Method)] = op
}

// JSON returns the text of the document.
func (d *Document) JSON() ([]byte, error) { return schema.Marshal(d) }
