// Batches: several operations in one request over HTTP.

package graphql

import (
	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/front"
)

// maxBatch is the maximum number of operations of a request.
const maxBatch = 10

// asked holds the operations of a request.
type asked struct {
	operations []Operation // at least one
	batch      bool        // they came in a list, so the results are a list too
}

// tooMany returns the error of a batch that has too many operations, or too many tokens in all its
// operations together. Other costs are counted while the operations run.
func (a asked) tooMany(tokens int) *front.Error {
	if len(a.operations) > maxBatch {
		return front.Complex("The request has %d operations, which are more than %d.", len(a.operations), maxBatch)
	}
	if !a.batch {
		return nil
	}
	sum := 0
	for _, op := range a.operations {
		sum += document.Tokens(op.Query)
	}
	if sum > tokens {
		return front.Complex("The operations have %d tokens, which are more than %d.", sum, tokens)
	}
	return nil
}

// tree returns the value that the paths of a form refer to.
func (a asked) tree() any {
	list := make([]any, len(a.operations))
	for i, op := range a.operations {
		list[i] = map[string]any{"variables": op.Variables}
	}
	if a.batch {
		return list
	}
	return list[0]
}

// appendResults appends a list of results.
func appendResults(dst []byte, results []*Result) []byte {
	dst = append(dst, '[')
	for i, r := range results {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Append(dst)
	}
	return append(dst, ']')
}
