package settings_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/settings"
)

// adopting returns a service on a database that has only the table of settings.
func adopting(t *testing.T) (*settings.Service, store.Store) {
	t.Helper()
	db := enginetest.Open(t)
	makeParams(t, db)
	return settings.New(settings.Config{Store: db, Changes: change.New(change.Config{Store: db, Node: "test"})}), db
}

// makeParams makes the table of settings.
func makeParams(t *testing.T, db store.Store) {
	t.Helper()
	err := db.Exclusive(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(db.Migrator().Migration(`CREATE TABLE "_params" ({rowid} "id" {text} PRIMARY KEY NOT NULL, "value" JSON, "created" {text}, "updated" {text})`))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A process hears of a later commit of another process before the functions that follow its own
// commit have run. It must not go on with its own settings.
func TestALaterCommitIsPublishedFirst(t *testing.T) {
	t.Parallel()
	dir, url := t.TempDir(), enginetest.URL(t)
	db, elsewhere := enginetest.OpenAt(t, dir, url), enginetest.OpenAt(t, dir, url)
	makeParams(t, db)
	reloads := make(chan struct{}, 1)
	here := settings.New(settings.Config{Store: db, Reload: func() { reloads <- struct{}{} }})
	there := settings.New(settings.Config{Store: elsewhere})
	committed, followed, answered := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		answered <- db.Write(t.Context(), func(tx store.Tx) error {
			tx.OnCommit(func() {
				close(committed)
				<-followed
			})
			return adopt(here, tx, "First")
		})
	}()
	<-committed
	err := errors.Join(
		elsewhere.Write(t.Context(), func(tx store.Tx) error { return adopt(there, tx, "Second") }),
		here.Load(t.Context()))
	close(followed)
	if err := errors.Join(err, <-answered); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reloads:
	default:
		t.Errorf("the settings are %q, and no reload was asked for", here.Current().Meta.AppName)
	}
}

func adopt(s *settings.Service, tx store.Tx, name string) error {
	_, _, err := s.Adopt(tx, []byte(`{"meta":{"appName":"`+name+`"}}`))
	return err
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		document     string
		name         string // of the application, afterwards
		dropped, odd []string
		fails        bool
	}{
		{`{"meta":{"appName":"Moved"}}`, "Moved", nil, nil, false},
		{`{}`, "Acme", nil, nil, false},
		{`{"meta":{"appName":"Moved"},"batch":{"timeout":-1},"unknown":{"a":1}}`, "Moved", nil, []string{"batch.timeout"}, false},
		{`{"batch":{"timeout":"soon","maxRequests":7},"smtp":7,"meta":{"appName":"Moved"}}`, "Moved", []string{"batch.timeout", "smtp"}, nil, false},
		{`{"meta":null}`, "Acme", nil, nil, false},
		{`[]`, "", nil, nil, true},
		{`nonsense`, "", nil, nil, true},
	} {
		s, db := adopting(t)
		var dropped, odd []string
		err := db.Write(context.Background(), func(tx store.Tx) (err error) {
			dropped, odd, err = s.Adopt(tx, []byte(test.document))
			return err
		})
		if (err != nil) != test.fails {
			t.Errorf("Adopt(%s) = %v", test.document, err)
		}
		if err != nil {
			continue
		}
		for i := range odd {
			odd[i], _, _ = strings.Cut(odd[i], ":")
		}
		if !slices.Equal(dropped, test.dropped) || !slices.Equal(odd, test.odd) {
			t.Errorf("Adopt(%s): dropped %q, odd %q, want %q and %q", test.document, dropped, odd, test.dropped, test.odd)
		}
		for range 2 { // the current settings, and the stored settings
			if got := s.Current().Meta.AppName; got != test.name {
				t.Errorf("Adopt(%s): the name is %q, want %q", test.document, got, test.name)
			}
			if err := s.Load(context.Background()); err != nil {
				t.Errorf("load what was adopted: %v", err)
			}
		}
	}
}
