// Package update replaces the running binary by that of another release, after a check of its
// checksum and version, and keeps the old binary for a rollback.
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

// Archive is an archive of a release with a correct checksum.
type Archive struct {
	Name    string // loam_0.2.0_linux_amd64.tar.gz
	Version string
	path    string // of a file that Close removes if own is set
	own     bool
}

// Close removes a downloaded file.
func (a *Archive) Close() {
	if a.own {
		_ = os.Remove(a.path)
	}
}

var archiveName = regexp.MustCompile(`^loam_(\d+\.\d+\.\d+[0-9A-Za-z.+-]*)_([a-z0-9]+)_([a-z0-9]+)\.(tar\.gz|zip)$`)

// check checks the name of an archive: it must be for this system, and newer than the running
// version.
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

// mainPackage is the package of released binaries.
const mainPackage = "github.com/loambase/loam"

// Binary returns the path of the running program. For another program that embeds Loam it returns
// an error: no release has its code.
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

// oldSuffix and newSuffix are the suffixes of the other binaries beside the running one.
const (
	oldSuffix = ".old"
	newSuffix = ".new"
)

// Prepare unpacks the binary of the archive beside the one at the path, and runs it as a check.
// After an error no unpacked file is left.
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

// Install replaces the binary at the path by the one that Prepare has unpacked, and keeps the old
// binary beside it for Rollback. On an error the file at the path is unchanged.
func Install(path string) error { return exchange(path, path+oldSuffix, path+newSuffix) }

// try runs the new binary, which must report the version of its archive.
func (a *Archive) try(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{} // the environment is not meant for it
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the binary of %s does not run here: %w", a.Name, err)
	}
	if told := strings.Fields(string(out)); len(told) < 2 || told[1] != a.Version {
		return fmt.Errorf("the binary of %s says that it is %q", a.Name, strings.TrimSpace(string(out)))
	}
	return nil
}

// exchange renames the file at the path to kept, and fresh to the path.
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

// Rollback restores the binary that Install has kept.
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
	_ = os.Remove(aside) // on Windows it still runs, and stays until the next update
	return nil
}
