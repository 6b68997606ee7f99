// Package update puts the binary of another release in the place of the one that runs: after
// its checksum and its version are checked, and so that the old one can be put back.
package update

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/semver"
)

// Archive is an archive of a release whose checksum was right.
type Archive struct {
	Name    string // loam_0.2.0_linux_amd64.tar.gz
	Version string
	path    string // of a file that Close removes if it is our own
	own     bool
}

// Close removes what was downloaded.
func (a *Archive) Close() {
	if a.own {
		_ = os.Remove(a.path)
	}
}

var archiveName = regexp.MustCompile(`^loam_(\d+\.\d+\.\d+[0-9A-Za-z.+-]*)_([a-z0-9]+)_([a-z0-9]+)\.(tar\.gz|zip)$`)

// check judges an archive by its name: for which system it is, and that it is newer than the
// version that runs.
func check(name, running string) (version string, err error) {
	m := archiveName.FindStringSubmatch(name)
	if m == nil {
		return "", fmt.Errorf("%q is no name of an archive of a release, such as loam_0.2.0_linux_amd64.tar.gz", name)
	}
	if m[2] != runtime.GOOS || m[3] != runtime.GOARCH {
		return "", fmt.Errorf("%s is for %s/%s, this is %s/%s", name, m[2], m[3], runtime.GOOS, runtime.GOARCH)
	}
	switch order := semver.Compare("v"+m[1], "v"+running); {
	case order == 0:
		return "", fmt.Errorf("%s is the version that runs", m[1])
	case order < 0:
		return "", fmt.Errorf("%s is older than the version that runs, %s; an older version may not read what a newer one has written", m[1], running)
	}
	return m[1], nil
}

// mainPackage is the package of the binary that releases have.
const mainPackage = "github.com/loambase/loam"

// Binary is the path of the program that runs. A program of somebody's own around Loam is an
// error: no release has its code.
func Binary() (string, error) {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != mainPackage {
		return "", fmt.Errorf("this program is %s, of which there are no releases: build it anew with another version of Loam", info.Path)
	}
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// oldSuffix and newSuffix are what the names of the other binaries beside the one that runs
// end in.
const (
	oldSuffix = ".old"
	newSuffix = ".new"
)

// Prepare unpacks the binary of the archive beside the one at the path, and runs it to see
// that it is what it should be. On an error nothing of it is left.
func (a *Archive) Prepare(ctx context.Context, path string) error {
	err := a.extract(path + newSuffix)
	if err != nil {
		err = fmt.Errorf("unpack %s: %w", a.Name, err)
	} else {
		err = a.try(ctx, path+newSuffix)
	}
	if err != nil {
		_ = os.Remove(path + newSuffix)
	}
	return err
}

// Install puts the binary that Prepare has unpacked in the place of the one at the path,
// which is kept beside it for Rollback. On an error the path is as it was.
func Install(path string) error { return exchange(path, path+oldSuffix, path+newSuffix) }

// try runs the new binary, which must know itself as the version of its archive.
func (a *Archive) try(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{} // nothing of the environment is meant for it
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the binary of %s does not run here: %w", a.Name, err)
	}
	if told := strings.Fields(string(out)); len(told) < 2 || told[1] != a.Version {
		return fmt.Errorf("the binary of %s says that it is %q", a.Name, strings.TrimSpace(string(out)))
	}
	return nil
}

// exchange keeps the file at the path as kept, and puts the fresh one in its place.
func exchange(path, kept, fresh string) error {
	if err := os.Remove(kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(path, kept); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return errors.Join(err, os.Rename(kept, path))
	}
	return nil
}

// Rollback puts back the binary that Install has kept.
func Rollback(path string) error {
	kept := path + oldSuffix
	if _, err := os.Stat(kept); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s: no update was made here", kept)
	} else if err != nil {
		return err
	}
	aside := path + newSuffix
	if err := exchange(path, aside, kept); err != nil {
		return err
	}
	_ = os.Remove(aside) // of Windows it runs still, and stays until the next update
	return nil
}
