package record_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

func TestTruncateJudgesItsCaller(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs, people)
	person := b.person(object{})
	b.add("docs", object{"title": "x"})
	for _, c := range []struct {
		caller record.Caller
		want   fault.Kind
	}{{guest, fault.Unauthenticated}, {b.as("people", person), fault.Forbidden}} {
		if err := b.Records().Truncate(t.Context(), c.caller, "docs"); fault.KindOf(err) != c.want {
			t.Errorf("Truncate = %v, want %v", err, c.want)
		}
	}
	admin := b.add("_superusers", object{"email": "a@example.com", "password": secret, "passwordConfirm": secret})
	caller := b.as("_superusers", admin)
	var by []string
	log := b.Records().Config().Changes.(*change.Log)
	log.Observe(func(changes []change.Change) {
		for _, c := range changes {
			by = append(by, c.By)
		}
	})
	check(t, "Truncate", b.Records().Truncate(t.Context(), caller, "docs"), "ok")
	if want := []string{caller.Actor()}; fmt.Sprint(by) != fmt.Sprint(want) || caller.Actor() == "" {
		t.Errorf("the log names %q, want %q", by, want)
	}
}

// fill inserts records that have only ids, and logs no changes.
func fill(t *testing.T, b *bed, collection string, records int) {
	t.Helper()
	c := b.Snapshot().Find(collection)
	err := b.Records().Config().Store.Exclusive(t.Context(), func(tx store.Tx) error {
		bulk := record.NewBulk(tx, c, nil)
		for i := range records {
			r := record.Blank(c)
			r.Set("id", fmt.Sprintf("d%014d", i))
			values := make([]store.Value, len(c.Fields))
			for k, f := range c.Fields {
				values[k] = f.Value(r.Get(f.Name))
			}
			if err := bulk.Add(values); err != nil {
				return err
			}
		}
		return bulk.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// counted is a store that counts the changes of each exclusive transaction.
type counted struct {
	store.Store
	mu    *sync.Mutex
	begun *int
	stop  int // the number of the transaction that fails; 0: none
}

var errStopped = errors.New("stopped")

func (s counted) Exclusive(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	*s.begun++
	n := *s.begun
	s.mu.Unlock()
	if n == s.stop {
		return errStopped
	}
	return s.Store.Exclusive(ctx, fn)
}

// A truncation uses many short transactions. An interrupted truncation continues where it stopped.
func TestTruncateInChunks(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	const records = 3000
	cfg := b.Records().Config()
	fill(t, b, "docs", records)
	begun, most, total := 0, 0, 0
	cfg.Changes.(*change.Log).Observe(func(changes []change.Change) { most, total = max(most, len(changes)), total+len(changes) })
	interrupted := cfg
	interrupted.Store = counted{cfg.Store, &sync.Mutex{}, &begun, 5}
	s := record.New(interrupted)
	record.SetTruncateTime(s, 0)
	if err := s.Truncate(t.Context(), root, "docs"); !errors.Is(err, errStopped) {
		t.Errorf("Truncate = %v, want %v", err, errStopped)
	}
	if left := b.count("docs"); left == 0 || left == records {
		t.Errorf("an interrupted truncation left %d of %d records", left, records)
	}
	s = record.New(cfg)
	record.SetTruncateTime(s, 0)
	check(t, "Truncate", s.Truncate(t.Context(), root, "docs"), "ok")
	if b.count("docs") != 0 || total != records || most > records/10 {
		t.Errorf("%d records are left, the log has %d, at most %d in one transaction", b.count("docs"), total, most)
	}
}
