package update

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	sumsFile   = "SHA256SUMS"
	maxArchive = 1 << 30 // bytes, also of the binary in the archive
	maxSums    = 1 << 20
)

// Fetch returns the archive that from names: a file, or a URL of https (http on this machine). The
// file SHA256SUMS beside it must contain its checksum. The version of the archive must be newer
// than the running one, and its system this one. The caller closes the archive.
func Fetch(ctx context.Context, from, running string) (*Archive, error) {
	name, sums, err := locate(from)
	if err != nil {
		return nil, err
	}
	version, err := check(name, running)
	if err != nil {
		return nil, err
	}
	want, err := checksum(ctx, sums, name)
	if err != nil {
		return nil, err
	}
	a := &Archive{Name: name, Version: version, path: from}
	got, err := a.load(ctx, from)
	if err == nil && got != want {
		err = fmt.Errorf("the checksum of %s is %s, %s has %s: it is incomplete or was changed", name, got, sumsFile, want)
	}
	if err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// locate returns the name of the archive, and the location of its checksums.
func locate(from string) (name, sums string, err error) {
	if !isURL(from) {
		return filepath.Base(from), filepath.Join(filepath.Dir(from), sumsFile), nil
	}
	u, err := url.Parse(from)
	if err != nil {
		return "", "", err
	}
	return path.Base(u.Path), u.JoinPath("..", sumsFile).String(), secure(u)
}

// secure returns an error for a URL that is neither https nor a URL of this machine.
func secure(u *url.URL) error {
	if host := u.Hostname(); u.Scheme != "https" && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return fmt.Errorf("%s: an update comes over https", u)
	}
	return nil
}

// client fetches releases. It follows up to ten redirects, and only to URLs that secure accepts.
var client = &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
	if len(via) == 10 {
		return errors.New("too many redirects")
	}
	return secure(r.URL)
}}

func isURL(from string) bool { return strings.Contains(from, "://") }

// open opens a file or a URL.
func open(ctx context.Context, from string) (io.ReadCloser, error) {
	if !isURL(from) {
		return os.Open(from)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("%s: %s", from, res.Status)
	}
	return res.Body, nil
}

// checksum returns the checksum of the archive in a file of checksums.
func checksum(ctx context.Context, sums, name string) (string, error) {
	in, err := open(ctx, sums)
	if err != nil {
		return "", fmt.Errorf("the checksums: %w", err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxSums))
	if err != nil {
		return "", fmt.Errorf("the checksums: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if parts := strings.Fields(line); len(parts) == 2 && strings.TrimPrefix(parts[1], "*") == name {
			return strings.ToLower(parts[0]), nil
		}
	}
	return "", fmt.Errorf("%s has no checksum of %s", sums, name)
}

// load reads the archive and returns its checksum. It downloads the archive of a URL into a
// temporary file.
func (a *Archive) load(ctx context.Context, from string) (sum string, err error) {
	in, err := open(ctx, from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash := sha256.New()
	var to io.Writer = hash
	if isURL(from) {
		file, err := os.CreateTemp("", "loam-update-")
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		a.path, a.own = file.Name(), true
		to = io.MultiWriter(hash, file)
	}
	n, err := io.Copy(to, io.LimitReader(in, maxArchive+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", from, err)
	}
	if n > maxArchive {
		return "", fmt.Errorf("%s is larger than a release can be", a.Name)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// extract writes the binary in the archive to an executable file.
func (a *Archive) extract(to string) error {
	if strings.HasSuffix(a.Name, ".zip") {
		return a.extractZip(to)
	}
	in, err := os.Open(a.path)
	if err != nil {
		return err
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("there is no binary in it")
		}
		if err != nil {
			return err
		}
		if header.Name == "loam" {
			return writeBinary(to, t)
		}
	}
}

func (a *Archive) extractZip(to string) error {
	z, err := zip.OpenReader(a.path)
	if err != nil {
		return err
	}
	defer z.Close()
	in, err := z.Open("loam.exe")
	if err != nil {
		return err
	}
	defer in.Close()
	return writeBinary(to, in)
}

func writeBinary(to string, in io.Reader) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, maxArchive))
	return errors.Join(err, out.Sync(), out.Close())
}
