// What a restore does to the files: the plan that is made before anything is touched, and
// kept on the disk until everything is done, so that a start after a crash can go on.

package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/loambase/loam/core/schema"
)

// plan is what is done to the files. Paths are those of a blob.Tree.
type plan struct {
	Mark    string    `json:"mark"`    // that the database bears when it is the restored one
	Before  time.Time `json:"before"`  // files that are older and not in the archive go
	Add     []string  `json:"add"`     // are not there yet
	Replace []string  `json:"replace"` // are there, and differ
	Same    []string  `json:"same"`    // are there as in the archive
}

// planFile is the plan in the folder of work.
const planFile = "plan.json"

// markLength makes marks that are never drawn twice.
const markLength = 20

// newPlan compares all files of the archive with those that are there. Each is read to its
// end on the way: what is damaged is found before anything is touched.
func (s *Service) newPlan(ctx context.Context, j *job, a *archive, mark string) (*plan, error) {
	p := &plan{Mark: mark, Before: time.Now()}
	for _, name := range sortedKeys(a.files) {
		f := a.files[name]
		if err := a.read(ctx, j, f, func(io.Reader) error { return nil }); err != nil {
			return nil, err
		}
		switch same, err := s.same(ctx, name, int64(f.UncompressedSize64), f.CRC32); {
		case errors.Is(err, fs.ErrNotExist):
			p.Add = append(p.Add, name)
		case err != nil:
			return nil, err
		case same:
			p.Same = append(p.Same, name)
		default:
			p.Replace = append(p.Replace, name)
		}
	}
	return p, nil
}

// same reports whether the file at the path has that size and checksum. Names of files are
// random, so that a file with the name of another one is the same one, nearly always.
func (s *Service) same(ctx context.Context, p string, size int64, sum uint32) (bool, error) {
	info, err := s.tree.Stat(p)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, refused("%s in the folder of files is no plain file", p)
	}
	if info.Size() != size {
		return false, nil
	}
	f, err := s.tree.Open(p)
	if err != nil {
		return false, err
	}
	defer f.Close()
	hash := crc32.NewIEEE()
	if _, err := io.Copy(hash, &reader{ctx, f, nil}); err != nil {
		return false, err
	}
	return hash.Sum32() == sum, nil
}

// has returns a function that reports whether a path is in the archive.
func (p *plan) has() func(path string) bool {
	set := make(map[string]bool, len(p.Add)+len(p.Replace)+len(p.Same))
	for _, list := range [][]string{p.Add, p.Replace, p.Same} {
		for _, path := range list {
			set[path] = true
		}
	}
	return func(path string) bool { return set[path] }
}

// The names of temporary files: a new file, and the one that it takes the place of. A plan
// finds its own again after a crash.

func (p *plan) fresh(i int) string { return "new-" + p.Mark + "-" + strconv.Itoa(i) }
func (p *plan) old(i int) string   { return "old-" + p.Mark + "-" + strconv.Itoa(i) }

// save makes the plan durable.
func (p *plan) save(dir string) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	partial := filepath.Join(dir, planFile+".partial")
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(partial, filepath.Join(dir, planFile)); err != nil {
		return err
	}
	return errors.Join(syncFolder(dir), syncFolder(filepath.Dir(dir)))
}

// readPlan reads a plan that was saved, nil if there is none.
func readPlan(dir string) (*plan, error) {
	text, err := os.ReadFile(filepath.Join(dir, planFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &plan{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("the plan of a restore that was cut off: %w", err)
	}
	return p, nil
}

// removePlan ends the plan, durably.
func removePlan(dir string) error {
	if err := os.Remove(filepath.Join(dir, planFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(dir)
}

func newMark() string { return schema.RandomString(markLength, schema.AlphabetID) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
