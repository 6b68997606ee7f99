// Package backup makes archives of an installation, database and files in one zip, and
// puts them back, while the installation is served. DESIGN.md in this folder says in which
// order and why.
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

// Config is what a Service depends on. Log and Now have defaults.
type Config struct {
	Database Database
	Logs     Logs             // nil: there are none that a backup could have
	Files    *blob.Local      // the files of records in the data folder
	Hold     Hold             // keeps files of records from being removed
	Alone    Alone            // default: no other process has the folder of work
	Store    blob.Store       // where archives are kept
	Work     string           // a folder for what is needed meanwhile; made and removed as needed
	AppName  func() string    // goes into the names of archives
	Version  string           // of the program
	Schema   []string         // the migrations that the program knows, oldest first
	Log      *slog.Logger     // default: nothing is logged
	Now      func() time.Time // default time.Now
	Hooks    *Hooks           // default: none
}

// Hold keeps files of records from being removed until release is called, once.
type Hold func(ctx context.Context) (release func(), err error)

// Alone keeps other processes from making and restoring archives until release is called. ok is
// false while another one does.
type Alone func(ctx context.Context) (release func(), ok bool, err error)

// Database is the database as backups see it.
type Database interface {
	// Copy writes a copy of one state to a new file, an SQLite database.
	Copy(ctx context.Context, path string, progress func(copied, total int64)) error
	// Yield pauses for that long if there are writes, so that they have half of the processor
	// and of the disk while an archive is packed.
	Yield(ctx context.Context, took time.Duration) error
	// Prepare opens the database file in the folder as an installation of its own, checks
	// it, runs the migrations that it lacks, and has it bear the mark. A file that cannot
	// take the place of the database is a fault, and so is a right that Replace would lack.
	Prepare(ctx context.Context, dir, mark string) error
	// Replace puts a prepared file in the place of the database, in one step. What has to be
	// done before that it tells progress. moment is called once, when no write comes to an end
	// any more but on the new state. On an error the database may be the earlier one or the
	// new one: Mark tells.
	Replace(ctx context.Context, path string, progress func(copied, total int64), moment func()) error
	// Mark returns the mark that the database bears, "" without one.
	Mark(ctx context.Context) (string, error)
}

// Logs is what backups need of the store of logs.
type Logs interface {
	// Wanted reports whether backups include the logs.
	Wanted() bool
	// Copy writes a copy of the logs to a new file.
	Copy(ctx context.Context, path string) error
	// Check returns an error if the file is damaged, or is not a copy that Copy made.
	Check(ctx context.Context, path string) error
	// Merge adds those entries of a copy that are missing. It may be done again.
	Merge(ctx context.Context, path string) error
}

// Service makes, keeps and restores archives. It is safe for concurrent use. One thing is
// done at a time: who comes meanwhile gets an Invalid fault.
type Service struct {
	cfg    Config
	tree   tree // of Files; tests put failures in between
	limits limits

	ctx     context.Context // of what runs; ended by Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	closed bool
	job    *job            // what is being done; nil for nothing
	used   map[string]bool // keys of archives that are being written or read

	step func(name string) // called between the steps of a restore; tests look on
}

// New returns a Service. Close ends it.
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
		c.Alone = func(context.Context) (func(), bool, error) { return func() {}, true, nil }
	}
	s := &Service{cfg: c, tree: c.Files.Tree(), limits: defaultLimits(), used: map[string]bool{}, step: func(string) {}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close ends what is being done and waits for it: an archive that is not whole is not
// kept, and of a restore the old state stays, or the new one if it was reached.
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

// List returns the archives that there are, in the order of their keys. Who is not a
// superuser gets the fault of record.Caller.RequireSuperuser; so in all methods.
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

// Open opens an archive for reading; the caller closes it. A missing one is a NotFound
// fault.
func (s *Service) Open(ctx context.Context, caller record.Caller, key string) (blob.Blob, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	return s.open(ctx, key, fault.NotFound)
}

// open opens an archive. A missing one is a fault of that kind.
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

// Delete deletes an archive. The fault is Invalid for one that is missing, or in use.
func (s *Service) Delete(ctx context.Context, caller record.Caller, key string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	release, err := s.use(key)
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

// use takes the key for the time until release is called. An archive that is being
// written or read is an Invalid fault.
func (s *Service) use(key string) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[key] {
		return nil, fault.New(fault.Invalid, "The backup is in use. Try again later.")
	}
	s.used[key] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.used, key)
	}, nil
}

// work makes the empty folder for what is needed meanwhile, readable by nobody else.
func (s *Service) work() error {
	if err := os.RemoveAll(s.cfg.Work); err != nil {
		return err
	}
	return os.Mkdir(s.cfg.Work, 0o700)
}
