// Restoring an archive. A failure at any step leaves the old state or the new one.

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

// Restore replaces the database and the files by an archive, while the app serves requests. If
// ctx ends, Restore returns ctx's error and the restore continues. After any other error the old
// state is served; if the files could not be put back, the next backup, restore or start does
// that. An archive that is missing or cannot be restored is an Invalid fault with the reason, and
// so is a backup or restore that is running already.
func (s *Service) Restore(ctx context.Context, caller record.Caller, key string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	j := &job{action: "restore", key: key}
	return s.run(ctx, j, hooked(&s.cfg.Hooks.Restore, key, func(ctx context.Context) error {
		release, err := s.use(ctx, key)
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

// RestoreFile is Restore for an archive in a file outside the store. The file must stay open
// until RestoreFile has returned; the end of ctx does not make it return early.
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

// restore runs the steps in order. It changes nothing of the installation before the plan is
// saved.
func (s *Service) restore(ctx context.Context, j *job, r io.ReaderAt, size int64) (err error) {
	if err := s.work(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.clear()) }()
	a, err := s.limits.readArchive(r, size)
	if err != nil {
		return err
	}
	j.total.Store(int64(2*a.size - a.databases())) // files are read twice
	// The database is stored twice, unpacked and in the write-ahead log of the served database;
	// so are the logs.
	if err := s.fits(s.cfg.Work, 2*a.databases()); err != nil {
		return err
	}
	s.step("begun")
	mark := newMark()
	if err := s.unpackDatabase(ctx, j, a, mark); err != nil {
		return err
	}
	s.step("prepared")
	// Held before the plan: a file in the plan must stay until the restored state is served.
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

// apply carries out the plan, or undoes the steps that it has done.
func (s *Service) apply(ctx context.Context, j *job, a *archive, p *plan) error {
	err := s.place(ctx, j, a, p)
	if err == nil {
		s.step("placed")
		read := j.done.Load()
		err = s.cfg.Database.Replace(ctx, filepath.Join(s.cfg.Work, databaseFile), func(copied, total int64) {
			j.total.Store(read + total)
			j.done.Store(read + copied)
		}, func() {
			// A write that stores files from here on sees the restored state, or finds that its
			// collections have changed, removes its files and begins again.
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
		return errors.Join(err, e) // the next start reads the mark
	}
	if mark != p.Mark {
		return errors.Join(err, s.undo(p))
	}
	s.step("switched")
	if err := s.finish(always, p); err != nil {
		// The restored state is served. The files that are left cost only space, and the next
		// start removes them.
		s.cfg.Log.Error("restore: remove the earlier files", "error", err)
	}
	return nil
}

// unpackDatabase unpacks the database and the logs into the folder for temporary files and checks
// them there.
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
	// Checked only now that the database is known to be Loam's: a restore would lose these
	// entries.
	if len(a.others) > 0 {
		return refused("%q in it does not belong into a backup, which has %s and %s", a.others[0], databaseFile, filesFolder)
	}
	return s.unpackLogs(ctx, j, a)
}

// unpack unpacks an entry into the folder for temporary files.
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

// clear removes the folder for temporary files, unless it has a plan that is still needed.
func (s *Service) clear() error {
	p, err := readPlan(s.cfg.Work)
	if p != nil || err != nil {
		return err
	}
	return os.RemoveAll(s.cfg.Work)
}
