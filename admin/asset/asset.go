// Package asset holds the files that pages of the console load: styles, scripts, icons.
// They are part of the binary. Those of others are made by admin/web and committed.
package asset

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
)

//go:embed files
var embedded embed.FS

var files, version = load()

// load returns the files, and a name for this state of all of them: whatever changes, all
// have new addresses, so that modules which import each other fit together.
func load() (fs.FS, string) {
	sub, err := fs.Sub(embedded, "files")
	if err != nil {
		panic(err) // the folder is embedded
	}
	sum := sha256.New()
	err = fs.WalkDir(sub, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sub, name)
		sum.Write([]byte(name))
		sum.Write(text)
		return err
	})
	if err != nil {
		panic(err)
	}
	return sub, hex.EncodeToString(sum.Sum(nil))[:12]
}

// Pattern is the route of all files.
const Pattern = "/_/assets/{version}/{name}"

// Path returns the address of a file from anywhere.
func Path(name string) string { return "/_/" + Beside(name) }

// Beside is Path for pages right below /_/, relative to them: these work where a proxy puts
// the server under another path.
func Beside(name string) string { return "assets/" + version + "/" + name }

// Serve answers with the file that the path names. An address never gets another content,
// so it is kept for ever; one of another version is served as what there is, and not kept.
func Serve(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	text, err := fs.ReadFile(files, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType(name))
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("version") == version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(text) //nolint:errcheck // who has gone needs no answer
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
	}
	return mime.TypeByExtension(path.Ext(name))
}
