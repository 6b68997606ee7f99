// The schemas in force: one for superusers and one for everybody else, each made anew when
// the collections have changed.

package graphql

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/loambase/loam/api/graphql/document"
	"github.com/loambase/loam/api/graphql/front"
	"github.com/loambase/loam/api/graphql/model"
	"github.com/loambase/loam/core/cache"
	coreschema "github.com/loambase/loam/core/schema"
)

// maxDocuments is how many documents of a schema are kept; a longer one than maxKept is
// checked each time. A tree takes some 25 times its text: all of them, some 50 MB.
const (
	maxDocuments = 500
	maxKept      = 4 << 10 // bytes
)

// schemas are the newest schemas. Readers take no lock while the collections stay.
type schemas struct {
	public, superuser slot
}

// slot is one of them.
type slot struct {
	now   atomic.Pointer[served]
	build sync.Mutex // one build at a time; whoever waited finds a schema that is new enough
}

// served is a schema with the documents that were checked against it.
type served struct {
	model     *model.Model
	front     *front.Front
	documents *cache.Cache[string, *front.Document]
}

// current returns the schema of a snapshot.
func (s *schemas) current(snapshot *coreschema.Snapshot, superuser bool) (*served, error) {
	at := &s.public
	if superuser {
		at = &s.superuser
	}
	if now := at.now.Load(); now != nil && now.model.Snapshot == snapshot {
		return now, nil
	}
	at.build.Lock()
	defer at.build.Unlock()
	// Another request may have built it, or a newer one.
	if now := at.now.Load(); now != nil && (now.model.Snapshot == snapshot || now.model.Snapshot.Number > snapshot.Number) {
		return now, nil
	}
	m := model.Build(snapshot, superuser)
	f, err := front.New(m)
	if err != nil {
		return nil, err
	}
	now := &served{model: m, front: f, documents: cache.New[string, *front.Document](maxDocuments)}
	at.now.Store(now)
	return now, nil
}

// read returns the document of a text, which is checked once.
func (s *served) read(text string, limits document.Limits) (*front.Document, []*front.Error) {
	if doc, ok := s.documents.Get(text); ok {
		return doc, nil
	}
	doc, errs := s.front.Read(text, limits)
	if errs == nil && len(text) <= maxKept {
		s.documents.Put(text, doc)
	}
	return doc, errs
}

// withoutSuggestion cuts off what a message says about the names that there are.
func withoutSuggestion(message string) string {
	before, _, _ := strings.Cut(message, " Did you mean")
	return before
}
