// Applying the plan of a restore, undoing it, and completing it after a crash.

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// tree gives access to the folder of the files of records. blob.Tree, which implements it,
// documents the methods.
type tree interface {
	Walk(ctx context.Context, fn func(p string, info fs.FileInfo) error) error
	Open(p string) (fs.File, error)
	Stat(p string) (fs.FileInfo, error)
	Write(ctx context.Context, p, name string, r io.Reader) error
	Place(p, name string) error
	Aside(p, name string) error
	Drop(p, name string) error
	Remove(p string) error
	RemoveOlder(p string, before time.Time) error
	Sync(p string) error
}

// place brings the files of the archive to their paths. First it adds the files whose paths are
// free: the served database names none of them. Then it replaces the files that differ, and keeps
// each old file in the same folder under another name.
func (s *Service) place(ctx context.Context, j *job, a *archive, p *plan) error {
	for i, name := range p.Add {
		if err := s.write(ctx, j, a, name, p.fresh(i)); err != nil {
			return err
		}
		if _, err := s.tree.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("restore: %s is there already", name), err)
		}
		if err := s.tree.Place(name, p.fresh(i)); err != nil {
			return err
		}
	}
	for i, name := range p.Replace { // every new file is written before the first one takes its place
		if err := s.write(ctx, j, a, name, p.fresh(len(p.Add)+i)); err != nil {
			return err
		}
	}
	s.step("written")
	for i, name := range p.Replace {
		if err := s.tree.Aside(name, p.old(i)); err != nil {
			return err
		}
		s.step("aside")
		if err := s.tree.Place(name, p.fresh(len(p.Add)+i)); err != nil {
			return err
		}
	}
	return s.sync(p.Add, p.Replace)
}

// write stores the contents of an entry under a temporary name, in the folder of its path.
func (s *Service) write(ctx context.Context, j *job, a *archive, name, temp string) error {
	return a.read(ctx, j, a.files[name], func(in io.Reader) error { return s.tree.Write(ctx, name, temp, in) })
}

// undo puts the files back as they were before the restore. It may be repeated. On an error the
// plan stays, and the next backup, restore or start repeats undo.
func (s *Service) undo(p *plan) error {
	var err error
	for i, name := range p.Replace {
		e := s.tree.Place(name, p.old(i)) // replaces the new file, if that is in place
		if errors.Is(e, fs.ErrNotExist) {
			e = nil // the old file was never moved aside
		}
		err = errors.Join(err, e, s.tree.Drop(name, p.fresh(len(p.Add)+i)))
	}
	for i, name := range p.Add {
		err = errors.Join(err, s.tree.Drop(name, p.fresh(i)), s.tree.Remove(name))
	}
	if err == nil {
		err = s.sync(p.Add, p.Replace)
	}
	if err != nil {
		return fmt.Errorf("restore: bring back the files as they were: %w", err)
	}
	return removePlan(s.cfg.Work)
}

// finish merges the logs of the archive and removes the files that the restored state does not
// have. It may be repeated.
func (s *Service) finish(ctx context.Context, p *plan) error {
	s.mergeLogs(ctx)
	var err error
	for i, name := range p.Replace {
		err = errors.Join(err, s.tree.Drop(name, p.old(i)))
	}
	has := p.has()
	err = errors.Join(err, s.tree.Walk(ctx, func(name string, _ fs.FileInfo) error {
		if has(name) {
			return nil
		}
		return s.tree.RemoveOlder(name, p.Before)
	}))
	if err != nil {
		return err
	}
	return removePlan(s.cfg.Work)
}

// mergeLogs adds the logs of the archive to the logs of the installation. An error is only
// logged: the restored state is served already, and is complete without the logs.
func (s *Service) mergeLogs(ctx context.Context) {
	path := filepath.Join(s.cfg.Work, logsFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || s.cfg.Logs == nil {
		return
	}
	if err := s.cfg.Logs.Merge(ctx, path); err != nil {
		s.cfg.Log.Error("restore: logs", "error", err)
	}
}

// sync makes the names of the files durable: it syncs each of their folders once.
func (s *Service) sync(lists ...[]string) error {
	done := map[string]bool{}
	for _, list := range lists {
		for _, name := range list {
			if dir := path.Dir(name); !done[dir] {
				done[dir] = true
				if err := s.tree.Sync(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Recover completes a restore that was interrupted: it finishes the restore if the database is
// the restored one, and undoes it otherwise. Call it before the installation is served. A restore
// that another process is running is left to that process.
func (s *Service) Recover(ctx context.Context) error {
	if _, err := os.Stat(s.cfg.Work); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.alone(ctx, nil, s.resume)
}

// resume ends an interrupted restore. The folder for temporary files has the plan of that restore:
// resume completes or undoes it, then removes the folder. Without a plan it only removes the folder.
func (s *Service) resume(ctx context.Context) error {
	p, err := readPlan(s.cfg.Work)
	if err != nil || p == nil {
		return errors.Join(err, s.clear())
	}
	mark, err := s.cfg.Database.Mark(ctx)
	if err != nil {
		return err
	}
	if mark == p.Mark {
		err = s.finish(ctx, p)
	} else {
		err = s.undo(p)
	}
	if err != nil {
		return err
	}
	s.cfg.Log.Warn("a restore was cut off", "restored", mark == p.Mark)
	return s.clear()
}
