// Package pocketbase imports an installation of PocketBase 0.23 or later: it converts a folder into
// a data folder of Loam with the same ids, secrets and hashes, so that clients notice nothing.
// DESIGN.md in this folder describes how, and how a folder that cannot be trusted is treated.
package pocketbase

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Config holds the source and the target of an import. Source is required; App.Dir defaults to
// loam_data.
type Config struct {
	Source string      // the folder, "pb_data" usually; nothing is written into it
	App    core.Config // the target: an empty or missing folder, and a new database

	// Key decrypts the settings: the value of the environment variable with which the source was
	// served, if there was one.
	Key string

	// Progress is called during each step with done of total; at the end of the step the two are
	// equal. The names of steps are for people. Default: no calls.
	Progress func(step string, done, total int64)
}

// Import imports the installation. On an error, or when ctx ends, the data folder is unchanged, and
// the database has only the collections of a new database. The report is also written into the data
// folder (ReportFile).
func Import(ctx context.Context, cfg Config) (report *Report, err error) {
	if cfg.Progress == nil {
		cfg.Progress = func(string, int64, int64) {}
	}
	cfg.App.Dir = cmp.Or(cfg.App.Dir, "loam_data")
	if cfg.App.Now == nil {
		cfg.App.Now = time.Now
	}
	to, err := newTarget(cfg.App.Dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, to.discard())
		} else {
			err = to.close()
		}
	}()
	// The private copy is in the work folder of the target, so it is removed with that folder in
	// any case.
	from, err := openFolder(ctx, cfg.Source, to.work, cfg.Progress)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	m := &move{Config: cfg, from: from, to: to, report: newReport(cfg)}
	if err := m.run(ctx); err != nil {
		return nil, err
	}
	return m.report, nil
}

// move is the state of one import.
type move struct {
	Config
	from   *folder
	to     *target
	report *Report
}

// run reads the source, copies its files and fills the new installation. The installation becomes
// visible in one step at the end: the rename of the folder or the commit of PostgreSQL.
func (m *move) run(ctx context.Context) error {
	read, err := m.read(ctx)
	if err != nil {
		return err
	}
	if err := m.files(ctx, read.collections); err != nil {
		return err
	}
	m.leftovers()
	if m.App.DB != "" {
		// The commit completes the database, so the folder must be complete before.
		if err := m.to.place(); err != nil {
			return err
		}
		return m.fill(ctx, read, m.App.Dir)
	}
	if err := m.fill(ctx, read, m.to.build); err != nil {
		return err
	}
	return m.to.place()
}

// contents holds the collections and settings of the source's database.
type contents struct {
	collections []*definition
	settings    []byte // nil: the source has none
}

// read reads collections and settings, and reports data that is not imported.
func (m *move) read(ctx context.Context) (*contents, error) {
	read := &contents{}
	err := m.from.read(ctx, func(s *tables) (err error) {
		if read.collections, err = m.definitions(s); err != nil {
			return err
		}
		if err := m.strangers(s, read.collections); err != nil {
			return err
		}
		read.settings, err = m.settings(s)
		return err
	})
	return read, err
}

// fill creates the installation in the folder, with all records in one transaction, and
// writes the report beside it.
func (m *move) fill(ctx context.Context, read *contents, dir string) (err error) {
	config := m.App
	config.Dir = dir
	app := core.New(config)
	if err := app.Open(ctx, core.Install); err != nil {
		return fmt.Errorf("make the new installation: %w", err)
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	// Without a deadline the store would end the transaction after some minutes.
	ctx, cancel := context.WithTimeout(ctx, 30*24*time.Hour)
	defer cancel()
	before := *m.report
	return app.Collections().Adopt(ctx, record.Root(), func(a *collection.AdoptTx) (list []*schema.Collection, err error) {
		*m.report = before.clone() // the transaction may run again
		err = m.from.read(ctx, func(s *tables) error {
			list, err = m.adopt(ctx, a, s, read)
			return err
		})
		if err != nil {
			return nil, err
		}
		if err := m.adoptSettings(app, a, read.settings); err != nil {
			return nil, err
		}
		return list, m.report.write(dir)
	})
}

// adoptSettings stores the settings in the transaction and reports their changes.
func (m *move) adoptSettings(app *core.App, a *collection.AdoptTx, document []byte) error {
	if document == nil {
		m.report.note(adjusted, "settings", "there were none: they have their defaults")
		return nil
	}
	dropped, odd, err := app.Settings().Adopt(a.Tx, document)
	for _, name := range dropped {
		m.report.note(adjusted, "settings", "%s: it was of the wrong type and has its default", name)
	}
	for _, text := range odd {
		m.report.note(kept, "settings", "%s", text)
	}
	return err
}
