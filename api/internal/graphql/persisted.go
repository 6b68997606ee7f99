// Persisted documents: a client sends the hash of a text that the server knows. Apollo's clients
// send a text once, beside its hash; the settings may have a list of texts, and allow no others.

package graphql

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/cache"
)

// The texts that clients have sent: at least the latest thousand are kept, but no long ones, so all
// texts together take about 32 MB at most.
const (
	maxPersisted     = 2000
	maxPersistedText = 16 << 10 // bytes
)

// persisted holds the texts that clients have sent, by their hash.
type persisted struct{ sent *cache.Cache[string, string] }

func newPersisted() *persisted {
	return &persisted{sent: cache.New[string, string](maxPersisted)}
}

// persistedQuery is an extension of a request.
type persistedQuery struct {
	Version    int
	SHA256Hash string
}

// hash returns the hash of the extension, "" if it has another version or no hash.
func (q *persistedQuery) hash() string {
	if q.Version != 1 || len(q.SHA256Hash) > 255 {
		return ""
	}
	return q.SHA256Hash
}

// resolve sets the text of an operation that has only a hash, and keeps the text of an operation
// that has both. If only the texts of the settings are allowed, other texts are refused, except for
// superusers.
func (p *persisted) resolve(op *Operation, limits *settings.GraphQL, superuser bool) *front.Error {
	listed := limits.Documents[op.Hash]
	only := limits.PersistedOnly && !superuser
	switch {
	case op.Hash != "" && listed != "" && (op.Query == "" || op.Query == listed):
		op.Query = listed
		return nil
	case only && op.Query != "":
		if hash := hashOf(op.Query); limits.Documents[hash] == op.Query {
			return nil
		}
		return &front.Error{Code: front.Forbidden, Message: "Only persisted documents are allowed."}
	case op.Hash == "":
		return nil
	case op.Query == "":
		return p.find(op, only)
	case hashOf(op.Query) != strings.ToLower(op.Hash):
		return front.Bad(nil, "sha256Hash is not that of the query.")
	}
	if len(op.Query) <= maxPersistedText {
		p.sent.Put(strings.ToLower(op.Hash), op.Query)
	}
	return nil
}

// find sets the text from the texts that clients have sent.
func (p *persisted) find(op *Operation, only bool) *front.Error {
	if !only {
		op.Query, _ = p.sent.Get(strings.ToLower(op.Hash))
	}
	if op.Query == "" { // clients know this message
		return &front.Error{Code: front.NotPersisted, Message: "PersistedQueryNotFound"}
	}
	return nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
