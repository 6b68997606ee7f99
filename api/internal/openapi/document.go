// Package openapi describes the REST interface as a document of OpenAPI 3.1: the routes, and
// the records of each collection as an audience sees them. A program can make requests,
// clients and tests of it.
//
// The table of operations.go has a description for each route of package rest, whose tests
// see that none is missing. Records come from package shape, all other bodies from the Go
// types that the server decodes and encodes.
package openapi

// Document is a document of OpenAPI 3.1. Its JSON is the same for the same input.
type Document struct {
	OpenAPI    string              `json:"openapi"`
	Info       Info                `json:"info"`
	Servers    []Server            `json:"servers"`
	Security   []Security          `json:"security"`
	Tags       []Tag               `json:"tags"`
	Paths      map[string]PathItem `json:"paths"`
	Components Components          `json:"components"`
}

// Info says what the document is about.
type Info struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Version     string  `json:"version"`
	License     License `json:"license"`
}

// License is that of the program.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier"` // of SPDX
}

// Server is where the paths are.
type Server struct {
	URL string `json:"url"`
}

// Security is one way of being allowed: the schemes that it needs, none for a guest.
type Security map[string][]string

// Tag is a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// PathItem has the operations of a path, by method in lower case.
type PathItem map[string]*Operation

// Operation is one route.
type Operation struct {
	OperationID string              `json:"operationId"`
	Summary     string              `json:"summary"`
	Description string              `json:"description,omitempty"`
	Tags        []string            `json:"tags"`
	Security    []Security          `json:"security,omitempty"`
	Parameters  []Parameter         `json:"parameters,omitempty"`
	RequestBody *Body               `json:"requestBody,omitempty"`
	Responses   map[string]Response `json:"responses"`
}

// Parameter is one of the path or of the query, or names one of the components.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Body is that of a request.
type Body struct {
	Required bool             `json:"required,omitempty"`
	Content  map[string]Media `json:"content"`
}

// Media is a body of one media type.
type Media struct {
	Schema *Schema `json:"schema"`
}

// Response is an answer, or names one of the components.
type Response struct {
	Ref         string            `json:"$ref,omitempty"`
	Description string            `json:"description,omitempty"`
	Headers     map[string]Header `json:"headers,omitempty"`
	Content     map[string]Media  `json:"content,omitempty"`
}

// Header is one of an answer.
type Header struct {
	Description string  `json:"description"`
	Schema      *Schema `json:"schema"`
}

// Components are what others refer to.
type Components struct {
	Schemas         map[string]*Schema   `json:"schemas"`
	Parameters      map[string]Parameter `json:"parameters"`
	Responses       map[string]Response  `json:"responses"`
	SecuritySchemes map[string]Scheme    `json:"securitySchemes"`
}

// Scheme is a way to say who calls.
type Scheme struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description"`
}
