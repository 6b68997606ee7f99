// The present schemas: one for superusers and one for all other callers, each made anew when the
// collections change.

package graphql

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	coreschema "github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
)

// maxDocuments is the maximum number of documents that are kept for a schema; documents longer than
// maxKept are checked each time. A tree takes about 25 times the memory of its text: all trees take
// about 50 MB.
const (
	maxDocuments = 500
	maxKept      = 4 << 10 // bytes
)

// schemas holds the newest schemas. While the collections do not change, readers take no lock.
type schemas struct {
	public, superuser slot
	views             views

	renewing atomic.Bool // a goroutine of renew runs
}

// slot holds the schema of one audience.
type slot struct {
	now   atomic.Pointer[served]
	build sync.Mutex // one build at a time; a caller that has waited finds a new schema
}

// served is a schema with the documents that have been checked against it.
type served struct {
	model     *model.Model
	front     *front.Front
	documents *cache.Cache[string, *front.Document]
}

// of returns the slot of an audience.
func (s *schemas) of(superuser bool) *slot {
	if superuser {
		return &s.superuser
	}
	return &s.public
}

// current returns the schema of a snapshot. It makes the schema unless renew has made it.
func (s *schemas) current(snapshot *coreschema.Snapshot, superuser bool) (*served, error) {
	at := s.of(superuser)
	if now := at.now.Load(); now != nil && now.model.Snapshot == snapshot {
		return now, nil
	}
	at.build.Lock()
	defer at.build.Unlock()
	// Another request may have built this schema, or a newer one.
	if now := at.now.Load(); now != nil && (now.model.Snapshot == snapshot || now.model.Snapshot.Number > snapshot.Number) {
		return now, nil
	}
	broken, err := s.views.broken(snapshot)
	if err != nil {
		return nil, err
	}
	m := model.Build(snapshot, superuser, broken)
	f, err := front.New(m)
	if err != nil {
		return nil, err
	}
	now := &served{model: m, front: f, documents: cache.New[string, *front.Document](maxDocuments)}
	at.now.Store(now)
	return now, nil
}

// unfit reports whether err comes from a view that broke after the schemas of the snapshot were
// built. Then it drops the schemas, so that the next operation builds them without the view.
func (s *schemas) unfit(snapshot *coreschema.Snapshot, err error) bool {
	if !errors.Is(err, record.ErrViewRefused) || !s.views.lookAgain(snapshot) {
		return false
	}
	s.public.now.Store(nil)
	s.superuser.now.Store(nil)
	return true
}

// renew makes the schemas that are in use anew, in the background, until they match the newest
// snapshot: changes that come meanwhile cost one build together.
func (s *schemas) renew(newest func() *coreschema.Snapshot, background func(string, func(context.Context) error)) {
	if !s.stale(newest()) || !s.renewing.CompareAndSwap(false, true) {
		return
	}
	background("graphql schema", func(context.Context) error {
		for snapshot := newest(); s.stale(snapshot); snapshot = newest() {
			for _, superuser := range [...]bool{false, true} {
				if s.of(superuser).now.Load() == nil {
					continue
				}
				if _, err := s.current(snapshot, superuser); err != nil {
					s.renewing.Store(false)
					return err
				}
			}
		}
		s.renewing.Store(false)
		s.renew(newest, background) // for a change after the last check
		return nil
	})
}

// stale reports whether a schema that is in use is older than the snapshot.
func (s *schemas) stale(snapshot *coreschema.Snapshot) bool {
	for _, at := range [...]*slot{&s.public, &s.superuser} {
		if now := at.now.Load(); now != nil && now.model.Snapshot != snapshot && now.model.Snapshot.Number <= snapshot.Number {
			return true
		}
	}
	return false
}

// read returns the document of a text, which is checked only once.
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

// withoutSuggestion removes the suggestion of existing names from a message.
func withoutSuggestion(message string) string {
	before, _, _ := strings.Cut(message, " Did you mean")
	return before
}
