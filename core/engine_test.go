package core

import (
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/password"
)

// A table of another program with one of these names must be found before any table is made.
func TestFirstTables(t *testing.T) {
	t.Parallel()
	app := New(Config{Dir: t.TempDir(), HashCost: password.MinCost})
	if err := app.Open(t.Context(), Serve); err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	var made []string
	err := app.store.Read(t.Context(), func(r store.Reader) error {
		names, err := app.store.Catalog().Names(r)
		for _, n := range names {
			if n.Kind == "table" {
				made = append(made, n.Name)
			}
		}
		return err
	})
	// The tables of logs are made when they are first needed.
	want := slices.DeleteFunc(firstTables(), func(name string) bool { return slices.Contains(schema.LogTables(), name) })
	slices.Sort(made)
	slices.Sort(want)
	if err != nil || !slices.Equal(made, want) {
		t.Errorf("a new installation has the tables %q, firstTables() = %q (%v)", made, want, err)
	}
}
