package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// file is one of an archive: the text, or what is at the path.
type file struct {
	name string
	path string
	text []byte
	mode os.FileMode
}

// open returns the content and its length.
func (f file) open() (io.ReadCloser, int64, error) {
	if f.path == "" {
		return io.NopCloser(strings.NewReader(string(f.text))), int64(len(f.text)), nil
	}
	in, err := os.Open(f.path)
	if err != nil {
		return nil, 0, err
	}
	info, err := in.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, in.Close())
	}
	return in, info.Size(), nil
}

// writeTar writes the files to a compressed archive. All files have the same time and no owner
// name.
func writeTar(path string, files []file, when time.Time) error {
	return create(path, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		t := tar.NewWriter(z)
		for _, f := range files {
			if err := f.copyTo(func(size int64) (io.Writer, error) {
				return t, t.WriteHeader(&tar.Header{Name: f.name, Mode: int64(f.mode), Size: size, ModTime: when, Format: tar.FormatUSTAR})
			}); err != nil {
				return err
			}
		}
		return errors.Join(t.Close(), z.Close())
	})
}

// writeZip is writeTar for Windows.
func writeZip(path string, files []file, when time.Time) error {
	return create(path, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, f := range files {
			if err := f.copyTo(func(int64) (io.Writer, error) {
				header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
				header.SetMode(f.mode)
				return z.CreateHeader(header)
			}); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// copyTo copies the content to what begin returns.
func (f file) copyTo(begin func(size int64) (io.Writer, error)) error {
	in, size, err := f.open()
	if err != nil {
		return err
	}
	defer in.Close()
	w, err := begin(size)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

func create(path string, write func(io.Writer) error) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(out), out.Close())
}

// sumsFile has the checksums, in the form of sha256sum.
const sumsFile = "SHA256SUMS"

// writeSums writes the checksums of all files in the folder.
func writeSums(dir string) error {
	entries, err := os.ReadDir(dir) // by name
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		in, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, in); err != nil {
			return errors.Join(err, in.Close())
		}
		in.Close()
		fmt.Fprintf(&text, "%x  %s\n", sum.Sum(nil), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, sumsFile), []byte(text.String()), 0o644)
}
