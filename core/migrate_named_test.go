package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// TestFailedMigrationIsNamed: a program with many migrations must report the one that has failed,
// for every kind of error.
func TestFailedMigrationIsNamed(t *testing.T) {
	for name, up := range map[string]func(*core.Tx) error{
		"0007_plain": func(*core.Tx) error { return errors.New("broken") },
		"0008_fault": func(m *core.Tx) error {
			_, err := m.Collections.Create(m.Context, record.Root(), []byte(`{"name":"x y"}`))
			return err
		},
		"0009_panic": func(*core.Tx) error { panic("broken") },
	} {
		app := core.New(core.Config{Dir: t.TempDir(), Migrations: []core.Migration{{Name: name, Up: up}}})
		err := app.Open(t.Context(), core.Serve)
		if err == nil {
			app.Close()
			t.Fatalf("%s: no error", name)
		}
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
		if name == "0008_fault" && !strings.Contains(err.Error(), "name: ") {
			t.Errorf("%q does not name the field", err)
		}
	}
}
