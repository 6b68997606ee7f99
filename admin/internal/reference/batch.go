package reference

import (
	"encoding/json"
	"net/url"
	"strings"
)

// write is a request of a batch as a method call of a client library.
type write struct {
	collection, method string // create, update, upsert, delete
	id, body           string // "" for none
}

// arguments returns the arguments of the call; text writes a string literal of the language.
func (w write) arguments(text func(string) string) (list []string) {
	if w.id != "" {
		list = append(list, text(w.id))
	}
	if w.body != "" {
		list = append(list, w.body)
	}
	return list
}

// writes returns the requests in the body of a batch. Requests for which the client libraries have
// no method are left out.
func (f filled) writes() (list []write) {
	var sent struct {
		Requests []struct {
			Method, URL string
			Body        json.RawMessage
		}
	}
	if err := decode(f.sent, &sent); err != nil {
		return nil
	}
	for _, r := range sent.Requests {
		method := map[string]string{"POST": "create", "PATCH": "update", "PUT": "upsert", "DELETE": "delete"}[r.Method]
		path, _, _ := strings.Cut(strings.TrimPrefix(r.URL, "/api/collections/"), "?")
		collection, rest, found := strings.Cut(path, "/records")
		id, err := url.PathUnescape(strings.TrimPrefix(rest, "/"))
		if method != "" && found && err == nil {
			list = append(list, write{collection, method, id, pretty(r.Body)})
		}
	}
	return list
}
