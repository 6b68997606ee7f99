// Package asset holds the files that pages of the console load: styles, scripts, icons.
// They are part of the binary. Those of others are made by admin/web and committed, large ones
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

// Set is the files of a folder, with addresses of their own.
type Set struct {
	at    string // the address below /_/
	files fs.FS
	// version names this state of all files: whatever changes, all have new addresses, so that
	// modules which import each other fit together. It is made when it is first asked for.
	version func() string
}

// New returns the files of the folder "files", at an address below /_/. A file NAME.gz is what
// gzip has made of the file NAME, and is served as that.
func New(embedded embed.FS, at string) *Set {
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		panic(err) // the folder is embedded
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

// Path returns the address of a file of this package from anywhere.
func Path(name string) string { return own.Path(name) }

// Beside is Path for pages right below /_/, relative to them: these work where a proxy puts
// the server under another path.
func Beside(name string) string { return own.beside(name) }

// Serve answers with a file of this package.
func Serve(w http.ResponseWriter, r *http.Request) { own.Serve(w, r) }

// Pattern is the route of the files.
func (s *Set) Pattern() string { return "/_/" + s.at + "/{version}/{name}" }

// Path returns the address of a file from anywhere.
func (s *Set) Path(name string) string { return "/_/" + s.beside(name) }

func (s *Set) beside(name string) string { return s.at + "/" + s.version() + "/" + name }

// Serve answers with the file that the path names. An address never gets another content,
// so it is kept for ever; one of another version is served as what there is, and not kept.
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
	h.Set("Content-Type", mediaType(name))
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

// mediaType does not ask the operating system about the kinds that pages depend on.
func mediaType(name string) string {
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
