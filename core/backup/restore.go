// Restoring an archive, in steps of which each leaves the old state or the new one.

package backup

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Restore puts the archive of that name in the place of database and files, while the app
// goes on to serve. If ctx ends, Restore returns and the rest is done all the same. On an
// error the old state is the one that is served. Faults are Invalid: for an archive that
// is missing or cannot be restored, with the reason, and while another backup or restore
// runs.
func (s *Service) Restore(ctx context.Context, caller record.Caller, key string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	j := &job{action: "restore", key: key}
	return s.run(ctx, j, hooked(&s.cfg.Hooks.Restore, key, func(ctx context.Context) error {
		release, err := s.use(key)
		if err != nil {
			return err
		}
		defer release()
		b, err := s.open(ctx, key, fault.Invalid)
		if err != nil {
			return err
		}
		defer b.Close()
		return s.restore(ctx, j, readerAt(b), b.Size())
	}))
}

// RestoreFile is Restore of an archive that is kept elsewhere. The file must stay open
// until RestoreFile has returned; ctx does not end it early.
func (s *Service) RestoreFile(ctx context.Context, caller record.Caller, f *os.File) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	j := &job{action: "restore", key: filepath.Base(f.Name())}
	return s.run(context.WithoutCancel(ctx), j, hooked(&s.cfg.Hooks.Restore, j.key, func(ctx context.Context) error {
		return s.restore(ctx, j, f, info.Size())
	}))
}

// restore does the steps. Until the plan is saved nothing of the installation is touched.
func (s *Service) restore(ctx context.Context, j *job, r io.ReaderAt, size int64) (err error) {
	if err := s.resume(ctx); err != nil { // of an earlier restore that left something to do
		return err
	}
	a, err := s.limits.readArchive(r, size)
	if err != nil {
		return err
	}
	j.total.Store(int64(2*a.size - a.databases())) // files are read twice
	if err := s.work(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.clear()) }()
	// The unpacked database goes through the log of the one that is served, and so do logs.
	if err := s.fits(s.cfg.Work, 2*a.databases()); err != nil {
		return err
	}
	s.step("begun")
	mark := newMark()
	if err := s.unpackDatabase(ctx, j, a, mark); err != nil {
		return err
	}
	s.step("prepared")
	// Before the plan: a file that it finds must not go until the restored state is served.
	release, err := s.cfg.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	p, err := s.newPlan(ctx, j, a, mark)
	if err != nil {
		return err
	}
	if err := s.fits(s.cfg.Files.Dir(), a.sizeOf(p.Add)+a.sizeOf(p.Replace)); err != nil {
		return err
	}
	if err := p.save(s.cfg.Work); err != nil {
		return fmt.Errorf("restore: save the plan: %w", err)
	}
	s.step("planned")
	return s.apply(ctx, j, a, p)
}

// apply does what the plan says, or undoes what it has begun.
func (s *Service) apply(ctx context.Context, j *job, a *archive, p *plan) error {
	err := s.place(ctx, j, a, p)
	if err == nil {
		s.step("placed")
		read := j.done.Load()
		err = s.cfg.Database.Replace(ctx, filepath.Join(s.cfg.Work, databaseFile), func(copied, total int64) {
			j.total.Store(read + total)
			j.done.Store(read + copied)
		}, func() {
			// What a write stores from here on belongs to the restored state, or goes when the
			// write finds that its collections are others.
			p.Before = time.Now()
		})
	}
	always := context.WithoutCancel(ctx)
	mark := ""
	if err == nil {
		mark = p.Mark
	} else if m, e := s.cfg.Database.Mark(always); e == nil {
		mark = m
	} else {
		return errors.Join(err, e) // a later start decides
	}
	if mark != p.Mark {
		return errors.Join(err, s.undo(p))
	}
	s.step("switched")
	if err := s.finish(always, p); err != nil {
		// The restored state is served: what is left costs space, and the next start tries again.
		s.cfg.Log.Error("restore: remove the earlier files", "error", err)
	}
	return nil
}

// unpackDatabase unpacks the database, and logs, into the folder of work and has them judged there.
func (s *Service) unpackDatabase(ctx context.Context, j *job, a *archive, mark string) error {
	if err := s.checkComment(a.comment); err != nil {
		return err
	}
	if err := s.unpack(ctx, j, a, a.database); err != nil {
		return err
	}
	if err := s.cfg.Database.Prepare(ctx, s.cfg.Work, mark); err != nil {
		return err
	}
	// Now that it is known to be ours: what does not belong into an archive would be lost.
	if len(a.others) > 0 {
		return refused("%q in it does not belong into a backup, which has %s and %s", a.others[0], databaseFile, filesFolder)
	}
	return s.unpackLogs(ctx, j, a)
}

// unpack unpacks an entry into the folder of work.
func (s *Service) unpack(ctx context.Context, j *job, a *archive, entry *zip.File) error {
	f, err := os.OpenFile(filepath.Join(s.cfg.Work, entry.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = a.read(ctx, j, entry, func(in io.Reader) error {
		_, err := io.Copy(f, in)
		return err
	})
	return errors.Join(err, f.Close())
}

func (s *Service) unpackLogs(ctx context.Context, j *job, a *archive) error {
	if a.logs == nil || s.cfg.Logs == nil {
		return nil
	}
	if err := s.unpack(ctx, j, a, a.logs); err != nil {
		return err
	}
	if err := s.cfg.Logs.Check(ctx, filepath.Join(s.cfg.Work, logsFile)); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &fault.Error{Kind: fault.Invalid, Message: "The archive cannot be restored: its logs cannot be used.", Reason: err.Error(), Err: err}
	}
	return nil
}

// clear removes the folder of work, unless something is left to do in it.
func (s *Service) clear() error {
	p, err := readPlan(s.cfg.Work)
	if p != nil || err != nil {
		return err
	}
	return os.RemoveAll(s.cfg.Work)
}
