// The logs of the App: where they are kept, and what happens to a file that is damaged.

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

// openLogs makes the service of logs and the logger that is kept in it. Nothing is opened
// before there is something to keep.
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

// setLogsAside renames the file of the logs and what SQLite has beside it. The log of the old file
// goes first: beside a new one it would be taken for its own.
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
