// Package backup makes archives of an installation, which are zips of the database and the files,
// and restores them while the installation is served. DESIGN.md in this folder explains the order
// of the steps.
package backup

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Config holds the dependencies of a Service. Logs, Alone, Tell, Log, Now and Hooks may be left out.
type Config struct {
	Database Database
	Logs     Logs             // nil: archives have no logs
	Files    *blob.Local      // the files of records in the data folder
	Hold     Hold             // keeps the files of records from being removed
	Alone    Alone            // default: no other process uses the archives and the folder Work
	Tell     func(*Progress)  // sends the progress to the other processes, which pass it to Hear; the progress is nil at the end of a job
	Store    blob.Store       // where archives are kept
	Work     string           // the folder for temporary files; made and removed by the Service
	AppName  func() string    // the app's name, for the names of archives
	Version  string           // of the program
	Schema   []string         // the migrations that the program knows, oldest first
	Log      *slog.Logger     // default: nothing is logged
	Now      func() time.Time // default time.Now
	Hooks    *Hooks           // default: none
}

// Hold keeps the files of records from being removed until release is called, which must be once.
type Hold func(ctx context.Context) (release func(), err error)

// Alone locks the archive with the key against other processes until release is called. With the key
// "" it locks the making and restoring of archives. ok is false if another process has the lock.
type Alone func(ctx context.Context, key string) (release func(), ok bool, err error)

// Database is the database of the installation.
type Database interface {
	// Copy writes a copy of the database as of one moment to a new file, an SQLite database.
	Copy(ctx context.Context, path string, progress func(copied, total int64)) error
	// Yield pauses for the duration took if there are writes, so that they have half of the
	// processor and of the disk while an archive is packed.
	Yield(ctx context.Context, took time.Duration) error
	// Prepare opens the database file in the folder as an installation of its own, checks it,
	// runs its missing migrations and sets its mark. A file that cannot replace the database is a
	// fault, and so is a database role that lacks the rights for Replace.
	Prepare(ctx context.Context, dir, mark string) error
	// Replace puts a prepared file in the place of the database, in one step, and reports the
	// progress of the preparation to progress. It calls moment once, when writes can commit only
	// to the new state from then on. After an error the database may be the old or the new one:
	// Mark tells which.
	Replace(ctx context.Context, path string, progress func(copied, total int64), moment func()) error
	// Mark returns the mark of the database, "" if it has none.
	Mark(ctx context.Context) (string, error)
}

// Logs is the store of the logs.
type Logs interface {
	// Wanted reports whether backups include the logs.
	Wanted() bool
	// Copy writes a copy of the logs to a new file.
	Copy(ctx context.Context, path string) error
	// Check returns an error if the file is damaged, or is not a copy that Copy made.
	Check(ctx context.Context, path string) error
	// Merge adds the entries of a copy that the store lacks. It may be repeated.
	Merge(ctx context.Context, path string) error
}

// Service makes, keeps and restores archives. It is safe for concurrent use. It runs one backup
// or restore at a time: a second one gets an Invalid fault.
type Service struct {
	cfg    Config
	tree   tree // access to cfg.Files; tests inject failures
	limits limits

	ctx     context.Context // of the running job; ended by Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	closed bool
	job    *job            // the running backup or restore; nil if there is none
	used   map[string]bool // keys of archives that are being written or read

	heard   *Progress // the last progress of another process; nil for none
	heardAt time.Time

	step func(name string) // called between the steps of a restore, for tests
}

// New returns a Service. The caller must call Close.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Hooks == nil {
		c.Hooks = &Hooks{}
	}
	if c.Alone == nil {
		c.Alone = func(context.Context, string) (func(), bool, error) { return func() {}, true, nil }
	}
	s := &Service{cfg: c, tree: c.Files.Tree(), limits: defaultLimits(), used: map[string]bool{}, step: func(string) {}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close cancels the running backup or restore and waits for its end. An incomplete archive is not
// kept. A restore leaves the old state, or the new one if the database was replaced already.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
}

// Info describes an archive.
type Info struct {
	Modified time.Time
	Key      string
	Size     int64
}

// List returns all archives, sorted by key. A caller who is not a superuser gets the fault of
// record.Caller.RequireSuperuser, as in all methods with a caller.
func (s *Service) List(ctx context.Context, caller record.Caller) ([]Info, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	list := []Info{}
	err := s.cfg.Store.List(ctx, "", func(b blob.Info) error {
		if !strings.Contains(b.Key, "/") && !strings.HasPrefix(b.Key, ".") {
			list = append(list, Info{Modified: b.ModTime, Key: b.Key, Size: b.Size})
		}
		return nil
	})
	return list, err
}

// Open opens an archive for reading; the caller closes it. A missing archive is a NotFound fault.
func (s *Service) Open(ctx context.Context, caller record.Caller, key string) (blob.Blob, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	return s.open(ctx, key, fault.NotFound)
}

// open opens an archive. A missing archive is a fault of the kind missing.
func (s *Service) open(ctx context.Context, key string, missing fault.Kind) (blob.Blob, error) {
	if strings.Contains(key, "/") || strings.HasPrefix(key, ".") {
		return nil, fault.New(missing, missingArchive)
	}
	b, err := s.cfg.Store.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(missing, missingArchive, err)
	}
	return b, err
}

const missingArchive = "There is no backup of this name."

// Delete deletes an archive. An archive that is missing or in use is an Invalid fault.
func (s *Service) Delete(ctx context.Context, caller record.Caller, key string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	release, err := s.use(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	b, err := s.open(ctx, key, fault.Invalid)
	if err != nil {
		return err
	}
	if err := b.Close(); err != nil {
		return err
	}
	return s.cfg.Store.Delete(ctx, key)
}

// use locks the archive for this caller, among all processes, until release is called. If the archive
// is locked already, the error is errInUse.
func (s *Service) use(ctx context.Context, key string) (release func(), err error) {
	if !s.occupy(key) {
		return nil, errInUse
	}
	others, ok, err := s.cfg.Alone(ctx, key)
	if err == nil && !ok {
		err = errInUse
	}
	if err != nil {
		s.vacate(key)
		return nil, err
	}
	return func() { others(); s.vacate(key) }, nil
}

var errInUse error = fault.New(fault.Invalid, "The backup is in use. Try again later.")

// occupy locks the archive within this process. It returns false if the archive is locked already.
func (s *Service) occupy(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[key] {
		return false
	}
	s.used[key] = true
	return true
}

// vacate undoes occupy.
func (s *Service) vacate(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, key)
}

// work makes the folder for temporary files, empty and readable by the owner only. A folder that has
// the plan of an earlier restore is removed only after that restore is completed or undone: without
// the plan, the old files would stay under their temporary names.
func (s *Service) work(ctx context.Context) error {
	if err := s.resume(ctx); err != nil {
		return err
	}
	return os.Mkdir(s.cfg.Work, 0o700)
}
