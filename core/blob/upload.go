// Uploads: files that clients send, with their stored names and the media types of their content.

package blob

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// maxOriginalName is the maximum length of a kept original name in bytes.
const maxOriginalName = 255

// NewUpload returns an upload of a file that a client has sent with the name originalName and size
// bytes. It detects the media type from the content, never from the client's claim, and chooses the
// stored name. open returns a reader of the whole content; it may be called several times.
func NewUpload(originalName string, open func() (io.ReadCloser, error), size int64) (*Upload, error) {
	r, err := open()
	if err != nil {
		return nil, fmt.Errorf("open upload: %w", err)
	}
	defer r.Close()
	detected, err := mimetype.DetectReader(r)
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	originalName = originalName[strings.LastIndexByte(originalName, '/')+1:]
	return &Upload{
		OriginalName: shorten(originalName),
		Name:         storedName(originalName, detected.Extension(), randomName),
		Size:         size,
		MediaType:    withoutParameters(detected.String()),
		Open:         open,
	}, nil
}

// FromBytes returns an upload of the content. The caller must not change the content afterwards.
func FromBytes(originalName string, content []byte) (*Upload, error) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	return NewUpload(originalName, open, int64(len(content)))
}

// FromPath returns an upload of a file on the disk. The file must not change until the upload is
// stored. The original name of the upload is the last element of the path.
func FromPath(path string) (*Upload, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("blob: %s is not a regular file", path)
	}
	return NewUpload(filepath.Base(path), func() (io.ReadCloser, error) { return os.Open(path) }, info.Size())
}

// Is reports whether the content has one of the media types. All names of a type count:
// "application/x-pdf" is a PDF.
func (u *Upload) Is(mediaTypes ...string) bool {
	known := mimetype.Lookup(u.MediaType)
	for _, t := range mediaTypes {
		if strings.EqualFold(withoutParameters(t), u.MediaType) || known != nil && known.Is(t) {
			return true
		}
	}
	return false
}

func withoutParameters(mediaType string) string {
	if t, _, err := mime.ParseMediaType(mediaType); err == nil {
		return t
	}
	return mediaType
}

// shorten cuts the name to maxOriginalName bytes, without cutting a character.
func shorten(name string) string {
	if len(name) <= maxOriginalName {
		return name
	}
	n := maxOriginalName
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
