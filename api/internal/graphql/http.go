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

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/internal/request"
)

// Answer is an answer over HTTP.
type Answer struct {
	Status int
	Type   string // its media type
	Allow  string // the allowed methods, for the status 405
	Body   []byte

	memory   *memory // holds the bytes of Body; nil if Body has its own
	memories *memories
}

// Release lets the next answer reuse the memory of Body. The caller must not use the bytes of Body
// any more. Calling Release is optional.
func (a *Answer) Release() {
	if a.memory != nil {
		a.memories.put(a.memory)
		a.memory, a.Body = nil, nil
	}
}

// HTTP answers a request: GET with parameters in the URL, for queries only, or POST with JSON,
// which body reads. The error is the error of body.
func (s *Service) HTTP(r *http.Request, q *request.Request, body func() ([]byte, error), charge Charge) (*Answer, error) {
	accepted, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		return unacceptable(), nil
	}
	asked, refused, err := read(r, q, accepted, body)
	if refused != nil || err != nil {
		return refused, err
	}
	return s.respond(r, q, accepted, asked, charge), nil
}

// respond runs the operations of the request and answers with the result, or with a list of
// results.
func (s *Service) respond(r *http.Request, q *request.Request, accepted string, asked asked, charge Charge) *Answer {
	caller := q.Caller
	caller.Method = http.MethodGet // in rules, every query is a read
	if wrong := asked.tooMany(q.Settings.GraphQL.MaxTokens); wrong != nil {
		return answer(accepted, &Result{Errors: []*front.Error{wrong}})
	}
	for i := range asked.operations {
		asked.operations[i].Token = q.Token
	}
	results := s.executeAll(r.Context(), q.ID, caller, q.Settings.GraphQL, asked.operations, charge)
	if asked.batch {
		return &Answer{Status: http.StatusOK, Type: accepted, Body: appendResults(nil, results)}
	}
	if results[0].NotReadOnly {
		return NotReadOnly(accepted)
	}
	a := answer(accepted, results[0])
	a.memory, a.memories = results[0].memory, &s.memories
	return a
}

// answer returns the answer with one result.
func answer(accepted string, result *Result) *Answer {
	a := &Answer{Status: http.StatusOK, Type: accepted, Body: result.Append(nil)}
	if result.Data == nil && accepted == typeGraphQL {
		a.Status = http.StatusBadRequest
	}
	return a
}

// unacceptable returns the answer to a client that accepts none of the media types.
func unacceptable() *Answer {
	return refusal(http.StatusNotAcceptable, typeJSON, "Acceptable are "+typeGraphQL+", "+typeJSON+" and "+typeStream+".")
}

// Read returns the operation of a request; a refusal is answered in JSON. The error is the error of
// body.
func Read(r *http.Request, q *request.Request, body func() ([]byte, error)) (op Operation, refused *Answer, err error) {
	asked, refused, err := read(r, q, typeJSON, body)
	switch {
	case refused != nil || err != nil:
		return op, refused, err
	case asked.batch:
		return op, refusal(http.StatusBadRequest, typeJSON, "A stream tells of one operation."), nil
	}
	return asked.operations[0], nil, nil
}

// read returns the operations of a request. A refusal has the accepted type; the error is the error
// of body.
func read(r *http.Request, q *request.Request, accepted string, body func() ([]byte, error)) (asked asked, refused *Answer, err error) {
	if r.Method != http.MethodPost {
		op, refused := readQuery(q.Query, accepted)
		asked.operations = []Operation{op}
		return asked, refused, nil
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return asked, refusal(http.StatusUnsupportedMediaType, accepted, "The content type must be application/json."), nil
	}
	text, err := body()
	if err == nil {
		asked, refused = readJSON(text, accepted)
	}
	return asked, refused, err
}

// refusal returns the answer to a request without an operation.
func refusal(status int, accepted, message string) *Answer {
	r := &Result{Errors: []*front.Error{{Code: front.BadUserInput, Message: message}}}
	return &Answer{Status: status, Type: accepted, Body: r.Append(nil)}
}

// NotReadOnly returns the answer to a GET with an operation other than a query.
func NotReadOnly(accepted string) *Answer {
	a := refusal(http.StatusMethodNotAllowed, accepted, "GET is for queries only.")
	a.Allow = http.MethodPost
	return a
}

// isJSON reports whether the media type of a body is JSON in UTF-8.
func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(params["charset"])
	return err == nil && media == typeJSON && (charset == "" || charset == "utf-8")
}

// parameters holds the parameters of a request, by POST or GET.
type parameters struct {
	Query         json.RawMessage `json:"query"`
	OperationName json.RawMessage `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
}

// readJSON reads the parameters of a POST, or a list of them.
func readJSON(text []byte, accepted string) (asked asked, refused *Answer) {
	list := []json.RawMessage{text}
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("[")) {
		asked.batch = true
		if json.Unmarshal(text, &list) != nil || len(list) == 0 {
			return asked, refusal(http.StatusBadRequest, accepted, "The list must have JSON objects, one at least.")
		}
	}
	for _, one := range list {
		op, wrong := ReadOperation(one)
		if wrong != "" {
			return asked, refusal(http.StatusBadRequest, accepted, wrong)
		}
		asked.operations = append(asked.operations, op)
	}
	return asked, nil
}

// readQuery reads the parameters of a GET, whose variables and extensions are JSON.
func readQuery(q url.Values, accepted string) (op Operation, refused *Answer) {
	op.ReadOnly = true
	var p parameters
	quoted := func(name string) json.RawMessage {
		if !q.Has(name) {
			return nil
		}
		text, _ := json.Marshal(q.Get(name)) // a string can always be encoded
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
	op, wrong := p.read()
	if wrong != "" {
		return op, refusal(http.StatusBadRequest, accepted, wrong)
	}
	op.ReadOnly = true
	return op, nil
}

// ReadOperation reads the parameters of a request in JSON. wrong is a message about an error, or
// "".
func ReadOperation(text []byte) (op Operation, wrong string) {
	var p parameters
	if text == nil || string(text) == "null" || json.Unmarshal(text, &p) != nil {
		return op, "The parameters must be a JSON object."
	}
	return p.read()
}

// decode decodes JSON into to. A number decoded into an interface is a json.Number.
func decode(text []byte, to any) error {
	if _, isText := to.(*string); isText {
		return json.Unmarshal(text, to)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(to)
}

// read reads the parameters. wrong is a message about an error, or "".
func (p *parameters) read() (op Operation, wrong string) {
	var extensions struct{ PersistedQuery *persistedQuery }
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
		if string(parameter.text) == "null" || decode(parameter.text, parameter.to) != nil {
			return op, fmt.Sprintf("The parameter %s must be %s.", parameter.name, parameter.what)
		}
	}
	if extensions.PersistedQuery != nil {
		if op.Hash = extensions.PersistedQuery.hash(); op.Hash == "" {
			return op, "The extension persistedQuery must have the version 1 and sha256Hash."
		}
	}
	if p.Query == nil && op.Hash == "" {
		return op, "The parameter query is missing."
	}
	return op, ""
}
