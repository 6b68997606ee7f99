// Keys to paths: how the key of a blob is escaped so that no key leads out of the folder or
// collides in any file system.

package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// ErrKey is the error of a key that no blob can have.
var ErrKey = errors.New("blob: impossible key")

const (
	sidecar    = ".attrs" // suffix of the file with a blob's attributes
	tempPrefix = ".tmp-"  // of files that are being written
)

// Path returns the path of a key in every store. No path leads out of the folder it is used in, and
// different keys have different paths. A key that no blob can have is ErrKey.
func Path(key string) (string, error) { return filePath(key) }

// KeyOf reverses Path.
func KeyOf(p string) string { return unescape(p) }

// filePath returns the path of the blob's file below the root.
func filePath(key string) (string, error) {
	p, err := folderPath(key)
	if err == nil && reserved(path.Base(p)) {
		err = fmt.Errorf("%w: %q", ErrKey, key)
	}
	return p, err
}

// folderPath returns the path of a folder of keys below the root. The path has no "..", is not
// absolute, and is not the root itself.
func folderPath(prefix string) (string, error) {
	p := escape(prefix)
	if p == "." || !fs.ValidPath(p) {
		return "", fmt.Errorf("%w: %q", ErrKey, prefix)
	}
	return p, nil
}

// reserved reports whether the name is that of a file of the store itself. Some file systems ignore
// case.
func reserved(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), sidecar) || temporary(name)
}

// temporary reports whether the name is that of a file that is being written.
func temporary(name string) bool { return strings.HasPrefix(strings.ToLower(name), tempPrefix) }

const hexOpen, hexClose = "__0x", "__"

// escape turns a key into a path: control characters, the slash of "../", the second slash of "//"
// and a slash at the end are written as __0x<hex>__ (docs/wire/records.md §7.7). So is the first
// character of a "__0x" in the key, which keeps escape reversible.
func escape(key string) string {
	var b strings.Builder
	done := 0
	for i := range len(key) {
		if !mustEscape(key, i) {
			continue
		}
		b.WriteString(key[done:i])
		b.WriteString(hexOpen + strconv.FormatUint(uint64(key[i]), 16) + hexClose)
		done = i + 1
	}
	if done == 0 {
		return key
	}
	b.WriteString(key[done:])
	return b.String()
}

// mustEscape reports whether the character at i must be escaped.
func mustEscape(key string, i int) bool {
	switch c := key[i]; {
	case c < ' ':
		return true
	// A slash after ".." is escaped since it would lead out of the folder; doubled slashes and a
	// slash at the end are escaped since path functions drop them.
	case c == '/':
		return strings.HasSuffix(key[:i], "..") || strings.HasSuffix(key[:i], "/") || i == len(key)-1
	case c == '_':
		return strings.HasPrefix(key[i:], hexOpen)
	}
	return false
}

// unescape reverses escape.
func unescape(p string) string {
	if !strings.Contains(p, hexOpen) {
		return p
	}
	var b strings.Builder
	for p != "" {
		if rest, ok := strings.CutPrefix(p, hexOpen); ok {
			digits, after, found := strings.Cut(rest, hexClose)
			if c, err := strconv.ParseUint(digits, 16, 8); found && err == nil {
				b.WriteByte(byte(c))
				p = after
				continue
			}
		}
		b.WriteByte(p[0])
		p = p[1:]
	}
	return b.String()
}
