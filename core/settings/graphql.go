// Settings of GraphQL, and their limits.

package settings

import (
	"cmp"

	"github.com/loambase/loam/core/fault"
)

// GraphQL says who may use GraphQL for what.
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
}

// Who may ask about the schema.
const (
	IntrospectionOn         = "on"
	IntrospectionSuperusers = "superusers"
	IntrospectionOff        = "off"
)

// defaultGraphQL is the section of a new data folder.
var defaultGraphQL = GraphQL{
	Enabled: true, Introspection: IntrospectionOn, MaxDepth: 12, MaxRows: 100_000, MaxRootFields: 50, MaxMutations: 50, MaxTokens: 15_000,
	MaxBodyBytes: 1 << 20, TimeoutSeconds: 30,
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
}
