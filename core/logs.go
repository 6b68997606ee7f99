// The logs of the App: their place, and the treatment of a damaged file.

package core

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/logs"
	"github.com/loambase/loam/core/settings"
)

// openLogs makes the service of logs, and the logger whose messages it keeps. No file is opened
// before there is an entry to keep.
func (a *App) openLogs() {
	c := logs.Config{
		Open:     func(ctx context.Context) (store.Store, error) { return openLogs(ctx, a.Config, a.store) },
		Settings: func() *settings.Settings { return a.settings.Current() },
		Console:  a.Config.Log, Now: a.Config.Now,
	}
	if a.Config.DB == "" {
		c.SetAside, c.Compact = a.setLogsAside, true
	} else {
		c.NewFile = func(ctx context.Context, path string, fill func(store.Store) error) error {
			return writeCopy(ctx, path, a.log, func(to store.Store, _ func() error) error { return fill(to) })
		}
	}
	a.logs = logs.New(c)
	a.log = slog.New(a.logs.Handler(a.Config.Log.Handler()))
}

// setLogsAside renames the file of the logs and SQLite's files beside it. The write-ahead log is
// renamed first: SQLite would take it for that of a new file.
func (a *App) setLogsAside() (name string, err error) {
	old := filepath.Join(a.Config.Dir, logFile)
	name = old + ".damaged-" + strconv.FormatInt(a.Config.Now().UnixMilli(), 10)
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if e := os.Rename(old+suffix, name+suffix); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return name, err
}
