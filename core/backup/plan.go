// The plan of a restore: the changes to the files. It is made before anything is changed and
// stays on the disk until the restore is complete, so that the next start after a crash can
// complete or undo the restore.

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

// plan lists the changes to the files. Paths are those of a blob.Tree.
type plan struct {
	Mark    string    `json:"mark"`    // the mark of the restored database
	Before  time.Time `json:"before"`  // files that are older and not in the archive are removed
	Add     []string  `json:"add"`     // paths of files that do not exist yet
	Replace []string  `json:"replace"` // paths of files that exist and differ
	Same    []string  `json:"same"`    // paths of files that are equal
}

// planFile is the file name of the plan in the folder for temporary files.
const planFile = "plan.json"

// markLength is the length of a random mark, enough that no mark is drawn twice.
const markLength = 20

// newPlan compares every file of the archive with the existing file of the same path. It reads
// each entry to its end, so that damage is found before anything is changed.
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

// same reports whether the file at the path has that size and checksum. The names of files are
// random, so files of the same name are equal, except in rare cases.
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

// fresh and old return the suffixes of temporary names: of a new file, and of the file that it
// replaces. They depend on the plan only, so that they are found again after a crash.

func (p *plan) fresh(i int) string { return "new-" + p.Mark + "-" + strconv.Itoa(i) }
func (p *plan) old(i int) string   { return "old-" + p.Mark + "-" + strconv.Itoa(i) }

// save writes the plan to the folder and makes it durable.
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

// readPlan reads the saved plan of the folder, nil if there is none.
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

// removePlan removes the plan, durably.
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
