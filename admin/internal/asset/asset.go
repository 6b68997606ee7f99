// Package asset embeds and serves the files that pages of the console load: styles, scripts, icons.
// Bundles of third-party scripts are built by admin/web and committed; large bundles are
// compressed.
package asset

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"sync"
)

//go:embed files
var embedded embed.FS

var own = New(embedded, "assets")

// Set is the set of files of an embedded folder, served at versioned addresses.
type Set struct {
	at    string // the address below /_/
	files fs.FS
	// version returns a hash of all files. A change of any file changes the addresses of all, so
	// that modules which import each other come from the same version. It is computed once, at the
	// first call.
	version func() string
}

// New returns the Set of the folder "files" in embedded, served below /_/ and at. A file NAME.gz is
// served as the file NAME with the content coding gzip.
func New(embedded embed.FS, at string) *Set {
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		panic(err) // not reached: the folder is embedded
	}
	return &Set{at, files, sync.OnceValue(func() string { return version(files) })}
}

func version(files fs.FS) string {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		sum.Write([]byte(name))
		sum.Write(text)
		return err
	})
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// Pattern is the route of the files of this package.
const Pattern = "/_/assets/{version}/{name}"

// Path returns the absolute address of a file of this package.
func Path(name string) string { return own.Path(name) }

// Beside returns the address of a file relative to /_/, for pages directly below /_/. A relative
// address works behind a proxy that serves Loam below another path.
func Beside(name string) string { return own.beside(name) }

// Serve answers with a file of this package.
func Serve(w http.ResponseWriter, r *http.Request) { own.Serve(w, r) }

// Pattern is the route of the files.
func (s *Set) Pattern() string { return "/_/" + s.at + "/{version}/{name}" }

// Path returns the absolute address of a file.
func (s *Set) Path(name string) string { return "/_/" + s.beside(name) }

func (s *Set) beside(name string) string { return s.at + "/" + s.version() + "/" + name }

// Serve answers with the file in the path. The content of a versioned address never changes, so
// caches keep it without revalidation. A request with another version gets the current file, which
// is not cached.
func (s *Set) Serve(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	text, err := fs.ReadFile(s.files, name)
	isPacked := err != nil
	if isPacked {
		text, err = fs.ReadFile(s.files, name+".gz")
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", MediaType(name))
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("version") == s.version() {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if isPacked {
		servePacked(w, r, text)
		return
	}
	w.Write(text) //nolint:errcheck // a client that has disconnected needs no answer
}

// MediaType returns the media type of a file by its extension. The types that pages depend on do
// not come from the operating system, whose table may be wrong.
func MediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".ttf":
		return "font/ttf"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}
