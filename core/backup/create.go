// Making an archive: the copy of the database and then the files go into one zip, which is
// written as a stream.

package backup

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// The names of the entries of an archive.
const (
	databaseFile = "data.db"
	logsFile     = "logs.db" // if the settings include the logs
	filesFolder  = "storage/"
)

// manualPrefix begins the generated names of archives.
const manualPrefix = "pb_backup_" // Wire: clients may look for it

// Create makes an archive of that name and returns the name; "" generates one from the app's name
// and the time. Writes continue meanwhile. If ctx ends, Create returns ctx's error and the backup
// continues. An invalid or existing name is an Invalid fault, and so is a backup or restore that
// is running already.
func (s *Service) Create(ctx context.Context, caller record.Caller, name string) (key string, err error) {
	if err := caller.RequireSuperuser(); err != nil {
		return "", err
	}
	if name == "" {
		name = newName(manualPrefix, s.cfg.AppName(), s.cfg.Now())
	} else if leaf := checkName(name); leaf != nil {
		return "", invalid("name", leaf)
	}
	return name, s.make(ctx, name)
}

// make runs the job that makes an archive. The name must be valid.
func (s *Service) make(ctx context.Context, name string) error {
	j := &job{action: "create", key: name}
	return s.run(ctx, j, hooked(&s.cfg.Hooks.Create, name, func(ctx context.Context) error {
		release, err := s.use(ctx, name)
		if err != nil {
			return err
		}
		defer release()
		if err := s.mustBeNew(ctx, name, "name"); err != nil {
			return err
		}
		return s.create(ctx, j, name)
	}))
}

// mustBeNew returns the fault of the form field if an archive of that name exists.
func (s *Service) mustBeNew(ctx context.Context, name, field string) error {
	b, err := s.open(ctx, name, fault.NotFound)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(nameTaken(field), b.Close())
}

// create copies the database and writes the archive.
func (s *Service) create(ctx context.Context, j *job, name string) (err error) {
	if err := s.work(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.clear()) }()
	// Held before the copy: every file that a record of the copy names stays until it is in the
	// archive.
	release, err := s.cfg.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	files, err := s.sizeOfFiles(ctx)
	if err != nil {
		return err
	}
	j.total.Store(files)
	database := filepath.Join(s.cfg.Work, databaseFile)
	err = s.cfg.Database.Copy(ctx, database, func(copied, total int64) {
		j.total.Store(2*total + files) // the database is read twice: copied, and packed
		j.done.Store(copied)
	})
	if err != nil {
		return err
	}
	info, err := os.Stat(database)
	if err != nil {
		return err
	}
	logs, err := s.copyLogs(ctx)
	if err != nil {
		return err
	}
	j.total.Store(2*info.Size() + logs + files)
	j.done.Store(info.Size())
	return s.store(ctx, j, name)
}

// copyLogs copies the logs, if archives include them, and returns their size in bytes. Unreadable
// logs are left out, so that the rest is backed up.
func (s *Service) copyLogs(ctx context.Context) (size int64, err error) {
	if s.cfg.Logs == nil || !s.cfg.Logs.Wanted() {
		return 0, nil
	}
	path := filepath.Join(s.cfg.Work, logsFile)
	if err := s.cfg.Logs.Copy(ctx, path); err != nil {
		if ctx.Err() != nil {
			return 0, err
		}
		s.cfg.Log.Error("backup: the logs are left out", "error", err)
		return 0, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (s *Service) sizeOfFiles(ctx context.Context) (total int64, err error) {
	err = s.tree.Walk(ctx, func(_ string, info fs.FileInfo) error {
		total += info.Size()
		return nil
	})
	return total, err
}

// store writes the archive into the store. An incomplete archive is not kept.
func (s *Service) store(ctx context.Context, j *job, name string) error {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(ctx)
	packed := make(chan error, 1)
	go func() {
		err := recovered(func() error { return s.pack(ctx, j, w) })
		w.CloseWithError(err) // a nil error is the end of the stream
		packed <- err
	}()
	err := s.cfg.Store.Put(ctx, name, r, blob.UnknownSize, blob.Attributes{ContentType: "application/zip", OriginalName: name})
	cancel()
	r.CloseWithError(errors.New("the archive could not be stored"))
	if e := <-packed; err == nil {
		err = e
	}
	return err
}

// pack writes the zip: database, logs and files.
func (s *Service) pack(ctx context.Context, j *job, w io.Writer) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	if err := z.SetComment(s.comment()); err != nil {
		return err
	}
	for _, name := range []string{databaseFile, logsFile} {
		f, err := os.Open(filepath.Join(s.cfg.Work, name))
		if name == logsFile && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.add(ctx, j, z, name, zip.Deflate, f); err != nil {
			return err
		}
	}
	err := s.tree.Walk(ctx, func(p string, _ fs.FileInfo) error {
		f, err := s.tree.Open(p)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed by another program
		}
		if err != nil {
			return err
		}
		// Most uploads are compressed already: compressing them again costs more than it saves.
		return s.add(ctx, j, z, filesFolder+p, zip.Store, f)
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// add adds a file to the zip and closes it.
func (s *Service) add(ctx context.Context, j *job, z *zip.Writer, name string, method uint16, f fs.File) (err error) {
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			err = fmt.Errorf("pack %s: %w", name, err)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &zip.FileHeader{Name: name, Method: method, Modified: info.ModTime()}
	header.SetMode(0o600)
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, &paced{r: &reader{ctx, f, &j.done}, yield: s.cfg.Database.Yield, ctx: ctx, since: time.Now()})
	return err
}

// pacedBytes is the number of bytes read between two pauses; they are packed in 1 to 2 ms.
const pacedBytes = 128 << 10

// paced reads from r and pauses for the writes of the database in between.
type paced struct {
	ctx   context.Context
	r     io.Reader
	yield func(ctx context.Context, took time.Duration) error
	since time.Time // the end of the last pause
	bytes int       // read since the last pause
}

func (p *paced) Read(b []byte) (int, error) {
	if p.bytes >= pacedBytes {
		if err := p.yield(p.ctx, time.Since(p.since)); err != nil {
			return 0, err
		}
		p.bytes, p.since = 0, time.Now()
	}
	n, err := p.r.Read(b)
	p.bytes += n
	return n, err
}

// AutoPrefix begins the names of scheduled archives.
const AutoPrefix = "@auto_pb_backup_" // Wire

// Auto makes a scheduled archive and deletes the oldest scheduled archives, so that keep of them
// stay, at least one.
func (s *Service) Auto(ctx context.Context, keep int) error {
	if err := s.make(ctx, newName(AutoPrefix, s.cfg.AppName(), s.cfg.Now())); err != nil {
		return err
	}
	return s.deleteOld(ctx, keep)
}

// reader reads until the context ends, and adds the number of bytes read to done.
type reader struct {
	ctx  context.Context
	r    io.Reader
	done *atomic.Int64 // nil: not counted
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	if r.done != nil {
		r.done.Add(int64(n))
	}
	return n, err
}
