// GraphQL over HTTP: media types, parameters and statuses.

package graphql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/api/graphql/front"
	"github.com/loambase/loam/api/request"
)

// Answer is an answer over HTTP.
type Answer struct {
	Status int
	Type   string // its media type
	Allow  string // the methods that are allowed, with a status of 405
	Body   []byte
}

// HTTP answers a request: GET with parameters in the URL, for queries only, or POST with
// JSON, which body reads. The error is that of body.
func (s *Service) HTTP(r *http.Request, q *request.Request, body func() ([]byte, error), charge Charge) (*Answer, error) {
	accepted, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		return unacceptable(), nil
	}
	op, refused, err := Read(r, q, accepted, body)
	if refused != nil || err != nil {
		return refused, err
	}
	return s.respond(r, q, accepted, op, charge), nil
}

// respond runs an operation and answers with its result.
func (s *Service) respond(r *http.Request, q *request.Request, accepted string, op Operation, charge Charge) *Answer {
	caller := q.Caller
	caller.Method = http.MethodGet // to rules, a query is a read, whichever way it came
	result := s.Execute(r.Context(), q.ID, caller, q.Settings.GraphQL, op, charge)
	if result.NotReadOnly {
		return NotReadOnly(accepted)
	}
	a := &Answer{Status: http.StatusOK, Type: accepted, Body: result.Append(nil)}
	if result.Data == nil && accepted == typeGraphQL {
		a.Status = http.StatusBadRequest
	}
	return a
}

// unacceptable is the answer to a client that wants no media type of ours.
func unacceptable() *Answer {
	return refusal(http.StatusNotAcceptable, typeJSON, "Acceptable are "+typeGraphQL+", "+typeJSON+" and "+typeStream+".")
}

// Read reads the operation of a request. A refusal is of the accepted type; the error is that of
// body.
func Read(r *http.Request, q *request.Request, accepted string, body func() ([]byte, error)) (op Operation, refused *Answer, err error) {
	if r.Method != http.MethodPost {
		op, refused = readQuery(q.Query, accepted)
		return op, refused, nil
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return op, refusal(http.StatusUnsupportedMediaType, accepted, "The content type must be application/json."), nil
	}
	text, err := body()
	if err == nil {
		op, refused = readJSON(text, accepted)
	}
	return op, refused, err
}

// refusal is the answer to a request that holds no operation.
func refusal(status int, accepted, message string) *Answer {
	r := &Result{Errors: []*front.Error{{Code: front.BadUserInput, Message: message}}}
	return &Answer{Status: status, Type: accepted, Body: r.Append(nil)}
}

// NotReadOnly is the answer to a GET of what is no query.
func NotReadOnly(accepted string) *Answer {
	a := refusal(http.StatusMethodNotAllowed, accepted, "GET is for queries only.")
	a.Allow = http.MethodPost
	return a
}

// isJSON judges the media type of a body, whose text is UTF-8.
func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(params["charset"])
	return err == nil && media == typeJSON && (charset == "" || charset == "utf-8")
}

// parameters are those of a request, by POST and GET alike.
type parameters struct {
	Query         json.RawMessage `json:"query"`
	OperationName json.RawMessage `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
}

// readJSON reads the parameters of a POST.
func readJSON(text []byte, accepted string) (op Operation, refused *Answer) {
	var p parameters
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("[")) {
		return op, refusal(http.StatusBadRequest, accepted, "Several operations in one request are not supported.")
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return op, refusal(http.StatusBadRequest, accepted, "The body must be a JSON object.")
	}
	return p.operation(accepted)
}

// readQuery reads the parameters of a GET, whose variables and extensions are JSON.
func readQuery(q url.Values, accepted string) (op Operation, refused *Answer) {
	op.ReadOnly = true
	var p parameters
	quoted := func(name string) json.RawMessage {
		if !q.Has(name) {
			return nil
		}
		text, _ := json.Marshal(q.Get(name)) // a string is always encoded
		return text
	}
	p.Query, p.OperationName = quoted("query"), quoted("operationName")
	if q.Get("operationName") == "" {
		p.OperationName = nil
	}
	for name, to := range map[string]*json.RawMessage{"variables": &p.Variables, "extensions": &p.Extensions} {
		if text := q.Get(name); text != "" {
			if !json.Valid([]byte(text)) {
				return op, refusal(http.StatusBadRequest, accepted, fmt.Sprintf("The parameter %s must be JSON.", name))
			}
			*to = json.RawMessage(text)
		}
	}
	op, refused = p.operation(accepted)
	op.ReadOnly = true
	return op, refused
}

// operation judges the types of the parameters.
func (p *parameters) operation(accepted string) (op Operation, refused *Answer) {
	op, wrong := p.read()
	if wrong != "" {
		return op, refusal(http.StatusBadRequest, accepted, wrong)
	}
	return op, nil
}

// ReadOperation reads the parameters of a request in JSON. wrong says what is wrong with them.
func ReadOperation(text []byte) (op Operation, wrong string) {
	var p parameters
	if text == nil || string(text) == "null" || json.Unmarshal(text, &p) != nil {
		return op, "The parameters must be a JSON object."
	}
	return p.read()
}

// read reads the parameters. wrong says what is wrong with them.
func (p *parameters) read() (op Operation, wrong string) {
	var extensions map[string]json.RawMessage
	for _, parameter := range []struct {
		name string
		text json.RawMessage
		to   any
		what string
	}{
		{"query", p.Query, &op.Query, "a text"},
		{"operationName", p.OperationName, &op.Name, "a text"},
		{"variables", p.Variables, &op.Variables, "an object"},
		{"extensions", p.Extensions, &extensions, "an object"},
	} {
		if parameter.text == nil || parameter.name != "query" && string(parameter.text) == "null" {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(parameter.text))
		d.UseNumber()
		if string(parameter.text) == "null" || d.Decode(parameter.to) != nil {
			return op, fmt.Sprintf("The parameter %s must be %s.", parameter.name, parameter.what)
		}
	}
	if p.Query == nil {
		return op, "The parameter query is missing."
	}
	return op, ""
}
