package api

import (
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/wire"
)

const index = "index.html"

// static serves the files of a folder. For a path without a file it serves the index page of the
// folder; the script of that page then shows the page of the path (a single-page application). It
// serves neither the data folder, nor names that begin with a dot, nor files outside of the folder,
// not even through symbolic links. Each request opens the folder, so the folder may be created or
// replaced later.
type static struct {
	folder string
	data   string // the data folder; "": no folder to protect
}

func (s static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	root := s.open()
	if root == nil || hidden(r.URL.Path) {
		notFound(w)
		return
	}
	defer root.Close()
	name := strings.Trim(r.URL.Path, "/")
	if strings.HasSuffix(r.URL.Path, "/"+index) {
		redirect(w, r, "./")
		return
	}
	if s.private(root, name) {
		notFound(w)
		return
	}
	info, err := root.Stat(orDot(name))
	switch isDir := strings.HasSuffix(r.URL.Path, "/"); {
	case err != nil:
	case info.IsDir() && !isDir:
		redirect(w, r, path.Base(name)+"/")
		return
	case info.IsDir():
		if s.file(w, r, root, path.Join(name, index)) {
			return
		}
	case isDir:
		redirect(w, r, "../"+path.Base(name))
		return
	case s.file(w, r, root, name):
		return
	}
	s.page(w, r, root)
}

// page answers a path that leads to no file: with the index of the folder, which is the
// application, unless the request is for a file. A missing script must be answered with 404; a page
// in its place would fail later, and hide the cause.
func (s static) page(w http.ResponseWriter, r *http.Request, root *os.Root) {
	if path.Ext(r.URL.Path) != "" {
		w.Header().Add("Vary", "Accept")
		if !acceptsPages(r) {
			notFound(w)
			return
		}
	}
	if !s.file(w, r, root, index) {
		notFound(w)
	}
}

// acceptsPages reports whether HTML is among the types that the request accepts. Browsers accept it
// when they open a page, and not when a page loads its parts.
func acceptsPages(r *http.Request) bool {
	for _, item := range strings.Split(strings.Join(r.Header.Values("Accept"), ","), ",") {
		if kind, _, err := mime.ParseMediaType(item); err == nil && kind == "text/html" {
			return true
		}
	}
	return false
}

// hidden reports whether a part of the path begins with a dot, as the names of private files do
// (.git, .env). /.well-known/ is public (RFC 8615).
func hidden(urlPath string) bool {
	for i, part := range strings.Split(strings.TrimLeft(urlPath, "/"), "/") {
		if strings.HasPrefix(part, ".") && (i > 0 || part != ".well-known") {
			return true
		}
	}
	return false
}

// open returns the opened folder, nil if there is none.
func (s static) open() *os.Root {
	if s.folder == "" {
		return nil
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil
	}
	return root
}

// private reports whether the name leads into the data folder. Folders are compared by their
// identity in the file system, so neither links nor letter case circumvent the check. A public
// folder inside of the data folder is the operator's choice and served (see checkPublic).
func (s static) private(root *os.Root, name string) bool {
	data, err := os.Stat(s.data)
	if s.data == "" || err != nil {
		return false
	}
	top, err := root.Stat(".")
	if err != nil {
		return true
	}
	at, err := filepath.EvalSymlinks(filepath.Join(s.folder, filepath.FromSlash(name)))
	if err != nil { // a missing file: the check continues with its folder
		up := path.Dir(name)
		return name != "" && up != name && s.private(root, up)
	}
	for {
		info, err := os.Stat(at)
		if err != nil || os.SameFile(info, data) {
			return true
		}
		up := filepath.Dir(at)
		if os.SameFile(info, top) || up == at {
			return false
		}
		at = up
	}
}

func orDot(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// file serves a regular file and reports whether there is one.
func (s static) file(w http.ResponseWriter, r *http.Request, root *os.Root, name string) bool {
	info, err := root.Stat(name)
	if err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return false
	}
	file, err := root.Open(name)
	if err != nil || s.private(root, name) {
		return false
	}
	defer file.Close()
	if ext := path.Ext(name); ext == ".html" || ext == ".htm" {
		// A page names the scripts of its version, so browsers must check each time whether the
		// page has changed.
		w.Header().Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, name, info.ModTime(), file)
	return true
}

// redirect sends the client to a path relative to that of the request, since a proxy may have
// removed a prefix, which the client has to keep. The redirect never leads to another server.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	target := url.URL{Path: to, RawQuery: r.URL.RawQuery}
	w.Header().Set("Location", target.String())
	w.WriteHeader(http.StatusMovedPermanently)
}

func notFound(w http.ResponseWriter) {
	wire.Error(w, fault.Wrap(fault.NotFound, "File not found.", fs.ErrNotExist), false)
}
