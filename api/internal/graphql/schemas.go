// The schemas in force: one for superusers and one for everybody else, each made anew when
// the collections change.

package graphql

import (
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

// maxDocuments is how many documents of a schema are kept; a longer one than maxKept is
// checked each time. A tree takes some 25 times its text: all of them, some 50 MB.
const (
	maxDocuments = 500
	maxKept      = 4 << 10 // bytes
)

// schemas are the newest schemas. Readers take no lock while the collections stay.
type schemas struct {
	public, superuser slot
	views             views

	renewing atomic.Bool // a goroutine of renew runs
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

// of returns the slot of an audience.
func (s *schemas) of(superuser bool) *slot {
	if superuser {
		return &s.superuser
	}
	return &s.public
}

// current returns the schema of a snapshot. It makes the schema unless renew has.
func (s *schemas) current(snapshot *coreschema.Snapshot, superuser bool) (*served, error) {
	at := s.of(superuser)
	if now := at.now.Load(); now != nil && now.model.Snapshot == snapshot {
		return now, nil
	}
	at.build.Lock()
	defer at.build.Unlock()
	// Another request may have built it, or a newer one.
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

// renew makes the schemas that are in use anew, in the background, until they are those of
// the newest snapshot: changes that come meanwhile cost one build together.
func (s *schemas) renew(newest func() *coreschema.Snapshot, failed func(error)) {
	if !s.stale(newest()) || !s.renewing.CompareAndSwap(false, true) {
		return
	}
	go func() {
		for snapshot := newest(); s.stale(snapshot); snapshot = newest() {
			for _, superuser := range [...]bool{false, true} {
				if s.of(superuser).now.Load() == nil {
					continue
				}
				if _, err := s.current(snapshot, superuser); err != nil {
					s.renewing.Store(false)
					failed(err)
					return
				}
			}
		}
		s.renewing.Store(false)
		s.renew(newest, failed) // for a change that came after the last look
	}()
}

// stale says whether a schema that is in use is older than the snapshot.
func (s *schemas) stale(snapshot *coreschema.Snapshot) bool {
	for _, at := range [...]*slot{&s.public, &s.superuser} {
		if now := at.now.Load(); now != nil && now.model.Snapshot != snapshot && now.model.Snapshot.Number <= snapshot.Number {
			return true
		}
	}
	return false
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
