// Uploads: a form with the operation, a map, and files that replace variables (the GraphQL
// multipart request specification).

package graphql

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/internal/request"
)

// Form is a multipart form.
type Form struct {
	Operations []byte                    // JSON
	Map        []byte                    // JSON: for each part with a file, the paths that it replaces
	Files      map[string][]*blob.Upload // by the name of the part
}

// IsMultipart reports whether a request has a multipart form.
func IsMultipart(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "multipart/form-data" && r.Method == http.MethodPost
}

// preflights are headers of which one is required: a browser sends such a request to another origin
// only after a preflight, so no page can make a form that uploads in the name of another person.
var preflights = [...]string{"GraphQL-Require-Preflight", "Apollo-Require-Preflight"}

// Multipart answers a request with uploads. The error is that of form, which reads the body.
func (s *Service) Multipart(r *http.Request, q *request.Request, form func() (*Form, error), charge Charge) (*Answer, error) {
	accepted, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		return unacceptable(), nil
	}
	if !slices.ContainsFunc(preflights[:], func(name string) bool { return r.Header.Get(name) != "" }) {
		refused := &Result{Errors: []*front.Error{{Code: front.Forbidden, Message: "Uploads need the header " + preflights[0] + "."}}}
		return &Answer{Status: http.StatusForbidden, Type: accepted, Body: refused.Append(nil)}, nil
	}
	f, err := form()
	if err != nil {
		return nil, err
	}
	asked, refused := readJSON(f.Operations, accepted)
	if refused != nil {
		return refused, nil
	}
	if wrong := f.place(asked.tree()); wrong != "" {
		return refusal(http.StatusBadRequest, accepted, wrong), nil
	}
	return s.respond(r, q, accepted, asked, charge), nil
}

// place puts the files into the operations. wrong is a message about an invalid path, or "".
func (f *Form) place(operations any) (wrong string) {
	var places map[string][]string
	if f.Map == nil || json.Unmarshal(f.Map, &places) != nil {
		return "The part map must be a JSON object of lists of paths."
	}
	for _, part := range slices.Sorted(maps.Keys(places)) {
		if len(f.Files[part]) != 1 {
			return fmt.Sprintf("The part %q must be a file.", part)
		}
		for _, path := range places[part] {
			if !put(operations, strings.Split(path, "."), f.Files[part][0]) {
				return fmt.Sprintf("The path %q of the map leads to no variable that is null.", path)
			}
		}
	}
	return ""
}

// put replaces the null at a path by a file, and reports whether there was a null.
func put(in any, path []string, file *blob.Upload) bool {
	last := len(path) == 1
	switch in := in.(type) {
	case map[string]any:
		v, ok := in[path[0]]
		if last && ok && v == nil {
			in[path[0]] = file
			return true
		}
		return !last && put(v, path[1:], file)
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(in) {
			return false
		}
		if last && in[i] == nil {
			in[i] = file
			return true
		}
		return !last && put(in[i], path[1:], file)
	}
	return false
}
