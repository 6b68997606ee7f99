package settings_test

import (
	"context"
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
	err := db.Exclusive(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(db.Migrator().Migration(`CREATE TABLE "_params" ({rowid} "id" {text} PRIMARY KEY NOT NULL, "value" JSON, "created" {text}, "updated" {text})`))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return settings.New(settings.Config{Store: db, Changes: change.New(change.Config{Store: db, Node: "test"})}), db
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
