// Settings of GraphQL, and their limits.

package settings

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/fault"
)

// GraphQL holds the options and limits of GraphQL.
type GraphQL struct {
	Enabled        bool   `json:"enabled"`
	Introspection  string `json:"introspection"` // IntrospectionOn, IntrospectionSuperusers or IntrospectionOff
	MaxDepth       int    `json:"maxDepth"`      // levels of fields
	MaxRows        int    `json:"maxRows"`       // records that an operation may read
	MaxRootFields  int    `json:"maxRootFields"`
	MaxMutations   int    `json:"maxMutations"` // records that an operation may write
	MaxTokens      int    `json:"maxTokens"`    // of a document
	MaxBodyBytes   int64  `json:"maxBodyBytes"` // of a request
	TimeoutSeconds int    `json:"timeoutSeconds"`

	PersistedOnly bool      `json:"persistedOnly"` // only superusers may send other documents than these
	Documents     Documents `json:"documents"`
}

// Documents holds texts of GraphQL by the hash, or another id, that clients send in their place.
type Documents map[string]string

// Bounds of Documents.
const (
	maxDocuments     = 10_000
	maxDocumentID    = 255
	maxDocumentBytes = 1 << 20 // all texts, with their ids
)

// UnmarshalJSON replaces the documents.
func (d *Documents) UnmarshalJSON(body []byte) error {
	fresh := map[string]string{}
	err := json.Unmarshal(body, &fresh)
	if err == nil && fresh != nil {
		*d = fresh
	} else if err == nil {
		*d = Documents{}
	}
	return err
}

// validate checks the bounds, since the settings are in the memory of each server.
func (d Documents) validate(fails fault.Fields) {
	bytes := 0
	for id, text := range d {
		if bytes += len(id) + len(text); id == "" || len(id) > maxDocumentID || text == "" {
			fails.Set(fault.Leaf("validation_invalid_document", fmt.Sprintf("Documents need an id of 1 to %d bytes, and a text", maxDocumentID)), "graphql", "documents")
		}
	}
	if len(d) > maxDocuments || bytes > maxDocumentBytes {
		fails.Set(fault.Leaf("validation_length_too_long", fmt.Sprintf("There may be %d documents, of %d bytes together", maxDocuments, maxDocumentBytes)), "graphql", "documents")
	}
}

// The values of Introspection.
const (
	IntrospectionOn         = "on"
	IntrospectionSuperusers = "superusers"
	IntrospectionOff        = "off"
)

// defaultGraphQL is the GraphQL section of a new data folder.
var defaultGraphQL = GraphQL{
	Enabled: true, Introspection: IntrospectionOn, MaxDepth: 12, MaxRows: 100_000, MaxRootFields: 50, MaxMutations: 50, MaxTokens: 15_000,
	MaxBodyBytes: 1 << 20, TimeoutSeconds: 30, Documents: Documents{},
}

// validate requires every limit.
func (g *GraphQL) validate(fails fault.Fields) {
	const (
		many = 1_000_000
		day  = 24 * 60 * 60
	)
	positive := func(name string, n, most int) {
		fails.Set(cmp.Or(needed(true, n), atLeast(n, 1), atMost(n, most)), "graphql", name)
	}
	switch g.Introspection {
	case IntrospectionOn, IntrospectionSuperusers, IntrospectionOff:
	default:
		fails.Set(notInList(), "graphql", "introspection")
	}
	positive("maxDepth", g.MaxDepth, 100)
	positive("maxRows", g.MaxRows, 10*many)
	positive("maxRootFields", g.MaxRootFields, 1000)
	positive("maxMutations", g.MaxMutations, 10_000)
	positive("maxTokens", g.MaxTokens, many)
	positive("maxBodyBytes", int(g.MaxBodyBytes), 32<<20)
	positive("timeoutSeconds", g.TimeoutSeconds, day)
	g.Documents.validate(fails)
}
