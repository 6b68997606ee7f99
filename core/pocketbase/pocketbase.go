// Package pocketbase moves an installation of PocketBase 0.23 or later over: a
// folder as it lies there becomes a data folder of ours, with the ids, secrets and
// hashes that it had, so that clients notice nothing. DESIGN.md in this folder says
// how, and what is done about a folder that cannot be trusted.
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

// Config says what is imported from where to where. Source is required; App.Dir defaults to
// loam_data.
type Config struct {
	Source string      // the folder, "pb_data" usually; nothing is written into it
	App    core.Config // where the data goes: a folder that is empty or not there, and a new database

	// Key decrypts the settings: what the environment variable holds that the source
	// was served with, if it was.
	Key string

	// Progress is told of each step: done of total, at the end all of it. Steps are
	// named for people. Default: nobody is told.
	Progress func(step string, done, total int64)
}

// Import moves the installation. On an error, or when ctx ends, the data folder is as it
// was before, and the database has no collections but those of a new one. The report is
// also written into the data folder (ReportFile).
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

// run reads the source, copies its files and fills the new installation. It becomes visible
// in one step at the end: the rename of the folder or the commit of PostgreSQL.
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
		// The database is complete with its commit: the folder has to be by then.
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

// contents is what the source's database says about collections and settings.
type contents struct {
	collections []*definition
	settings    []byte // nil: none
}

// read reads collections and settings, and reports what is not carried over.
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
	// The store would give up a transaction without a deadline after some minutes.
	ctx, cancel := context.WithTimeout(ctx, 30*24*time.Hour)
	defer cancel()
	before := *m.report
	return app.Collections().Adopt(ctx, record.Root(), func(a *collection.AdoptTx) (list []*schema.Collection, err error) {
		*m.report = before.clone() // it may be tried again
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

// adoptSettings stores the settings in the transaction and reports what was changed in
// them.
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
