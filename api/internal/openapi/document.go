// Package openapi describes the REST interface as a document of OpenAPI 3.1: the routes, and the
// records of each collection for an audience. Programs can generate requests, clients and tests
// from the document.
//
// The table of operations.go has a description for each route of package rest, whose tests check
// that no description is missing. Records come from package shape, all other bodies from the Go
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

// Info holds the title and the version of the document.
type Info struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Version     string  `json:"version"`
	License     License `json:"license"`
}

// License is the license of the program.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier"` // of SPDX
}

// Server is the base URL of the paths.
type Server struct {
	URL string `json:"url"`
}

// Security is an alternative of authentication: the schemes that it needs, none for a guest.
type Security map[string][]string

// Tag is a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// PathItem holds the operations of a path, by method in lower case.
type PathItem map[string]*Operation

// Operation describes a route.
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

// Parameter describes a parameter of the path or of the query, or refers to a component.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Body describes the body of a request.
type Body struct {
	Required bool             `json:"required,omitempty"`
	Content  map[string]Media `json:"content"`
}

// Media describes a body of one media type.
type Media struct {
	Schema *Schema `json:"schema"`
}

// Response describes an answer, or refers to a component.
type Response struct {
	Ref         string            `json:"$ref,omitempty"`
	Description string            `json:"description,omitempty"`
	Headers     map[string]Header `json:"headers,omitempty"`
	Content     map[string]Media  `json:"content,omitempty"`
}

// Header describes a header of an answer.
type Header struct {
	Description string  `json:"description"`
	Schema      *Schema `json:"schema"`
}

// Components holds the objects that other parts refer to.
type Components struct {
	Schemas         map[string]*Schema   `json:"schemas"`
	Parameters      map[string]Parameter `json:"parameters"`
	Responses       map[string]Response  `json:"responses"`
	SecuritySchemes map[string]Scheme    `json:"securitySchemes"`
}

// Scheme is a way to authenticate.
type Scheme struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description"`
}
