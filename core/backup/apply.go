// Carrying out the plan of a restore, undoing it, and going on with it after a crash.

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

// tree is the folder of files; blob.Tree says what the methods do.
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

// place brings the files of the archive to their places: to those that are free, where
// nothing that is served looks for them, and then to those of files that differ, which
// stay beside them under other names.
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
	for i, name := range p.Replace { // all are written before the first one is seen
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

// write stores the contents of an entry under a temporary name beside its place.
func (s *Service) write(ctx context.Context, j *job, a *archive, name, temp string) error {
	return a.read(ctx, j, a.files[name], func(in io.Reader) error { return s.tree.Write(ctx, name, temp, in) })
}

// undo brings back the files as they were. It may be done again. On an error the plan
// stays, and the next start tries again.
func (s *Service) undo(p *plan) error {
	var err error
	for i, name := range p.Replace {
		e := s.tree.Place(name, p.old(i)) // over the new one, if that is there
		if errors.Is(e, fs.ErrNotExist) {
			e = nil // it never went aside
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

// finish adds the restored logs and removes what the restored state does not have. It may be
// done again.
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

// mergeLogs adds the logs of the archive to those that are kept. The restored state is served
// already, and is so without them too.
func (s *Service) mergeLogs(ctx context.Context) {
	path := filepath.Join(s.cfg.Work, logsFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || s.cfg.Logs == nil {
		return
	}
	if err := s.cfg.Logs.Merge(ctx, path); err != nil {
		s.cfg.Log.Error("restore: logs", "error", err)
	}
}

// sync makes the names in the folders of the files durable.
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

// Recover ends a restore that was cut off: forwards if the database is the restored one,
// else backwards. It is called before the installation is served. One that another process
// is at is left to it.
func (s *Service) Recover(ctx context.Context) error {
	if _, err := os.Stat(s.cfg.Work); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.alone(ctx, nil, s.resume)
}

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
