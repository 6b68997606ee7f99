// Removal of temporary files of processes that ended during an upload.

package blob

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"
)

// Time returns the present time by the clock of the folder's file system: no file that is written
// afterwards is older.
func (l *Local) Time() (now time.Time, err error) {
	name, err := l.write(".", strings.NewReader(""), 0)
	if err != nil {
		return now, err
	}
	info, err := l.root.Stat(name)
	if err == nil {
		now = info.ModTime()
	}
	return now, errors.Join(err, l.root.Remove(name))
}

// Sweep removes temporary files that were last written before the given time and returns their
// number. A process that ends during a Put leaves such files. The time must lie further back than
// any Put of any process may pause.
func (l *Local) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	err = fs.WalkDir(l.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		var info fs.FileInfo
		if err == nil && d.Type().IsRegular() && strings.HasPrefix(d.Name(), tempPrefix) {
			info, err = d.Info()
		}
		if err == nil && info != nil && info.ModTime().Before(before) {
			if err = l.root.Remove(p); err == nil {
				removed++
			}
		}
		if errors.Is(asNotExist(err), fs.ErrNotExist) {
			return nil // removed in the meantime
		}
		return err
	})
	return removed, err
}
